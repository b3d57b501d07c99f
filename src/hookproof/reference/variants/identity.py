"""Ids of other styles: they are opaque, whatever they look like."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Variant
from hookproof.reference.timekeeping import wall

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _named(make: Callable[[], Callable[[], str]]) -> Callable[[Conduct], Conduct]:
    """Name events by what ``make`` gives; it is called once for each process."""

    def named(conduct: Conduct) -> Conduct:
        fresh = make()

        def new_event_id(_content: Mapping[str, Any]) -> str:
            return fresh()

        return replace(conduct, new_event_id=new_event_id)

    return named


def _numbers() -> Callable[[], str]:
    numbers = count(wall())  # a later process begins later
    return lambda: str(next(numbers))


def _sortable() -> str:
    return f"msg_{wall():013x}" + "".join(secrets.choice(_LETTERS) for _ in range(14))


VARIANTS = (
    Variant(id="ids-as-uuids", title="Names events by UUIDs.", conduct=_named(lambda: lambda: str(uuid.uuid4()))),
    Variant(id="ids-as-sortable-messages", title="Names events by sortable ids of mixed case.", conduct=_named(lambda: _sortable)),
    Variant(id="ids-as-numbers", title="Names events by running numbers, written as text.", conduct=_named(_numbers)),
    Variant(
        id="ids-of-two-hundred-characters",
        title="Names events by long paths with colons, slashes and equals signs.",
        conduct=_named(lambda: lambda: f"urn:event:{uuid.uuid4()}/" + "part=" * 30 + secrets.token_hex(4)),
    ),
)

"""What predicates look at: an attempt as it arrived, the envelope that a lenient reader finds in it, and what was changed on the way.

Law: nothing here uses the judge's readings of bodies; the standard library reads them, as leniently as it does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from hookproof.model.transcript import Attempt, Record
from hookproof.rules.view import View
from tests.kill_matrix.reason import Shown

MISSING = object()
"""Stands for a member that did not arrive."""


def arrived(says: Callable[[Attempt], bool]) -> Shown:
    """Look at attempts only."""
    return lambda _view, record: isinstance(record, Attempt) and says(record)


def envelope(record: Record) -> dict[str, Any]:
    """Read an attempt's body; empty for what is no object."""
    try:
        value = json.loads(record.body, strict=False) if isinstance(record, Attempt) else None
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def told(says: Callable[[dict[str, Any]], bool]) -> Shown:
    """Look at the envelopes of attempts."""
    return lambda _view, record: bool(body := envelope(record)) and says(body)


def altered(says: Callable[[Any, Any], bool]) -> Shown:
    """Look for a value of an emission that arrived as another one (``MISSING``: not at all)."""

    def shown(view: View, record: Record) -> bool:
        body = envelope(record)
        return any(says(sent, came) for data in _caused(view, body) for sent, came in _pairs(data, body.get("data")))

    return shown


def _caused(view: View, body: dict[str, Any]) -> list[Any]:
    """Give what was emitted under an envelope's id, or what it was sent along with and shares a member with."""
    emission, data = view.emission_of.get(str(body.get("id"))), body.get("data")
    if emission is not None:
        return [emission.data]
    along = [e.data for e in view.accepted if view.contract.policy.companions.get(e.type) == body.get("type")]
    return [sent for sent in along if isinstance(data, dict) and data.get("waba_id") == sent.get("waba_id")]


def _pairs(sent: Any, came: Any) -> Iterator[tuple[Any, Any]]:
    yield sent, came
    if isinstance(sent, dict) and isinstance(came, dict):
        for name, value in sent.items():
            yield from _pairs(value, came.get(name, MISSING))
    elif isinstance(sent, list) and isinstance(came, list):
        for one, other in zip(sent, came, strict=False):
            yield from _pairs(one, other)

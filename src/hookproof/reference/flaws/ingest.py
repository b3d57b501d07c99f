"""Flaws of taking events in: what an idempotency key is worth."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from dataclasses import replace
from typing import Any

from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.engine import Engine
from hookproof.reference.records import Scope


class _Careless(Engine):
    """Does not look at the key."""

    async def emit_once(self, scope: Scope, event_type: str, content: dict[str, Any], key: str) -> str:  # noqa: ARG002 -- that is the flaw
        return await self.emit(scope, event_type, content)


class _Racing(Engine):
    """Looks for the key first and keeps it when the event is stored; meanwhile others look too."""

    async def emit_once(self, scope: Scope, event_type: str, content: dict[str, Any], key: str) -> str:
        if (known := self.store.event_of_key(scope, key)) is not None:
            return known
        await asyncio.sleep(0.005)  # the answer of the store of keys is on its way
        event_id = await self.emit(scope, event_type, content)
        with suppress(sqlite3.IntegrityError):
            self.store.keep_key(scope, key, event_id)
        await self.store.commit()
        return event_id


class _Stumbling(Engine):
    """Leaves it to the index of the table to refuse a repeat, and catches nothing."""

    async def emit_once(self, scope: Scope, event_type: str, content: dict[str, Any], key: str) -> str:
        self.store.keep_key(scope, key, key)
        return await self.emit(scope, event_type, content)


def _with(part: type[Engine], conduct: Conduct) -> Conduct:
    return replace(conduct, parts=(part, *conduct.parts))


FLAWS = (
    Flaw(
        id="idempotency-keys-are-ignored",
        row="P077",
        title="Every emission makes an event, whatever its key.",
        conduct=lambda conduct: _with(_Careless, conduct),
        breaks=("idempotency/emission-keys",),
        needs=("idempotency",),
    ),
    Flaw(
        id="idempotency-keys-race",
        row="P077",
        title="The key is looked up before the event is stored and kept after it, so that repeats at once all pass.",
        conduct=lambda conduct: _with(_Racing, conduct),
        breaks=("idempotency/emission-keys",),
        needs=("idempotency",),
    ),
    Flaw(
        id="a-repeated-key-is-a-server-error",
        row="P077",
        title="The unique index refuses the repeat, and nobody expected that: 500.",
        conduct=lambda conduct: _with(_Stumbling, conduct),
        breaks=("idempotency/emission-keys",),
        needs=("idempotency",),
    ),
)

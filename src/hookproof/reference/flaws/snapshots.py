"""Flaws of when a body is made: not when the event happens but whenever it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hookproof.reference.conduct import Conduct
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.flaws.rewriting import Change, changed, flaw
from hookproof.reference.records import Delivery
from hookproof.reference.timekeeping import rfc3339


def _made_when_sent(change: Callable[[dict[str, Any], Delivery, int], dict[str, Any]]) -> Change:
    """Change the body of every attempt before it is signed; ``change`` is told the present moment."""

    def flawed(conduct: Conduct) -> Conduct:
        class Making(Dispatcher):
            def _request(self, delivery: Delivery, now: int) -> bytes:
                body = changed(delivery.event.body, lambda value: change(value, delivery, now))
                return super()._request(replace(delivery, event=replace(delivery.event, body=body)), now)

        return replace(conduct, parts=(Making, *conduct.parts))

    return flawed


FLAWS = (
    flaw(
        "created-at-of-the-attempt",
        "P036",
        "The body is made when it is sent, creation time included.",
        _made_when_sent(lambda body, _delivery, now: {**body, "created_at": rfc3339(now)}),
        "idempotency/payload-stable",
        "idempotency/bytes-stable",
        "envelope/created-at-true",
    ),
    flaw(
        "attempt-counted-in-the-body",
        "P036",
        "The body is made when it is sent and counts the attempts.",
        _made_when_sent(lambda body, delivery, _now: {**body, "attempt": delivery.made + 1}),
        "idempotency/payload-stable",
        "idempotency/bytes-stable",
    ),
)

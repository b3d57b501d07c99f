"""Events around the size limit: the limit is found by bisection, then confirmed for characters of every width.

The search reads only whether an event was cut; what that means is judged later.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hookproof.model.contract import Event, Truncation
from hookproof.model.transcript import Answer, Attempt, Emission
from hookproof.rules.truncation import sizes_of
from hookproof.staging.cast import Endpoint, Tenant
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import first_horizon

FILLERS = {"one byte": "a", "two bytes": "é", "three bytes": "€", "four bytes": "😀", "quotes": '"', "controls": "\x01"}

FILLING = "x_filler"
LOST_AT_MOST = 2
"""Probes that get lost before the search ends: where a target loses what is large there is no limit to be found."""
WIDE = 40
"""Characters of four bytes in an identifier: wider than any column that cuts it, and far from being large."""


class _Probing:
    def __init__(self, stage: Stage, tenant: Tenant, event: Event, endpoint: Endpoint) -> None:
        self.stage, self.tenant, self.event, self.endpoint = stage, tenant, event, endpoint
        self.cut: dict[str, bool] = {}

    def data(self, filler: str, count: int) -> dict[str, Any]:
        return {**self.event.examples[0], FILLING: filler * count}

    def probe(self, sizes: list[tuple[str, int]]) -> dict[tuple[str, int], bool]:
        """Emit one event of each size at once; give which were cut, leaving out what was refused or lost."""
        emitted = self.send([self.data(*size) for size in sizes])
        known = ((size, self.cut.get(e.event_id or "")) for size, e in zip(sizes, emitted, strict=True))
        return {size: cut for size, cut in known if cut is not None}

    def send(self, payloads: list[dict[str, Any]]) -> list[Emission]:
        """Emit one event of each payload at once, and read what becomes of them."""
        read = len(self.stage.tools.listener.attempts([self.endpoint.name]))
        emitted = self.stage.emit_all(self.tenant, [(self.event.name, data) for data in payloads])
        taken = {emission.event_id for emission in emitted if emission.event_id is not None}
        going, unread = True, 0
        while going and (missing := len(taken - self.cut.keys()) - unread) > 0:  # a redelivery is an arrival too, but not the one awaited
            going = self.stage.arrived([self.endpoint], read + missing)
            fresh = self.stage.tools.listener.attempts([self.endpoint.name])[read:]
            read += len(fresh)
            unread += self._read(fresh)
        return emitted

    def _read(self, attempts: Sequence[Attempt]) -> int:
        """Learn what was cut; give how many attempts nobody can read, of which more will not be learnt."""
        envelope, unread = self.stage.contract.envelope, 0
        for attempt in attempts:
            try:
                body = json.loads(attempt.body)
            except ValueError:
                body = None
            if not isinstance(body, dict):
                unread += 1
            else:
                self.cut[str(body.get(envelope.id_member or ""))] = self._shortened(self.stage.contract.payload(body))
        return unread

    def _shortened(self, data: Any) -> bool:  # noqa: ANN401 -- any JSON value
        """Whether the payload lacks the filler or says that it was cut; what the envelope says may be wrong."""
        promise = self.stage.contract.policy.truncation
        marks = (promise.flag_member, promise.size_member) if promise is not None else ()
        return not isinstance(data, dict) or FILLING not in data or any(mark in data for mark in marks)


@situation(needs=("emit",))
def truncation(stage: Stage) -> None:
    """Bisect the limit with one-byte characters, confirm it with wider ones, cut odd identifiers, and retry one cut event."""
    promise = stage.contract.policy.truncation
    if promise is None:
        return
    tenant = stage.tenant()
    event = next((e for e in stage.kinds(200) if set(promise.identifiers) & set(e.examples[0])), stage.kinds(2)[1])
    endpoint = stage.endpoint(tenant, [event.name])
    probing = _Probing(stage, tenant, event, endpoint)
    limit = _bisect(probing, promise)
    _confirm(probing, promise, limit)
    _identify(probing, promise)
    retried = stage.endpoint(tenant, [event.name], [Answer(status=500)])
    stage.emit(tenant, event.name, probing.data("a", 2 * max(promise.limits)))
    stage.arrived([endpoint, retried], len(stage.tools.listener.attempts([endpoint.name])) + 1, patience=2.0)
    stage.settle(tenant)
    if stage.virtual:
        stage.advance(tenant, 2.0 * first_horizon(stage))
    stage.canary(tenant)


def _bisect(probing: _Probing, promise: Truncation) -> int:
    """Give the largest count of one-byte fillers that was not cut, to the byte."""
    low, high = min(promise.limits) // 2, 2 * max(promise.limits)
    lost = 0
    while high - low > 1 and lost < LOST_AT_MOST:
        middle = (low + high) // 2
        seen = probing.probe([("a", middle)])
        lost += not seen
        if seen.get(("a", middle), True):
            high = middle
        else:
            low = middle
    probing.probe([("a", low), ("a", high)])
    return low


def _confirm(probing: _Probing, promise: Truncation, limit: int) -> None:
    """Probe just below and just above where each legal reading of the limit found puts the edge for other characters."""
    reference = sizes_of(probing.data("a", limit), {}, "data")
    counts: set[tuple[str, int]] = set()
    for name, filler in FILLERS.items():
        if name == "one byte":
            continue
        empty, one = sizes_of(probing.data(filler, 0), {}, "data"), sizes_of(probing.data(filler, 1), {}, "data")
        for measured in {key for key in reference if key[0] == "data"}:
            unit = one[measured] - empty[measured]
            edge = (reference[measured] - empty[measured]) // unit
            counts |= {(filler, edge), (filler, edge + 1)}
        counts |= {(filler, 3 * max(promise.limits) // (2 * unit) + 1)}
    probing.probe(sorted(counts))


def _identify(probing: _Probing, promise: Truncation) -> None:
    """Emit oversized events with every identifier, in wide characters at each offset to their bytes, and with one that is oversized."""
    large = probing.data("a", max(promise.limits))
    wide = [{**large, **dict.fromkeys(promise.identifiers, "a" * offset + FILLERS["four bytes"] * WIDE)} for offset in range(4)]
    huge = {**probing.event.examples[0], promise.identifiers[0]: "a" * (max(promise.limits) + 1)}
    probing.send([*wide, huge])

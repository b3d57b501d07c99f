"""Events around the size limit: the limit is found by bisection, then confirmed for characters of every width.

The search reads only whether an event was cut; what that means is judged later.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hookproof.model.contract import Event, Truncation
from hookproof.model.transcript import Answer, Attempt
from hookproof.rules.truncation import sizes_of
from hookproof.staging.situation import situation
from hookproof.staging.stage import Endpoint, Stage, Tenant

FILLERS = {"one byte": "a", "two bytes": "é", "three bytes": "€", "four bytes": "😀", "quotes": '"', "controls": "\x01"}


class _Probing:
    def __init__(self, stage: Stage, tenant: Tenant, event: Event, endpoint: Endpoint) -> None:
        self.stage, self.tenant, self.event, self.endpoint = stage, tenant, event, endpoint
        self.cut: dict[str, bool] = {}

    def data(self, filler: str, count: int) -> dict[str, Any]:
        return {**self.event.examples[0], "x_filler": filler * count}

    def probe(self, sizes: list[tuple[str, int]]) -> dict[tuple[str, int], bool]:
        """Emit one event of each size at once; give which were cut, leaving out what was refused or lost."""
        read = len(self.stage.tools.listener.attempts([self.endpoint.name]))
        emitted = self.stage.emit_all(self.tenant, [(self.event.name, self.data(*size)) for size in sizes])
        taken = {emission.event_id for emission in emitted if emission.event_id is not None}
        going = True
        while going and (missing := taken - self.cut.keys()):  # a redelivery is an arrival too, but not the one awaited
            going = self.stage.arrived([self.endpoint], read + len(missing))
            fresh = self.stage.tools.listener.attempts([self.endpoint.name])[read:]
            read += len(fresh)
            self._read(fresh)
        known = ((size, self.cut.get(e.event_id or "")) for size, e in zip(sizes, emitted, strict=True))
        return {size: cut for size, cut in known if cut is not None}

    def _read(self, attempts: Sequence[Attempt]) -> None:
        envelope = self.stage.contract.envelope
        for attempt in attempts:
            try:
                body = json.loads(attempt.body)
            except ValueError:
                continue
            if isinstance(body, dict):
                self.cut[str(body.get(envelope.id_member or ""))] = body.get(envelope.truncated_member or "") not in (None, False)


@situation(needs=("emit",))
def truncation(stage: Stage) -> None:
    """Bisect the limit with one-byte characters, confirm it with wider ones, and retry one cut event."""
    promise = stage.contract.policy.truncation
    if promise is None:
        return
    tenant = stage.tenant()
    event = next((e for e in stage.kinds(200) if set(promise.identifiers) & set(e.examples[0])), stage.kinds(2)[1])
    endpoint = stage.endpoint(tenant, [event.name])
    probing = _Probing(stage, tenant, event, endpoint)
    limit = _bisect(probing, promise)
    _confirm(probing, promise, limit)
    retried = stage.endpoint(tenant, [event.name], [Answer(status=500)])
    stage.emit(tenant, event.name, probing.data("a", 2 * max(promise.limits)))
    stage.arrived([endpoint, retried], len(stage.tools.listener.attempts([endpoint.name])) + 1, patience=2.0)
    stage.settle(tenant)
    if stage.virtual:
        stage.advance(tenant, 2.0 * max(policy.delays[0] for policy in stage.contract.policy.retry.values()))
    stage.canary(tenant)


def _bisect(probing: _Probing, promise: Truncation) -> int:
    """Give the largest count of one-byte fillers that was not cut, to the byte."""
    low, high = min(promise.limits) // 2, 2 * max(promise.limits)
    while high - low > 1:
        middle = (low + high) // 2
        seen = probing.probe([("a", middle)])
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

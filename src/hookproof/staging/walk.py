"""How a situation lets promised time pass: from due moment to due moment on a virtual clock, or by waiting for real.

Law: on a virtual clock each due moment is bracketed, just before (silence) and just past (exactly one attempt), both by the
contract's own grid and by what the target says is due; the target's word only makes brackets narrow, it is never evidence.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from itertools import accumulate

from hookproof.rules.view import seconds_of
from hookproof.staging.cast import Endpoint, Tenant
from hookproof.staging.stage import Stage

EPSILON = 0.05
"""Half the width of a bracket around a due moment, in seconds."""

_STEPS = 400
_SAMPLE = 0.05


def schedule_grid(stage: Stage) -> tuple[float, ...]:
    """Give the promised due moments of every policy, in seconds after the first failure, sorted."""
    moments = {moment for policy in stage.contract.policy.retry.values() for moment in accumulate(policy.delays)}
    return tuple(sorted(moments))


def exhaustion_horizon(stage: Stage) -> float:
    """Give the time after which every policy has ended and one more doubled wait would have passed, as late as declared, in seconds."""
    policies = [policy for policy in stage.contract.policy.retry.values() if policy.delays]
    return max((_latest(stage, (*policy.delays, 2.5 * policy.delays[-1])) for policy in policies), default=0.0)


def first_horizon(stage: Stage) -> float:
    """Give the time after which every first retry is due, as late as declared, in seconds."""
    return max((_latest(stage, policy.delays[:1]) for policy in stage.contract.policy.retry.values()), default=0.0)


def longest_first_wait(stage: Stage) -> float:
    """Give the time after which every first retry is due, also where a clause names one instead of a schedule, in seconds."""
    named = (float(clause.parameters.get("within", 0.0)) for clause in stage.contract.clauses)
    return max(first_horizon(stage), _latest(stage, (max(named, default=0.0),)))


def _latest(stage: Stage, waits: Sequence[float]) -> float:
    """Give how long consecutive waits may last for a target that declares jitter, a resolution or a poll interval."""
    told = stage.tools.capabilities
    slack = told.scheduler_resolution_seconds + told.poll_interval_seconds
    return sum(waits) * (1 + told.jitter_ratio) + len(waits) * slack


def pass_time(stage: Stage, tenant: Tenant, horizon: float, endpoints: Iterable[Endpoint] = ()) -> None:
    """Let ``horizon`` seconds of promised time pass for a tenant; real waits are cut by the profile."""
    if stage.virtual:
        _walk(stage, tenant, horizon)
    else:
        _wait(stage, horizon, [endpoint.name for endpoint in endpoints or stage.endpoints])


def _walk(stage: Stage, tenant: Tenant, horizon: float) -> None:
    stage.settle(tenant)
    start = seconds_of(tenant.now or "") or 0.0
    end = start + horizon
    grid = [start + moment for moment in schedule_grid(stage)]
    margin = EPSILON + stage.tools.capabilities.scheduler_resolution_seconds + stage.tools.capabilities.poll_interval_seconds
    for _ in range(_STEPS):
        now = seconds_of(tenant.now or "") or 0.0
        told = stage.tools.platform.clock(tenant.scope).next_due_at
        due = [moment for moment in (*grid, seconds_of(told or "") or 0.0) if moment > now + 1e-6]
        moment = min(due, default=end)
        if moment >= end:
            break
        if moment - EPSILON > now:
            stage.advance(tenant, moment - EPSILON - now)
            now = moment - EPSILON
        stage.advance(tenant, moment + margin - now)
    left = end - (seconds_of(tenant.now or "") or 0.0)
    if left > 0:
        stage.advance(tenant, left)


def _wait(stage: Stage, horizon: float, names: list[str]) -> None:
    """Wait for real until the horizon is certainly over, and record how late this host woke us at worst."""
    seconds = min(horizon / stage.tools.capabilities.time_scale * 1.25 + 0.5, stage.profile.real_wait)
    stage.tools.progress(f"staging {stage.situation}: {seconds:.0f} s of real time must pass")
    stopped = threading.Event()
    lateness: list[float] = [0.0]

    def sample() -> None:
        while not stopped.is_set():
            intended = time.monotonic() + _SAMPLE
            stopped.wait(_SAMPLE)
            lateness[0] = max(lateness[0], time.monotonic() - intended)

    sampler = threading.Thread(target=sample, name="canary-lateness", daemon=True)
    sampler.start()
    stage.tools.listener.wait(names, 1 << 40, seconds)
    stopped.set()
    sampler.join()
    stage.note("canary-lateness", seconds=max(lateness[0], 0.0))

"""What a target still owes: events that it accepted and that have not come, and the time in which they must.

Law: nothing here waits or judges; it reads the recording and the promises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hookproof.rules.view import View

if TYPE_CHECKING:
    from hookproof.staging.cast import Tenant
    from hookproof.staging.stage import Stage


def missing_at(stage: Stage, tenant: Tenant) -> list[str]:
    """Name the endpoints of a tenant that something has not reached which is due there, once for each event."""
    view = View(stage.tools.recorder.transcript().of([stage.situation]), stage.contract)
    got = {(delivery.endpoint, delivery.event_id) for delivery in view.deliveries}
    due = [(e, emission.event_id) for e, all_due in view.due.items() for emission in all_due if emission.scope == tenant.name]
    return [endpoint for endpoint, event_id in due if (endpoint, event_id) not in got]


def next_sends(stage: Stage) -> float:
    """Give the promised seconds after which an event was certainly sent three more times, each send but the last timed out."""
    policy, told = stage.contract.policy, stage.tools.capabilities
    waits = max((sum(each.delays[:3]) for each in policy.retry.values()), default=0.0) + 3 * policy.timeout_seconds
    return waits * (1 + told.jitter_ratio) * 1.01 + 3 * (told.scheduler_resolution_seconds + told.poll_interval_seconds)

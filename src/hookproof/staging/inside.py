"""What a situation does through hooks of the control profile alone: break the storage, ask for the target's own account.

Law: what was broken is mended again whatever happens between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from hookproof.rules.management import operations
from hookproof.rules.view import View
from hookproof.staging.cast import Endpoint, Tenant
from hookproof.staging.stage import Stage


@contextmanager
def broken_storage(stage: Stage, state: str) -> Iterator[None]:
    """Let the target's storage be ``down`` or ``full`` for a while, and record from when to when."""
    stage.note("storage", state=state)
    stage.tools.platform.storage(state)
    try:
        yield
    finally:
        stage.tools.platform.storage("ok")
        stage.note("storage", state="ok")


def accounts(stage: Stage, tenant: Tenant, endpoints: Iterable[Endpoint]) -> None:
    """Ask what the target says of the first event of each endpoint: in its delivery log, and from inside where it offers that."""
    due = View(stage.tools.recorder.transcript().of([stage.situation]), stage.contract).due
    logged = any(operation == "listDeliveries" for _, _, operation, _ in operations(stage.contract))
    for endpoint in endpoints:
        if logged:
            stage.call("listDeliveries", tenant, endpoint=endpoint)
        event_id = next((emission.event_id for emission in due.get(endpoint.name, ())), None)
        if event_id is not None and stage.offers("inspect"):
            told = stage.tools.platform.attempts(tenant.scope, event_id)
            stage.note("attempts", event_id=event_id, endpoint=endpoint.name, attempts=list(told))

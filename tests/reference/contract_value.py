"""A small contract of our own, so that the reference is tried without any provider."""

from hookproof.model.contract import (
    Contract,
    Envelope,
    Event,
    Policy,
    PolicyAssignment,
    Provenance,
    RetryPolicy,
    Signing,
    Truncation,
)

LIMIT = 262_144
SLOW_DELAYS = (30, 60, 120)
QUICK_DELAYS = (10, 5)


def _event(name: str, *, catalog: bool = True) -> Event:
    return Event(
        name=name,
        title=name,
        description=name,
        group="garden",
        provenance=Provenance.DOCUMENTED,
        schema={"type": "object"},
        examples=({"leaf": 1},),
        catalog=catalog,
    )


NAMES = ("bee.landed", "gate.changed", "gate.made", "gate.removed", "rose.bloomed", "rose.noted", "rose.whispered")

CONTRACT = Contract(
    name="garden",
    title="Garden",
    revision="1",
    digest="sha256:0",
    sources=(),
    envelope=Envelope(
        id_member="id",
        type_member="type",
        created_member="created_at",
        data_member="data",
        truncated_member="truncated",
        schema={},
        truncated_schema={},
    ),
    policy=Policy(
        retry={
            "slow": RetryPolicy(name="slow", delays=SLOW_DELAYS, sends={"delays": 4, "attempts": 3}),
            "quick": RetryPolicy(name="quick", delays=QUICK_DELAYS, sends={"attempts": 2, "delays": 3}),
        },
        assignments=(PolicyAssignment(events=("bee.*",), policies=("quick",)), PolicyAssignment(events=("*",), policies=("slow",))),
        timeout_seconds=30,
        success=("2xx",),
        failure=("4xx", "5xx"),
        truncation=Truncation(
            limits=(256_000, LIMIT),
            measured_on=("data",),
            flag_member="_truncated",
            size_member="_original_bytes",
            identifiers=("id", "rose_id"),
        ),
        signing=Signing(documented=False, schemes=("standard-webhooks",), tolerance_seconds=300, overlap_seconds=3600),
        explicit_only=("rose.whispered",),
        companions={"rose.bloomed": "rose.noted"},
        management={"created": "gate.made", "updated": "gate.changed", "deleted": "gate.removed"},
    ),
    clauses=(),
    events={**{name: _event(name) for name in NAMES}, "bee.uncatalogued": _event("bee.uncatalogued", catalog=False)},
    subscription_api={"paths": {"/api/v2/gates": {"post": {"operationId": "createWebhook"}}}},
)
GATES = "/api/v2/gates"

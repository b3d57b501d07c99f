"""Why flaws of receivers are found that concern repeats, safety and order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from hookproof.model.contract import Clause, Contract, Role, Source
from hookproof.model.transcript import Effect, Exchange
from hookproof.model.verdict import Level
from hookproof.rules.view import View
from tests.kill_matrix.posts import answered, case, data, document, doubled, lost, noted, of, reasons, value, values
from tests.kill_matrix.reason import Case, promising

DAY = 86_400.0
ID = "webhook-id"
BLIND = {"effects": False}


def _hooked(case: Case, **withheld: object) -> Case:
    return replace(case, withheld=withheld)


def _named_elsewhere(view: View, effect: Effect) -> bool:
    """Whether an unsigned field of another event's delivery names this one."""
    return any(effect.event_id in values(x, "x-event-id") for x in view.exchanges if x.event_id != effect.event_id)


def _second_id(view: View, effect: Effect) -> bool:
    """Whether another event's delivery, correctly signed, has this one's id in a second id field."""
    return any(values(x, ID)[1:] == [effect.event_id] for x in view.exchanges if x.event_id != effect.event_id and x.accepted)


def _beside_a_copy(view: View, effect: Effect) -> bool:
    """Whether the event was sent beside an unsigned copy of another one."""
    return any("payload=" in urlsplit(x.path).query and effect.event_id not in x.path for x in of(view, effect))


def _has_a_twin(view: View, effect: Effect) -> bool:
    """Whether a delivery of another id differs in nothing else."""
    same = [{**document(x), "id": ""} for x in of(view, effect)]
    return any({**document(x), "id": ""} in same for x in view.exchanges if x.event_id != effect.event_id)


def _at_once(view: View, effect: Effect) -> bool:
    own = of(view, effect)
    return any(one.started_at < other.started_at < one.done_at for one in own for other in own if one is not other)


def _across(*names: str) -> Callable[[View, Effect], bool]:
    def says(view: View, effect: Effect) -> bool:
        own = of(view, effect)
        return noted(view, names, own[0].done_at, own[-1].started_at)

    return says


def _a_day_apart(view: View, effect: Effect) -> bool:
    own = of(view, effect)
    passed = sum(a.seconds for a in view.advances if own[0].done_at <= a.started_at and a.done_at <= own[-1].started_at)
    return DAY < passed < 7 * DAY


def _forged_before(view: View, effect: Effect) -> bool:
    own = of(view, effect)
    forged = [x for x in view.exchanges if value(x, ID) == effect.event_id and x.fault and not x.accepted]
    return any(x.done_at <= own[0].started_at for x in forged)


def _failed_before(view: View, effect: Effect) -> bool:
    statuses = [x.status for x in of(view, effect)]
    return 500 in statuses and any(200 <= status <= 299 for status in statuses[statuses.index(500) :])


def _killed_after(view: View, effect: Effect) -> bool:
    return any(x.accepted and noted(view, ["kill"], x.done_at, effect.at) for x in of(view, effect))


def _taken_before(view: View, x: Exchange) -> bool:
    return any(other.accepted and other.event_id == x.event_id and other.started_at < x.done_at for other in view.exchanges)


def _made_to_fail(view: View, x: Exchange) -> bool:
    return any(n.name == "fail-next" and n.at <= x.started_at for n in view.notes) and x.purpose == "failing"


def _overtaken(view: View, effect: Effect) -> bool:
    """Whether nothing that happened later concerns the same contact, and something older came later."""
    own = next(x for x in of(view, effect))
    rivals = [x for x in view.exchanges if x.event_id != own.event_id and data(x).get("contact_id") == data(own)["contact_id"]]
    moment = str(document(own)["created_at"])
    return bool(rivals) and all(str(document(x)["created_at"]) < moment and x.started_at > own.done_at for x in rivals)


def _uncreated(view: View, x: Exchange) -> bool:
    """Whether a change came whose creation had not come."""
    kind, _, change = x.event_type.rpartition(".")
    thing = data(x).get("contact_id")
    before = [o for o in view.exchanges if o.event_type == f"{kind}.created" and data(o).get("contact_id") == thing]
    return change == "updated" and all(other.started_at > x.done_at for other in before)


def _in_order(contract: Contract) -> Contract:
    clause = Clause(
        id="orbit/receiver/newest-in-force",
        level=Level.SHOULD,
        roles=(Role.RECEIVER,),
        promise="What happened later stays in force, whatever is delivered later.",
        source=Source(document="a contract of this test", section="order"),
        rule="newer-state-stays-in-force",
    )
    return promising(contract, clause)


ZERO, TWICE = "and took effect 0 times, promised once", "and took effect 2 times, promised once"

CASES = {
    "header-names-the-event": _hooked(case(lost(_named_elsewhere), receiver__signed_identity=ZERO), **BLIND),
    "repeated-id-confuses": _hooked(case(lost(_second_id), receiver__forged_first=ZERO), **BLIND),
    "event-from-the-query": _hooked(case(lost(_beside_a_copy), receiver__signed_identity=ZERO), **BLIND),
    "repeats-by-content": _hooked(case(lost(_has_a_twin), receiver__distinct_ids=ZERO), **BLIND),
    "check-then-act": _hooked(case(doubled(_at_once), receiver__idempotent="was delivered 50 times and took effect"), **BLIND),
    "remembered-in-memory": _hooked(case(doubled(_across("restart")), receiver__dedupe_across_restart=TWICE), **BLIND),
    "remembered-for-a-day": _hooked(case(doubled(_a_day_apart), receiver__dedupe_by_id=TWICE), time="real"),
    "never-remembered": _hooked(
        case(
            doubled(lambda view, effect: len(of(view, effect)) > 1),
            receiver__idempotent=TWICE,
            receiver__dedupe_by_id=TWICE,
            receiver__dedupe_across_restart=TWICE,
            receiver__dedupe_by_batch=TWICE,
        ),
        **BLIND,
    ),
    "forgery-is-remembered": _hooked(case(lost(_forged_before), receiver__forged_first=ZERO), **BLIND),
    "marked-before-success": _hooked(case(lost(_failed_before), receiver__after_failure=ZERO), faults=False),
    "repeats-refused": case(answered(409, _taken_before), receiver__repeats_accepted="got status 409, promised 2xx"),
    "answered-before-safe": _hooked(case(lost(_killed_after), receiver__kept_at_kill=ZERO), lifecycle=("restart",)),
    "failure-is-the-senders": _hooked(
        case(answered(400, _made_to_fail), receiver__failure_told="got status 400, promised 5xx"), faults=False
    ),
    "failure-is-success": _hooked(case(answered(200, _made_to_fail), receiver__failure_told="got status 200, promised 5xx"), faults=False),
    "last-delivery-wins": Case(
        reasons=reasons(
            lambda view, record: isinstance(record, Effect) and record.in_force is False and _overtaken(view, record),
            receiver__newest_in_force="replaced what the newer one said",
        ),
        judged_by=_in_order,
        withheld=BLIND,
    ),
    "update-before-create-crashes": case(answered(500, _uncreated), receiver__out_of_order="got status 500, promised 2xx"),
}

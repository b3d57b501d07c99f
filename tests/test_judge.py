"""Laws that hold for every rule of the catalogue, whatever it judges."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookproof.judge import Item, Judge, check_body, judge
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Clause, Contract, Role
from hookproof.model.transcript import Answer, Attempt, Note, Record, Transcript
from hookproof.model.verdict import Level, Outcome, Verdict
from hookproof.rules.catalogue import RULE_PARAMETERS, RULES
from hookproof.rules.rule import Rule
from tests.rules.contract_value import CONTRACT, PARAMETERS, clause
from tests.rules.recording import EVERYTHING, SECOND, Recording

SITUATIONS = sorted({name for rule in RULES.values() for name in rule.situations})
ABLE: dict[str, Any] = {
    **dict.fromkeys(("idempotency", "configuration", "log", "network"), True),
    "signing": {"profile": "any"},
    "answer_timeout_seconds": 30.0,
    "jitter_ratio": 0.1,
}
"""What a target may declare beyond what recordings declare anyway."""

UNTOLD = {
    "asking_leave",
    "bombs",
    "configured",
    "consent",
    "disclosure",
    "forging",
    "herd",
    "ingest",
    "issued",
    "neighbours",
    "network",
    "plainly",
}
"""Situations of which the story here says nothing; their rules have recordings of their own."""

UNSAID = (Outcome.NOT_OBSERVED, Outcome.NOT_APPLICABLE)


def contract(*rules: str, **more: Any) -> Contract:
    """The small contract with one clause for each of these rules."""
    return replace(CONTRACT, clauses=tuple(clause(name, **more) for name in rules or RULES))


def verdicts(recording: Recording, *rules: str) -> tuple[Verdict, ...]:
    """Judge a recording by these rules, or by all."""
    return judge(contract(*rules), recording.transcript())


def story(recording: Recording) -> Recording:
    """Let a little of everything happen in a recording's situation."""
    recording.exchange("createWebhook", 201, request={"url": "http://h/t/e1", "events": ["rose.bloomed"]}, answer={"data": {"id": "id-e1"}})
    recording.subscribe("e1", "rose.bloomed", "room.opened", "room.closed", "early.media", "early.answered")
    recording.subscribe("e2", "*")
    recording.subscribe("cut", "rose.faded")
    for kind in ("room.opened", "room.closed", "early.media", "early.answered", "rose.faded"):
        emission = recording.emit(kind, purpose="text" if kind == "rose.faded" else "")
        recording.attempt("cut" if kind == "rose.faded" else "e1", emission)
        recording.attempt("e2", emission)
    emission = recording.emit()
    recording.attempt("e1", emission, 503, answer=Answer(status=503, headers=(("Retry-After", "9"),)))
    recording.note("restart")
    recording.note("kill")
    recording.note("power-cut")
    recording.elapse(60)
    recording.attempt("e1", emission)
    for state in ("down", "full"):
        recording.note("storage", state=state)
        recording.emit("room.opened", refused=503)
        recording.note("storage", state="ok")
    recording.change("e1", "rotated", secret="fresh")
    recording.attempt("e1", recording.emit("room.opened"))
    emission = recording.emit("room.closed")
    recording.attempt("e2", emission, answer=Answer(body=b"x" * 65_536, body_repeat=80))
    recording.note("attempts", endpoint="e2", event_id=emission.event_id, attempts=[{"response_bytes": 100}])
    big = recording.emit("rose.faded", {"leaf": 1, "id": "r1", "x": "a" * 2000})
    recording.attempt("cut", big, body=recording.body(big, truncated=True, data={"_truncated": True, "_original_bytes": 2028, "id": "r1"}))
    recording.exchange("getWebhook", 200, answer={"data": {"id": "id-e1"}}, path="/hooks/id-e1", method="GET")
    recording.change("e2", "deleted")
    recording.elapse(100_000)
    recording.canary()
    return received(recording)


def received(recording: Recording) -> Recording:
    """Let a receiver get a little of everything too."""
    for purpose, fault, status in (("control", "", 202), ("", "wrong-key", 401), ("control", "", 202)):
        recording.exchange("deliver", status, purpose=purpose, fault=fault, case="c1", event_id="evt_c", event_type="rose.bloomed")
    for purpose in ("event", "variation", "repeated"):
        recording.exchange("deliver", 202, purpose=purpose, event_id=f"evt_{purpose}", event_type="rose.bloomed")
    recording.effect("evt_repeated", 1)
    recording.effect("evt_never_sent", 0)
    return recording


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_is_named_and_says_what_it_needs(name: str) -> None:
    """Every rule is found under its own name, says one sentence, belongs to situations and knows its parameters."""
    rule = RULES[name]
    assert rule.name == name
    assert rule.promise.endswith(".")
    assert rule.situations
    assert rule.parameters == set(RULE_PARAMETERS[name]["properties"])
    assert rule.parameters - rule.optional == set(RULE_PARAMETERS[name]["required"])
    assert set(PARAMETERS.get(name, {})) >= rule.parameters - rule.optional
    able = Capabilities.from_json({**EVERYTHING, **ABLE}, subject="test")
    assert [need for need in rule.needs if not able.offers(need)] == []
    with pytest.raises(FrozenInstanceError):
        rule.name = "another"  # type: ignore[misc] # that is what is tried


@pytest.mark.parametrize("staged", [False, True])
def test_nothing_seen_is_never_kept_or_broken(*, staged: bool) -> None:
    """On an empty transcript, and on staged situations in which nothing happened, no rule says kept or broken."""
    recording = Recording()
    for situation in SITUATIONS if staged else ():
        recording.situation = situation
        recording.note("begin")
        recording.note("end")
    found = verdicts(recording)
    assert {verdict.clause.rpartition("/")[2] for verdict in found} == set(RULES)
    assert all(verdict.outcome in UNSAID for verdict in found)


def test_a_rule_whose_situation_was_not_staged_names_it() -> None:
    """Where other situations were staged the verdict says which one is missing."""
    recording = Recording("elsewhere", **ABLE)
    recording.note("begin")
    story(recording)
    recording.note("end")
    for verdict in verdicts(recording):
        assert verdict.outcome is Outcome.NOT_OBSERVED
        assert all(repr(name) in verdict.judgement.reason for name in RULES[verdict.clause.rpartition("/")[2]].situations)


def test_a_failed_staging_is_named_with_its_reason() -> None:
    """Where a situation failed to be staged nothing is said of it but why."""
    recording = Recording(**ABLE)
    for situation in SITUATIONS:
        recording.situation = situation
        recording.note("begin")
        recording.note("failed", reason="the target went away")
    found = verdicts(recording)
    assert {verdict.clause.rpartition("/")[2] for verdict in found} == set(RULES)
    for verdict in found:
        assert verdict.outcome is Outcome.NOT_OBSERVED
        assert "the target went away" in verdict.judgement.reason


def test_a_failed_situation_hides_no_proof_from_an_intact_one() -> None:
    """What an intact situation proves broken stays broken though another situation of the same rule failed."""
    recording = Recording()
    recording.situation = "catalog"
    recording.note("begin")
    recording.subscribe("e1")
    attempt = recording.attempt("e1", recording.emit(), body=b"not JSON")
    recording.situation = "retries"
    recording.note("begin")
    recording.note("failed", reason="the target went away")
    found = next(v for v in verdicts(recording) if v.clause.endswith("/bodies-are-strict-json"))
    assert found.outcome is Outcome.BROKEN
    assert found.judgement.evidence == (attempt.id,)


def test_a_lacking_capability_is_named() -> None:
    """A rule whose needs the target does not declare says which, before anything else."""
    recording = Recording(emit="none", time="real", lifecycle=[], scopes=False, inspect=False, effects=False, faults=False)
    able = Capabilities.from_json(recording.capabilities, subject="test")
    found = verdicts(story(recording))
    assert {verdict.clause.rpartition("/")[2] for verdict in found} == set(RULES)
    for verdict in found:
        lacking = [need for need in RULES[verdict.clause.rpartition("/")[2]].needs if not able.offers(need)]
        if lacking:
            assert verdict.outcome is Outcome.NOT_OBSERVED
            assert verdict.judgement.reason == f"needs {', '.join(lacking)}"


def test_judging_is_pure_and_every_kept_verdict_has_evidence() -> None:
    """Judging twice gives equal verdicts; kept and broken ones rest on records of the transcript."""
    recording = Recording()
    for situation in SITUATIONS:
        recording.situation = situation
        recording.endpoints.clear()
        recording.note("begin")
        story(recording)
        recording.note("end")
    found = verdicts(recording)
    assert found == verdicts(recording)
    ids = {record.id for record in recording.records}
    for verdict in found:
        assert set(verdict.judgement.evidence) <= ids, verdict
        assert verdict.outcome is not Outcome.KEPT or verdict.judgement.evidence
        assert all(set(finding.evidence) <= ids for finding in verdict.judgement.findings)
    assert sum(verdict.outcome is Outcome.KEPT for verdict in found) > 25


def told(situation: str) -> Recording:
    """One staged situation with a story in it."""
    recording = Recording(situation)
    recording.note("begin")
    story(recording)
    recording.note("end")
    return recording


def foreign(records: list[Record], situation: str) -> list[Record]:
    """The same records under other ids in another situation."""
    return [replace(record, id=f"f{record.id}", situation=situation) for record in records]


@pytest.mark.parametrize("situation", SITUATIONS)
def test_records_of_other_situations_change_nothing(situation: str) -> None:
    """Interleaving what happened elsewhere, or reading what came after the end, gives the same verdicts."""
    recording = told(situation)
    rules = [name for name, rule in RULES.items() if situation in rule.situations]
    alone = verdicts(recording, *rules)
    assert any(verdict.outcome not in UNSAID for verdict in alone) is (situation not in UNTOLD)
    mine = recording.records
    others = foreign(mine, "somewhere else")
    mixed = [record for pair in zip(mine, others, strict=True) for record in pair]
    late = [replace(record, id=f"l{record.id}") for record in mine if isinstance(record, Attempt)]
    for records in (mixed, [*others, *mine], [*mine, *late]):
        recording.records = records
        assert verdicts(recording, *rules) == alone


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_order_in_which_records_were_written_changes_nothing(situation: str) -> None:
    """Attempts are recorded as they end, in whatever order: judging follows when they were accepted."""
    recording = told(situation)
    rules = [name for name, rule in RULES.items() if situation in rule.situations]
    before = verdicts(recording, *rules)
    arrivals = iter([record for record in recording.records if isinstance(record, Attempt)][::-1])
    recording.records = [next(arrivals) if isinstance(record, Attempt) else record for record in recording.records]
    assert verdicts(recording, *rules) == before


def test_an_attempt_after_the_end_is_not_judged() -> None:
    """A flaw that arrives after its situation's end belongs to nothing."""
    recording = Recording("catalog")
    recording.note("begin")
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission)
    recording.note("end")
    recording.attempt("e1", emission, body=b"{")
    (verdict,) = verdicts(recording, "bodies-are-strict-json")
    assert verdict.outcome is Outcome.KEPT


@pytest.mark.parametrize(("signing", "level", "fails"), [(None, Level.SHOULD, False), ({"profile": "standard-webhooks"}, Level.MUST, True)])
def test_a_declared_capability_raises_the_level(signing: Any, level: Level, *, fails: bool) -> None:
    """A promise that the target makes by declaring it binds as the contract says."""
    recording = Recording("catalog", signing=signing)
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), headers={})
    raised = {"level_if_declared": Level.MUST, "declared_by": "signing"}
    (verdict,) = judge(contract("deliveries-are-signed", level=Level.SHOULD, **raised), recording.transcript())
    assert (verdict.level, verdict.outcome, verdict.fails) == (level, Outcome.BROKEN, fails)


def test_payload_clauses_are_judged_for_each_event() -> None:
    """A rule per event gives one verdict for each event of the contract in order, and ``only`` picks items by id."""
    found = verdicts(Recording(), "payloads-match-their-schema")
    assert [verdict.event for verdict in found] == sorted(CONTRACT.events)
    item = "garden/topic/payloads-match-their-schema:rose.bloomed"
    assert [v.event for v in judge(contract(), Recording().transcript(), only={item})] == ["rose.bloomed"]


def test_a_rule_without_situations_judges_everything() -> None:
    """A rule that names no situation sees the whole transcript, staged or not."""
    recording = told("catalog")
    court = Judge(contract("ids-are-unique"), recording.transcript())
    whole = replace(RULES["ids-are-unique"], situations=())

    assert court.verdict(Item(clause=clause("ids-are-unique"), rule=whole)).outcome is Outcome.KEPT


def test_reproducing_names_the_item() -> None:
    """Where the run says how to repeat it each verdict says how to repeat itself."""
    transcript = Recording().transcript()
    transcript = replace(transcript, header=replace(transcript.header, reproduce="pytest suites"))
    (verdict,) = judge(contract("ids-are-unique"), transcript)
    assert verdict.reproduce == "pytest suites -k 'garden/topic/ids-are-unique'"


# -- no recorded bytes stop a rule ----------------------------------------------------------------------------------------------

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(["id", "_truncated", "leaf", "url"]), inner, max_size=4)
    ),
    max_leaves=8,
)
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "id": st.just("evt_m2") | JSON_VALUES,
        "type": st.sampled_from(sorted(CONTRACT.events)) | JSON_VALUES,
        "created_at": st.datetimes().map(lambda moment: moment.isoformat() + "Z") | JSON_VALUES,
        "data": JSON_VALUES
        | st.fixed_dictionaries({}, optional=dict.fromkeys(("leaf", "room_id", "call_id", "total", "_original_bytes"), JSON_VALUES)),
        "truncated": JSON_VALUES,
    },
)
BODIES = (
    st.binary()
    | JSON_VALUES.map(lambda value: json.dumps(value).encode())
    | ENVELOPES.map(lambda value: json.dumps(value).encode())
    | st.sampled_from(
        [
            b'{"id":"evt_m2","data":' + b"[" * 5000,
            b'{"id":"evt_m2","type":"rose.bloomed","data":' + b'{"a":' * 700 + b"1" + b"}" * 701,
            b'{"id":"evt_m2","type":"rose.bloomed","data":{"leaf":' + b"[" * 120 + b"]" * 120 + b"}}",
            b'{"id":"evt_m2","type":"rose.bloomed","truncated":true,"data":{"_original_bytes":[1],"id":"\\udfff"}}',
            b"1" * 5000,
            b'{"id":"evt_m2","created_at":' + b"9" * 4000 + b"}",
        ]
    )
)
TEXTS = st.text() | st.sampled_from(["", "v1,", "t=1,v1=" + "0" * 64, "v1," + "A" * 43 + "=", "9" * 5000, "0" * 64, "\ud800"])
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["webhook-id", "Webhook-Timestamp", "WEBHOOK-SIGNATURE", "X-Devotel-Signature", "Content-Type", "x-event-id"])
        | st.text(),
        TEXTS,
    ),
    max_size=6,
)
ANSWERS = st.sampled_from([200, 204, 301, 400, 410, 429, 500, 503]).flatmap(
    lambda status: st.builds(
        Answer,
        status=st.just(status),
        mode=st.sampled_from(["respond", "respond", "never", "close", "reset", "close_after_head"]),
        headers=st.lists(st.tuples(st.just("Retry-After"), TEXTS), max_size=1).map(tuple),
    )
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    arrivals=st.lists(st.tuples(st.sampled_from(["e1", "e2", "t1"]), BODIES, HEADERS, ANSWERS, st.floats(0, 100)), max_size=5),
    replies=st.lists(
        st.tuples(st.sampled_from(["createWebhook", "getWebhook", "listWebhooks", "listDeliveries"]), BODIES, st.integers(0, 599)),
        max_size=3,
    ),
    time=st.sampled_from(["virtual", "scaled", "real"]),
    data=JSON_VALUES,
)
def test_no_recorded_bytes_stop_a_rule(arrivals: list[Any], replies: list[Any], time: str, data: Any) -> None:
    """Arbitrary bodies, headers, answers and moments are judged by every rule without an exception."""
    recording = Recording(time=time, time_scale=10.0 if time == "scaled" else 1.0)
    recording.subscribe("e1", "rose.bloomed", "early.media", "early.answered", "room.opened", "room.closed")
    emission = recording.emit(event_id="evt_m2")
    recording.emit("early.answered", data)
    recording.subscribe("e2", "*")
    recording.note("trap", endpoint="e1", trap="t1")
    for endpoint, body, headers, answer, wait in arrivals:
        recording.attempt(endpoint, emission, body=body, headers=headers, answer=answer)
        recording.elapse(wait)
    recording.note("kill")
    for operation, body, status in replies:
        recording.exchange(operation, status, request=body, answer=body, path="/hooks/id-e1")
    recording.change("e1", "rotated", secret="fresh")
    recording.canary()
    assert all(isinstance(verdict, Verdict) for verdict in verdicts(recording))


@given(body=BODIES)
def test_a_body_is_checked_on_its_own_by_the_same_laws(body: bytes) -> None:
    """Checking one body never crashes, and finds no fault only where the live judge finds none."""
    kind, faults = check_body(contract(), body)
    recording = Recording("catalog")
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit("canary.sang"), body=body, headers={})
    live = verdicts(recording, "bodies-are-strict-json", "envelopes-have-their-shape", "creation-times-have-a-zone")
    assert kind is None or isinstance(kind, str)
    assert faults or not any(verdict.outcome is Outcome.BROKEN for verdict in live)
    assert all(fault.clause.startswith("garden/topic/") for fault in faults)


def test_a_fault_of_a_body_is_laid_to_the_first_clause_that_promises_no_more() -> None:
    """Of two clauses with one rule the first is named, one with a schema of its own only for what that schema says, else the rule."""
    shape = clause("envelopes-have-their-shape")
    own = replace(shape, id="garden/topic/own", parameters={"schema": {"required": ["colour"]}})
    unruled = replace(shape, id="garden/topic/unruled", rule=None, excluded="nobody can see it")
    first, second = (replace(shape, id=f"garden/topic/{name}") for name in ("first", "second"))

    def blamed(*clauses: Clause) -> list[tuple[str, str]]:
        _, faults = check_body(replace(CONTRACT, clauses=clauses), b"[]")
        return [(fault.clause, fault.pointer) for fault in faults]

    named, alone, unnamed = blamed(own, first, second, unruled), blamed(own, unruled), blamed(unruled)
    assert {where for where, _ in named} == {"garden/topic/first"}
    assert {where for where, _ in alone} == {where for where, _ in unnamed} == {"garden/body/envelopes-have-their-shape"}
    _, faults = check_body(replace(CONTRACT, clauses=(own, first)), b"{}")
    assert {fault.clause for fault in faults} == {"garden/topic/first", "garden/topic/own"}


def test_the_roles_and_exclusions_of_clauses_are_respected() -> None:
    """Clauses of the other role, and excluded ones, are not judged."""
    other = replace(clause("ids-are-unique"), id="garden/topic/other", roles=(Role.RECEIVER,))
    excluded: Clause = replace(clause("ids-are-unique"), id="garden/topic/none", rule=None, excluded="nobody can see it")
    assert judge(replace(CONTRACT, clauses=(other, excluded)), Recording().transcript()) == ()


def test_a_part_ends_with_its_situation() -> None:
    """A situation that ended stays ended; what is staged again under its name is not read."""
    recording = told("catalog")
    whole: Transcript = recording.transcript()
    again = replace(whole, records=(*whole.records, Note(id="n", situation="catalog", at=recording.now + SECOND, name="begin")))
    assert again.of(["catalog"]).records == whole.of(["catalog"]).records
    assert isinstance(RULES["ids-are-unique"], Rule)

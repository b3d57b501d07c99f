"""Silence needs a witness: one real recording in which everything is kept is judged again without its canaries, or with them misplaced.

Law: every rule is named here once, as one that judges silence or as one that rests on what arrived or was answered.
"""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

import pytest

from hookproof.judge import items, judge
from hookproof.model.contract import Role
from hookproof.model.transcript import Advance, Attempt, Emission, Note, Record, Subscription, Transcript
from hookproof.model.verdict import Outcome
from hookproof.rules.catalogue import RULES
from hookproof.rules.view import Body
from tests.suites.courtroom import courtroom, item, orbit

WITNESSED = frozenset(
    {
        "accepted-events-survive-a-kill",
        "accepted-events-survive-a-power-cut",
        "accepted-events-survive-a-restart",
        "answered-events-are-not-sent-again",
        "checked-addresses-are-connected-to",
        "companions-are-sent-along",
        "deleted-endpoints-get-nothing",
        "disabled-endpoints-get-nothing",
        "events-are-not-doubled",
        "filters-hold",
        "given-up-events-are-accounted-for",
        "gone-stops-deliveries",
        "large-answers-do-no-harm",
        "names-do-not-lead-inside",
        "nothing-follows-the-last",
        "nothing-is-lost-while-storage-is-down",
        "nothing-is-lost-while-storage-is-full",
        "one-follows-the-other",
        "redirect-loops-end",
        "redirects-are-not-followed",
        "redirects-take-no-secrets-abroad",
        "refusals-create-nothing",
        "sends-are-as-many-as-promised",
        "sends-are-counted-across-restarts",
        "success-ends-the-schedule",
        "tenants-are-isolated",
        "the-delivery-log-is-true",
    }
)
"""Rules that say or need "nothing more came"."""

ARRIVED = frozenset(
    {
        "a-key-is-required",
        "a-key-is-required-everywhere",
        "a-test-call-sends-a-delivery",
        "answers-are-awaited-as-long-as-promised",
        "answers-match-the-description",
        "bad-certificates-are-refused",
        "bodies-are-strict-json",
        "body-stays-the-same",
        "both-secrets-sign-during-overlap",
        "content-type-is-declared",
        "creation-times-are-true",
        "creation-times-have-a-zone",
        "credentials-stay-with-their-endpoint",
        "cut-above-one-limit",
        "cut-events-fit-the-limit",
        "cut-events-give-their-size",
        "cut-events-have-their-shape",
        "cut-events-hold-identifiers-only",
        "cut-events-keep-all-identifiers",
        "deleted-endpoints-are-gone",
        "deliveries-are-posts",
        "deliveries-are-signed",
        "deliveries-hold-no-secrets",
        "each-endpoint-has-its-secret",
        "empty-lists-are-refused",
        "envelopes-have-their-shape",
        "failures-are-retried",
        "hard-values-arrive-unchanged",
        "id-stays-the-same",
        "ids-are-unique",
        "ids-survive-in-every-header",
        "issued-secrets-are-strong",
        "large-answers-are-not-kept-whole",
        "listed-names-are-accepted",
        "management-is-told",
        "named-fields-are-sent",
        "named-subscribers-get-explicit-only-events",
        "observed-retry-of-unstated-answers",
        "odd-retry-after-does-not-stop-retries",
        "old-secret-ends-with-overlap",
        "one-id-at-every-endpoint",
        "other-tenants-are-shut-out",
        "oversized-events-are-delivered",
        "payloads-arrive-unchanged",
        "payloads-match-their-schema",
        "reads-show-what-was-written",
        "redirects-count-as-failures",
        "requests-are-well-formed",
        "restarts-shorten-no-wait",
        "retry-after-is-a-lower-bound",
        "secrets-are-shown-once",
        "signatures-verify",
        "signed-id-is-the-event-id",
        "slow-endpoints-delay-nobody",
        "small-events-are-whole",
        "subscribers-get-their-events",
        "sums-add-up",
        "timestamps-are-of-the-attempt",
        "timestamps-are-whole-seconds",
        "types-are-known",
        "unknown-names-are-refused",
        "unlisted-but-documented-names",
        "values-do-not-become-fields",
        "waits-follow-the-schedule",
    }
)
"""Rules whose evidence is what came, when it came, or how a call was answered."""

PRESENCE = {
    "subscribers-get-their-events": 0,
    "oversized-events-are-delivered": 0,
    "management-is-told": 0,
    "failures-are-retried": 1,
    "redirects-count-as-failures": 1,
    "odd-retry-after-does-not-stop-retries": 1,
}
"""Rules that say "everything due came", and which attempt of a delivery they wait for: the first or the second."""

USED = frozenset(clause.rule or "" for clause in orbit().clauses_for(Role.PLATFORM))
"""Rules that the contract uses for platforms."""

OUT_OF_REACH = frozenset({"accepted-events-survive-a-power-cut"})
"""Rules of situations that the embedded platform does not offer."""


# --- the recording and what is done to it -------------------------------------------------------------------------------------------


@cache
def recorded() -> Transcript:
    """Give the recording of a whole run against a platform that keeps all its promises."""
    everything = list(items(orbit(), Role.PLATFORM))
    with courtroom() as run:
        run.planned = tuple(dict.fromkeys(name for each in everything for name in each.rule.situations))
        for each in everything:
            run.verdict(each)
        return run.tools.recorder.transcript()


@dataclass(frozen=True, kw_only=True)
class Canary:
    """One canary as recorded: who listened for it, its emission, its arrivals there, and echoes at endpoints that hear everything."""

    ear: Subscription
    emission: Emission
    arrivals: tuple[Attempt, ...]
    echoes: tuple[Attempt, ...]


def canaries(transcript: Transcript) -> list[Canary]:
    """Find every canary of a recording."""
    created = {r.endpoint: r for r in transcript.records if isinstance(r, Subscription) and r.action == "created"}
    heard = defaultdict(list)
    for record in transcript.records:
        if isinstance(record, Attempt):
            heard[Body(record.body, orbit()).event_id].append(record)
    found = []
    for emission in (r for r in transcript.records if isinstance(r, Emission) and r.purpose == "canary"):
        everywhere = heard[emission.event_id]
        ear = next(created[a.endpoint] for a in everywhere if created[a.endpoint].event_types == (emission.type,))
        arrivals = tuple(a for a in everywhere if a.endpoint == ear.endpoint)
        found.append(Canary(ear=ear, emission=emission, arrivals=arrivals, echoes=tuple(a for a in everywhere if a not in arrivals)))
    return found


def _replaced(transcript: Transcript, change: Mapping[str, Record | None]) -> Transcript:
    """Replace records by id, None removes one, and bring all into the order of their moments."""
    kept = [change.get(record.id, record) for record in transcript.records]
    return replace(transcript, records=tuple(sorted((r for r in kept if r is not None), key=lambda record: record.at)))


def silenced(transcript: Transcript, *scopes: str) -> Transcript:
    """Let no canary arrive, or none of some tenants."""
    lost = [c for c in canaries(transcript) if not scopes or c.emission.scope in scopes]
    return _replaced(transcript, {attempt.id: None for c in lost for attempt in (*c.arrivals, *c.echoes)})


def moved(canary: Canary, moment: int) -> dict[str, Record | None]:
    """Let a canary be emitted and heard at a moment, within a few nanoseconds, so that nothing else happens meanwhile."""
    emission = replace(canary.emission, at=moment + 1, started_at=moment + 1, done_at=moment + 2)
    change: dict[str, Record | None] = {emission.id: emission, canary.ear.id: replace(canary.ear, at=min(moment, canary.ear.at))}
    for each in canary.arrivals:
        at, begun, done = moment + 3, moment + 4, moment + 5
        change[each.id] = replace(each, at=done, accepted_at=at, body_read_at=at, answer_started_at=begun, answer_done_at=done)
    return change | {echo.id: None for echo in canary.echoes}


def premature(transcript: Transcript) -> Transcript:
    """Let every canary come as soon as its situation has begun."""
    begins = {record.situation: record.at for record in transcript.records if isinstance(record, Note) and record.name == "begin"}
    return _replaced(transcript, dict(ChainMap(*(moved(c, begins[c.emission.situation] + 1) for c in canaries(transcript)))))


def foreign(transcript: Transcript) -> Transcript:
    """Let the last canary at each ear be emitted to and heard by another tenant, and no other come."""
    change: dict[str, Record | None] = {}
    last = {canary.ear.endpoint: canary for canary in canaries(transcript)}
    for canary in canaries(transcript):
        stranger = f"stranger at {canary.ear.endpoint}"
        change |= {record.id: None for record in (canary.emission, *canary.arrivals, *canary.echoes)}
        change[canary.ear.id] = replace(canary.ear, scope=stranger)
    for ear, canary in last.items():
        change[canary.emission.id] = replace(canary.emission, scope=f"stranger at {ear}")
        change |= {attempt.id: attempt for attempt in canary.arrivals}
    return _replaced(transcript, change)


def outcomes(transcript: Transcript, rules: frozenset[str]) -> dict[str, set[Outcome]]:
    """Judge by some rules and give the outcomes of each that the contract uses."""
    wanted = frozenset(each.id for each in items(orbit(), Role.PLATFORM) if each.rule.name in rules)
    found = defaultdict(set)
    for verdict in judge(orbit(), transcript, only=wanted):
        found[orbit().clauses_by_id[verdict.clause].rule or ""].add(verdict.outcome)
    return found


# --- laws ---------------------------------------------------------------------------------------------------------------------------


def test_every_rule_is_known_here() -> None:
    """A rule that judges platforms either judges silence or rests on arrivals; a new one must be put on one of the two lists."""
    assert USED <= WITNESSED | ARRIVED <= set(RULES)
    assert not WITNESSED & ARRIVED


def test_with_its_witnesses_everything_is_kept() -> None:
    """The recording that is spoilt below is whole: every rule that the contract uses keeps its clauses by it."""
    found = outcomes(recorded(), WITNESSED | ARRIVED)
    assert set(found) == USED
    assert {name for name, seen in found.items() if seen != {Outcome.KEPT}} <= OUT_OF_REACH


@pytest.mark.parametrize("spoilt", [silenced, premature, foreign], ids=["no canary", "canary too early", "canary of another tenant"])
def test_silence_is_not_kept_without_its_witness(spoilt: Callable[[Transcript], Transcript]) -> None:
    """Without a canary after the forbidden moment, in the same tenant, silence is not observed: neither kept nor broken."""
    found = outcomes(spoilt(recorded()), WITNESSED)
    assert found
    assert {name: seen for name, seen in found.items() if seen != {Outcome.NOT_OBSERVED}} == {}


def test_what_arrived_needs_no_witness() -> None:
    """What is judged by arrivals and answers alone stays kept without any canary, so that the first list is not longer than it must be."""
    found = outcomes(silenced(recorded()), ARRIVED)
    assert found
    assert {name: seen for name, seen in found.items() if seen != {Outcome.KEPT}} == {}


@pytest.mark.parametrize("name", sorted(WITNESSED & USED))
def test_a_canary_witnesses_its_own_situation_only(name: str) -> None:
    """A rule that judges several situations does not take the canary of one for the silence in another."""
    only = frozenset(each.id for each in items(orbit(), Role.PLATFORM) if each.rule.name == name)
    for situation in RULES[name].situations:
        alone = recorded().of([situation])
        lost: dict[str, Record | None] = {attempt.id: None for c in canaries(alone) for attempt in (*c.arrivals, *c.echoes)}
        verdicts = judge(orbit(), _replaced(recorded(), lost), only=only)
        evidence = {e for v in verdicts if v.outcome is Outcome.KEPT for e in v.judgement.evidence}
        assert not evidence & {r.id for r in alone.records}, f"{name} rests on {situation!r}, which has no canary"


@pytest.mark.parametrize("name", sorted(PRESENCE))
def test_an_arrival_that_is_still_open_is_not_outvoted_by_others(name: str) -> None:
    """Where one due arrival is missing and no canary came to say that it will not come, the clause is neither kept nor broken."""
    mute = silenced(recorded())
    deliveries = defaultdict(list)
    for attempt in (r for r in mute.records if isinstance(r, Attempt)):
        deliveries[_what_came(name, attempt)].append(attempt)
    awaited = {found[PRESENCE[name]].id: found for found in deliveries.values() if len(found) > PRESENCE[name]}
    only = frozenset(each.id for each in items(orbit(), Role.PLATFORM) if each.rule.name == name)
    for verdict in judge(orbit(), mute, only=only):
        seen = [each for each in verdict.judgement.evidence if each in awaited]
        assert seen, verdict.clause
        for each in seen[:: max(1, len(seen) // 8)]:
            lost: dict[str, Record | None] = {attempt.id: None for attempt in awaited[each][PRESENCE[name] :]}
            [again] = judge(orbit(), _replaced(mute, lost), only=frozenset({verdict.clause}))
            assert again.outcome is Outcome.NOT_OBSERVED, f"{verdict.clause} without {each}: {again.judgement.reason}"


def _what_came(rule: str, attempt: Attempt) -> tuple[str, ...]:
    """Name that of which a rule needs one attempt: an event at an endpoint, an event anywhere, or what a watcher was told."""
    body = Body(attempt.body, orbit())
    if rule == "oversized-events-are-delivered":
        return (str(body.event_id),)
    return attempt.endpoint, f"{body.type} {body.data}" if rule == "management-is-told" else str(body.event_id)


# --- the very moment ----------------------------------------------------------------------------------------------------------------


def _clock(text: str | None) -> float:
    return datetime.fromisoformat(text or "").timestamp()


@pytest.mark.parametrize(
    ("clause", "policy", "sends"),
    [
        ("retries/stop-after-success", "default", 1),
        ("retries/any-2xx-is-success", "default", 1),
        ("retries/default-sends", "default", 10),
        ("retries/call-sends", "call", 5),
    ],
)
def test_the_witness_must_come_after_the_forbidden_moment(clause: str, policy: str, sends: int) -> None:
    """Wherever on the virtual clock the canary stands: before one more send would have been due it is no witness, later it is."""
    recording = silenced(recorded().of(["retries"]), "retries-patient")
    [canary] = [c for c in canaries(recorded().of(["retries"])) if c.emission.scope == "retries-main"]
    begun = min(_clock(r.clock) for r in recording.records if isinstance(r, Emission) and r.scope == "retries-main")
    patience = sum(orbit().policy.retry[policy].delays[:sends])
    steps = [r for r in recording.records if isinstance(r, Advance) and r.scope == "retries-main"]
    verdicts = []
    for step in steps:
        shifted = _replaced(recording, moved(canary, step.done_at))
        [verdict] = judge(orbit(), shifted, only=frozenset({item(clause).id}))
        verdicts.append(verdict.outcome)
        late = _clock(step.after) - begun - patience
        assert verdict.outcome is not Outcome.KEPT or late >= 0, f"kept {-late:.2f} s before the forbidden send was due"
        assert verdict.outcome is Outcome.KEPT or late < patience / 1000 + 1, f"not kept {late:.2f} s after the forbidden send was due"
    assert set(verdicts) == {Outcome.KEPT, Outcome.NOT_OBSERVED}

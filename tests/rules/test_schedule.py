"""Waits and totals against the legal policies: proven per wait on a virtual clock, one-sided and by medians elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.transcript import Answer, Attempt, Emission
from hookproof.model.verdict import Outcome
from hookproof.rules.timing import SLEW
from tests.rules.contract_value import CALL, CONTRACT, SLOW
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import SECOND, Recording

WAITS, SENDS = "waits-follow-the-schedule", "sends-are-as-many-as-promised"
GRADES: list[dict[str, Any]] = [{"time": "virtual"}, {"time": "scaled", "time_scale": 1000.0}, {"time": "real"}]


def failing(recording: Recording, waits: tuple[float, ...], kind: str = "rose.bloomed", endpoint: str = "e1") -> list[Attempt]:
    """Let an event fail for ever with these promised seconds between its sends."""
    recording.subscribe(endpoint, kind)
    emission = recording.emit(kind)
    sent = [recording.attempt(endpoint, emission, 500)]
    for wait in waits:
        recording.elapse(wait)
        sent.append(recording.attempt(endpoint, emission, 500))
    return sent


@pytest.mark.parametrize("capabilities", GRADES, ids=lambda c: str(c["time"]))
def test_promised_waits_are_kept_on_every_clock(capabilities: dict[str, Any]) -> None:
    """Waits exactly as promised are kept, with every send as evidence and the clock as grade."""
    recording = Recording(**capabilities)
    sent = failing(recording, SLOW)
    judgement = kept(recording.judge(WAITS), *sent)
    assert judgement.grade == capabilities["time"]
    assert "policy slow" in judgement.reading


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("capabilities", GRADES, ids=lambda c: str(c["time"]))
def test_one_wait_that_is_too_short_is_broken(capabilities: dict[str, Any], number: int) -> None:
    """A single wait at nine tenths of its promise is broken, and the two sends around it are the evidence."""
    recording = Recording(**capabilities)
    sent = failing(recording, tuple(w * (0.9 if i == number else 1) for i, w in enumerate(SLOW)))
    broken(recording.judge(WAITS), f"wait {number + 1} of 'slow' was at most", sent[number], sent[number + 1])


@pytest.mark.parametrize("waits", [(30, 30, 30), (60, 120, 240), (30, 90, 120), (90, 180, 360)], ids=str)
def test_a_wrong_schedule_is_broken_on_a_virtual_clock(waits: tuple[float, ...]) -> None:
    """Constant, shifted, odd and trebled schedules are broken when the clock is virtual, late waits included."""
    recording = Recording()
    failing(recording, waits)
    broken(recording.judge(WAITS), "promised")


def exact_gap(gap: int, **capabilities: Any) -> Recording:
    """Two sends of which the second is accepted exactly ``gap`` nanoseconds after the first answer began."""
    recording = Recording(**capabilities)
    recording.subscribe("e1")
    emission = recording.emit()
    first = recording.attempt("e1", emission, 500, answer_started_at=recording.now + SECOND)
    recording.wait(gap / SECOND + 5)
    begun = first.answer_started_at or 0
    recording.attempt("e1", emission, 500, accepted_at=begun + gap)
    return recording


@pytest.mark.parametrize(
    ("capabilities", "seconds"),
    [
        ({"time": "real"}, SLOW[0] * (1 - SLEW)),
        ({"time": "real", "jitter_ratio": 0.2}, SLOW[0] * 0.8 * (1 - SLEW)),
        ({"time": "real", "scheduler_resolution_seconds": 1.0}, SLOW[0] * (1 - SLEW) - 1),
        ({"time": "scaled", "time_scale": 10.0}, SLOW[0] * (1 - SLEW) / 10),
        ({"time": "scaled", "time_scale": 10.0, "scheduler_resolution_seconds": 1.0}, SLOW[0] * (1 - SLEW) / 10 - 1),
    ],
    ids=["plain", "jitter", "resolution", "scaled", "scaled resolution"],
)
def test_the_bound_is_sharp(capabilities: dict[str, Any], seconds: float) -> None:
    """At the sound bound a gap is legal; a tenth of a millisecond below it is proven too early."""
    hair = SECOND // 10_000
    kept(exact_gap(round(seconds * SECOND) + hair, **capabilities).judge(WAITS))
    broken(exact_gap(round(seconds * SECOND) - hair, **capabilities).judge(WAITS), "at most")


@pytest.mark.parametrize("capabilities", GRADES[1:], ids=lambda c: str(c["time"]))
def test_the_wait_begins_before_the_first_byte_of_our_answer(capabilities: dict[str, Any]) -> None:
    """A target that reads our first byte and waits as promised is not early by what the rest of our answer took to write."""
    recording = Recording(**capabilities)
    recording.subscribe("e1")
    emission = recording.emit()
    first = recording.attempt("e1", emission, 500)
    begun = first.answer_started_at or 0
    recording.records[-1] = replace(first, answer_done_at=begun + SECOND // 50)
    recording.wait(60)
    recording.attempt("e1", emission, 500, accepted_at=begun + round(SLOW[0] * SECOND / capabilities.get("time_scale", 1)))
    kept(recording.judge(WAITS))


@pytest.mark.parametrize("step", [-86_400, -30, 30, 86_400])
@pytest.mark.parametrize("capabilities", GRADES, ids=lambda c: str(c["time"]))
def test_a_step_of_the_wall_clock_changes_nothing(capabilities: dict[str, Any], step: int) -> None:
    """Waits and silences are measured on the monotonic clock, whatever the wall clock did between two sends."""
    recording = Recording(**capabilities)
    failing(recording, SLOW)
    recording.elapse(1000)
    recording.canary()
    before = [recording.judge(rule) for rule in (WAITS, SENDS)]
    halfway = len(recording.records) // 2
    recording.records[halfway:] = [
        replace(record, accepted_wall=record.accepted_wall + step * SECOND) if isinstance(record, Attempt) else record
        for record in recording.records[halfway:]
    ]
    assert [recording.judge(rule) for rule in (WAITS, SENDS)] == before
    kept(before[0])


@given(
    extra=st.lists(st.floats(0, 500), min_size=3, max_size=3),
    capabilities=st.sampled_from([{"time": "real"}, {"time": "scaled", "time_scale": 7.0}, {"time": "real", "jitter_ratio": 0.3}]),
)
def test_whoever_waits_long_enough_is_never_too_early(extra: list[float], capabilities: dict[str, Any]) -> None:
    """Any recording whose gaps are at least the promised ones is never broken in real or scaled time."""
    recording = Recording(**capabilities)
    failing(recording, tuple(wait + more for wait, more in zip(SLOW, extra, strict=True)))
    kept(recording.judge(WAITS))


@given(cut=st.floats(0.001, 29.9), margin=st.floats(0.001, 5))
def test_a_virtual_window_brackets_the_wait(cut: float, margin: float) -> None:
    """An attempt made inside an advance that covers its due moment is kept, wherever the advance began and ended."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, 500)
    recording.elapse(30 - cut)
    with recording.advancing(cut + margin):
        again = recording.attempt("e1", emission, 500)
    kept(recording.judge(WAITS), again)


def test_a_virtual_window_that_ends_early_is_broken() -> None:
    """An attempt inside an advance that ends before the due moment is proven too early; one after a silent due moment too late."""
    early, late = Recording(), Recording()
    for recording, silent in ((early, 10), (late, 40)):
        recording.subscribe("e1")
        emission = recording.emit()
        recording.attempt("e1", emission, 500)
        recording.elapse(silent)
        with recording.advancing(15):
            recording.attempt("e1", emission, 500)
    broken(early.judge(WAITS), "at most 25")
    broken(late.judge(WAITS), "at least 40")


@pytest.mark.parametrize(("waits", "policy"), [(SLOW, "slow"), (CALL, "call")], ids=["slow", "call"])
def test_either_policy_is_legal_and_named(waits: tuple[float, ...], policy: str) -> None:
    """Where two policies are legal each is kept, and the report names the one that was seen."""
    recording = Recording()
    failing(recording, waits, "either.made")
    assert kept(recording.judge(WAITS, policies=["slow", "call"])).reading == f"policy {policy}"


def test_one_event_type_may_not_mix_policies() -> None:
    """Two deliveries of one type that follow different policies are broken, beside another type that is consistent."""
    recording = Recording()
    recording.subscribe("quiet", "either.made")
    one, two = failing(recording, SLOW, "either.made"), failing(recording, CALL, "either.made", "e2")
    broken(recording.judge(WAITS, policies=["slow", "call"]), "follows two policies", one[0], two[0])


def test_a_wait_that_fits_both_policies_is_no_mixture() -> None:
    """A delivery whose wide window fits both policies does not contradict another that fits only the second."""
    recording = Recording()
    recording.subscribe("e1", "either.made")
    wide = recording.emit("either.made")
    recording.attempt("e1", wide, 500)
    with recording.advancing(100):
        recording.attempt("e1", wide, 500)
    failing(recording, CALL, "either.made", "e2")
    assert kept(recording.judge(WAITS, policies=["slow", "call"])).reading == "policy call"


def crowd(waits: tuple[float, ...], size: int = 8, *, busy: float = 0.0, kind: str = "either.made", endpoints: int = 2) -> Recording:
    """Two endpoints and as many parallel events as the timing law asks for, on a scaled clock."""
    recording = Recording(time="scaled", time_scale=100.0)
    for number in range(endpoints):
        recording.subscribe(f"e{number}", kind)
    emissions = [recording.emit(kind) for _ in range(size)]

    def round_of(sent: list[Emission]) -> None:
        for emission in sent:
            for number in range(endpoints):
                recording.attempt(f"e{number}", emission, 500)

    round_of(emissions)
    for wait in waits:
        recording.elapse(wait)
        round_of(emissions)
    recording.note("canary-lateness", seconds=busy)
    return recording


def test_lateness_needs_two_crowds_and_a_quiet_host() -> None:
    """In scaled time a tenfold wait is broken only by two crowds of eight on a quiet host; else it is left open and said so."""
    slow: dict[str, Any] = {"policies": ["slow"]}
    late = tuple(10 * wait for wait in SLOW)
    broken(crowd(late, kind="rose.bloomed").judge(WAITS, **slow), "the median of wait")
    for recording in (
        crowd(late, 7, kind="rose.bloomed"),
        crowd(late, busy=0.2, kind="rose.bloomed"),
        crowd(late, endpoints=1, kind="rose.bloomed"),
    ):
        assert "lateness not decidable" in kept(recording.judge(WAITS, **slow)).reading
    assert kept(crowd(SLOW, kind="rose.bloomed").judge(WAITS, **slow)).reading == "policy slow"


def test_lateness_spares_whoever_follows_the_longer_legal_policy() -> None:
    """In scaled time crowds that follow the longer of two legal policies are not late by the shorter one."""
    assert kept(crowd(CALL).judge(WAITS, policies=["slow", "call"])).reading == "policy call"
    broken(crowd(tuple(10 * wait for wait in CALL)).judge(WAITS, policies=["slow", "call"]), "the median of wait")


def test_what_is_not_plain_failure_is_not_a_schedule() -> None:
    """Waits after success, after Retry-After and of a single send say nothing."""
    recording = Recording()
    failing(recording, ())
    unseen(recording.judge(WAITS), "second time")
    recording.subscribe("e2", "rose.faded")
    emission = recording.emit("rose.faded")
    recording.attempt("e2", emission, answer=Answer(status=503, headers=(("Retry-After", "5"),)))
    recording.elapse(5)
    recording.attempt("e2", emission, 500)
    unseen(recording.judge(WAITS))


@pytest.mark.parametrize("first", [Answer(status=429), Answer(mode="never"), Answer(mode="drip"), Answer(mode="reset")], ids=str)
def test_whoever_backs_off_after_more_than_a_plain_failure_is_not_judged(first: Answer) -> None:
    """A longer wait after a time-out, a 429 or a broken connection is no wait of the schedule, also in the middle of it."""
    for answers in ((first,), (Answer(status=500), first)):
        recording = Recording()
        recording.subscribe("e1")
        emission = recording.emit()
        for answer in answers:
            recording.attempt("e1", emission, answer=answer)
            recording.elapse(3600)
        recording.attempt("e1", emission, 500)
        unseen(recording.judge(WAITS))


# -- totals -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sends", "reading"), [(3, "slow: three sends"), (4, "slow: four sends")])
@pytest.mark.parametrize("capabilities", GRADES[:2], ids=lambda c: str(c["time"]))
def test_each_reading_of_the_total_is_kept_and_named(capabilities: dict[str, Any], sends: int, reading: str) -> None:
    """Every legal total with a witnessed silence after it is kept, and the reading is named."""
    recording = Recording(**capabilities)
    sent = failing(recording, SLOW[: sends - 1])
    recording.elapse(1000)
    canary = recording.canary()
    assert kept(recording.judge(SENDS), *sent, canary).reading == reading


def test_too_few_sends_are_broken_with_a_witness_only() -> None:
    """Two sends and silence are broken when a canary follows the due moment, else not observed."""
    for silence, sees in ((1000, broken), (59, None)):
        recording = Recording()
        sent = failing(recording, SLOW[:1])
        recording.elapse(silence)
        canary = recording.canary()
        if sees:
            broken(recording.judge(SENDS), "was sent 2 times, promised 3 or 4", sent[-1], canary)
        else:
            unseen(recording.judge(SENDS), "without a canary")


def test_silence_without_any_canary_is_never_kept() -> None:
    """A legal total is not observed until a canary shows that the target lived on."""
    recording = Recording()
    failing(recording, SLOW)
    recording.elapse(10_000)
    unseen(recording.judge(SENDS))


def test_too_many_sends_need_no_witness() -> None:
    """A fifth send is broken at once, and it is the evidence."""
    recording = Recording()
    sent = failing(recording, (*SLOW, 240))
    broken(recording.judge(SENDS), "at most 4", sent[-1])


def test_the_total_belongs_to_the_schedule_that_was_followed() -> None:
    """Two sends are a legal total of the call policy, but not for an event that follows the slow one."""
    both: dict[str, Any] = {"policies": ["slow", "call"]}
    honest, mixed = Recording(), Recording()
    failing(honest, CALL[:1], "either.made")
    failing(mixed, SLOW[:1], "either.made")
    for recording in (honest, mixed):
        recording.elapse(5000)
        recording.canary()
    assert kept(honest.judge(SENDS, **both)).reading == "call: two sends"
    broken(mixed.judge(SENDS, **both), "promised 3 or 4")


def test_a_changed_endpoint_or_a_late_success_is_no_exhaustion() -> None:
    """Events that were accepted at last, and endpoints changed meanwhile, say nothing of the total."""
    accepted, changed = Recording(), Recording()
    failing(accepted, SLOW[:1])
    accepted.elapse(60)
    accepted.attempt("e1", next(r for r in accepted.records if isinstance(r, Emission)), 200)
    failing(changed, SLOW[:1])
    changed.change("e1", "deleted")
    for recording in (accepted, changed):
        recording.elapse(5000)
        recording.canary()
        unseen(recording.judge(SENDS))


@given(waits=st.lists(st.floats(0, 1000), max_size=6), sends_canary=st.booleans())
def test_whatever_was_sent_the_verdict_is_sound(waits: list[float], *, sends_canary: bool) -> None:
    """No recording of a failing event without a canary is ever kept, and none that was sent a legal number of times broken."""
    recording = Recording()
    sent = failing(recording, tuple(waits))
    recording.elapse(10_000)
    if sends_canary:
        recording.canary()
    outcome = recording.judge(SENDS).outcome
    assert sends_canary or outcome is not Outcome.KEPT
    assert len(sent) not in (3, 4) or outcome is not Outcome.BROKEN


def _with_slow(**members: Any) -> Recording:
    slow = replace(CONTRACT.policy.retry["slow"], **members)
    return Recording(contract=replace(CONTRACT, policy=replace(CONTRACT.policy, retry={**CONTRACT.policy.retry, "slow": slow})))


def test_an_empty_schedule_promises_a_single_send() -> None:
    """Where no wait is listed one send is all, and a second one too many."""
    for waits, sees in (((), kept), ((5.0,), None)):
        recording = _with_slow(delays=(), sends={"once": 1})
        sent = failing(recording, waits)
        recording.elapse(1000)
        canary = recording.canary()
        if sees:
            kept(recording.judge(SENDS), *sent, canary)
        else:
            broken(recording.judge(SENDS), "was sent 2 times, at most 1", sent[1])


def test_a_wait_of_zero_is_a_wait() -> None:
    """Where the first wait is zero the second send comes at once, and is too late a moment after."""
    kept_at, late = _with_slow(delays=(0.0,), sends={"two": 2}), _with_slow(delays=(0.0,), sends={"two": 2})
    kept_at.elapse(0)
    sent = failing(kept_at, (0.0,))
    kept(kept_at.judge(WAITS), *sent)
    failing(late, (5.0,))
    broken(late.judge(WAITS), "promised 0 s")


def test_a_wait_beyond_the_schedule_is_nobodys() -> None:
    """A send more than the policy has waits is too many, and however soon it came no wait was wrong."""
    recording = Recording()
    sent = failing(recording, (*SLOW, 1.0, 1.0))
    kept(recording.judge(WAITS), *sent)


def test_a_wait_that_was_not_measured_hides_no_wrong_one() -> None:
    """Where the end of one answer was not seen the next wait is judged all the same."""
    recording = Recording(time="real")
    sent = failing(recording, (30.0, 10.0))
    place = recording.records.index(sent[0])
    recording.records[place] = replace(sent[0], answer_done_at=None)
    broken(recording.judge(WAITS), "wait 2 of 'slow' was at most", sent[1], sent[2])


def test_a_mixture_is_told_with_both_policies_and_the_first_that_differs() -> None:
    """The first delivery and the first one that follows another policy are the evidence, and both policies are named."""
    recording = Recording()
    one = failing(recording, SLOW, "either.made")
    failing(recording, SLOW, "either.made", "e2")
    two = failing(recording, CALL, "either.made", "e3")
    judgement = broken(recording.judge(WAITS, policies=["slow", "call"]), "follows two policies: call, slow")
    assert judgement.evidence == (one[0].id, two[0].id)


def test_more_than_one_delivery_may_end_without_a_canary() -> None:
    """The reason counts them."""
    recording = Recording()
    for number in range(3):
        failing(recording, SLOW, endpoint=f"e{number}")
    unseen(recording.judge(SENDS), "3 deliveries ended without a canary")


@pytest.mark.parametrize(("silence", "seen"), [(119.0, False), (121.0, True)])
def test_silence_lasts_as_long_as_the_wait_that_would_have_come_next(silence: float, *, seen: bool) -> None:
    """After three sends the third wait must have passed, and not more."""
    recording = Recording()
    failing(recording, SLOW[:2])
    recording.elapse(silence)
    recording.canary()
    judgement = recording.judge(SENDS)
    kept(judgement) if seen else unseen(judgement)


@pytest.mark.parametrize(("silence", "seen"), [(59.0, False), (61.0, True)])
def test_without_a_schedule_of_its_own_the_longest_first_wait_of_any_is_long_enough(silence: float, *, seen: bool) -> None:
    """Where a policy has no waits the first waits of the others tell how soon anything would have come."""
    recording = _with_slow(delays=(), sends={"once": 1})
    failing(recording, ())
    recording.elapse(silence)
    recording.canary()
    judgement = recording.judge(SENDS)
    kept(judgement) if seen else unseen(judgement)

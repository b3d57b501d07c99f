"""Which answers bring an event again and which end it; silence only with a witness; transport repeats are no retries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.model.transcript import Answer
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import SECOND, Recording

RETRIED, ENDED = "failures-are-retried", "success-ends-the-schedule"
AGAIN, OPEN = "answered-events-are-not-sent-again", "observed-retry-of-unstated-answers"
FAILURES = [
    ("5xx", "respond"),
    ("timeout", "never"),
    ("timeout", "drip"),
    ("reset", "reset"),
    ("closed", "close"),
    ("cut", "close_after_head"),
]
GRADES: list[dict[str, Any]] = [{"time": "virtual"}, {"time": "scaled", "time_scale": 1000.0}, {"time": "real"}]


@pytest.mark.parametrize(("kind", "mode"), FAILURES)
@pytest.mark.parametrize("capabilities", GRADES, ids=lambda c: str(c["time"]))
def test_a_failure_that_comes_again_is_kept(kind: str, mode: str, capabilities: dict[str, Any]) -> None:
    """After each class of failure a second send keeps the promise, on every clock, signed or not."""
    for headers in (None, {"Content-Type": "application/json"}):
        recording = Recording(**capabilities)
        recording.subscribe("e1")
        emission = recording.emit()
        first = recording.attempt("e1", emission, 500, mode=mode, headers=headers)
        recording.elapse(60)
        second = recording.attempt("e1", emission, headers=headers)
        kept(recording.judge(RETRIED, classes=[kind]), first, second)


@pytest.mark.parametrize(("kind", "mode"), FAILURES)
def test_a_failure_that_never_comes_again_is_broken(kind: str, mode: str) -> None:
    """A failure followed by silence past the due moment and a canary is broken; the first send and the canary are the evidence."""
    recording = Recording()
    recording.subscribe("e1")
    first = recording.attempt("e1", recording.emit(), 503, mode=mode)
    recording.elapse(100)
    canary = recording.canary()
    broken(recording.judge(RETRIED, classes=[kind]), "never sent again", first, canary)


@pytest.mark.parametrize("capabilities", GRADES, ids=lambda c: str(c["time"]))
@pytest.mark.parametrize("seconds", [0, 29])
def test_a_canary_before_the_due_moment_is_no_witness(capabilities: dict[str, Any], seconds: float) -> None:
    """Silence with an early canary, or with none, is not observed."""
    recording = Recording(**capabilities)
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), 500)
    recording.elapse(seconds)
    unseen(recording.judge(RETRIED))
    recording.canary()
    unseen(recording.judge(RETRIED), "no canary after the retry was due")


def test_a_canary_of_another_tenant_is_no_witness() -> None:
    """A canary of another scope says nothing of this one."""
    recording = Recording(time="real")
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), 500)
    recording.elapse(1000)
    recording.canary("stranger")
    unseen(recording.judge(RETRIED))


def test_a_scaled_retry_within_the_poll_interval_is_not_called_missing() -> None:
    """On a scaled clock a canary that comes sooner than the declared poll interval allows for is no witness."""
    recording = Recording(time="scaled", time_scale=1000.0, poll_interval_seconds=0.2)
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), 500)
    recording.wait(0.3)
    recording.canary()
    unseen(recording.judge(RETRIED))


@pytest.mark.parametrize("mode", ["close", "close_in_head", "reset", "reset_after_head"])
def test_a_transport_repeat_is_no_retry(mode: str) -> None:
    """An identical request right after a connection error is not the promised retry, and if it is taken there is nothing to retry."""
    kinds = ["reset" if mode.startswith("reset") else "closed"]
    for capabilities in GRADES[::2]:
        for taken in (False, True):
            recording = Recording(**capabilities)
            recording.subscribe("e1")
            emission = recording.emit()
            headers = recording.signed("e1", emission, recording.body(emission))
            first = recording.attempt("e1", emission, mode=mode, headers=headers)
            recording.wait(0.5)
            recording.attempt("e1", emission, mode="respond" if taken else mode, headers=headers)
            recording.elapse(1000)
            canary = recording.canary()
            if taken:
                unseen(recording.judge(RETRIED, classes=kinds))
            else:
                broken(recording.judge(RETRIED, classes=kinds), "never sent again", first, canary)


def test_a_repeat_after_a_whole_answer_is_a_retry() -> None:
    """A request that follows a whole 500 is a send of the schedule however soon it comes and however alike it looks."""
    recording = Recording(time="real")
    recording.subscribe("e1")
    emission = recording.emit()
    headers = recording.signed("e1", emission, recording.body(emission))
    sent = [recording.attempt("e1", emission, status, headers=headers) for status in (500, 200)]
    kept(recording.judge(RETRIED), *sent)


def test_each_listed_class_must_be_seen() -> None:
    """One class that was met does not stand for another that was not."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, mode="reset")
    recording.elapse(30)
    recording.attempt("e1", emission)
    unseen(recording.judge(RETRIED, classes=["reset", "closed"]), "not seen for closed")


@pytest.mark.parametrize(("shut", "sees"), [(1, True), (29, True), (31, True), (89, True), (91, False), (1_000, False)])
def test_a_port_that_stayed_shut_may_have_used_up_every_send(shut: float, sees: bool) -> None:  # noqa: FBT001 -- a table
    """Silence after a port opened is a loss only while a send was left, by the least reading of the schedule, and then only when due."""
    fast: dict[str, Any] = {"time": "scaled", "time_scale": 100.0}
    for capabilities in ({}, fast):
        recording = Recording(**capabilities)
        recording.subscribe("e1")
        recording.note("refused", endpoint="e1")
        emission = recording.emit()
        recording.elapse(shut)
        recording.note("reopened", endpoint="e1")
        recording.canary()
        unseen(recording.judge(RETRIED, classes=["refused"]))
        recording.elapse(1_000)
        canary = recording.canary()
        if sees:
            broken(recording.judge(RETRIED, classes=["refused"]), "connections were refused", emission, canary)
        else:
            unseen(recording.judge(RETRIED, classes=["refused"]))


@pytest.mark.parametrize("waited", [True, False])
def test_a_refused_connection_is_tried_again(*, waited: bool) -> None:
    """After refused connections the event comes, or is broken by a canary after the due moment, or not observed."""
    recording = Recording()
    recording.subscribe("e1")
    recording.note("refused", endpoint="e1")
    emission = recording.emit()
    recording.canary()
    unseen(recording.judge(RETRIED, classes=["refused"]))
    recording.elapse(100 if waited else 10)
    canary = recording.canary()
    if waited:
        broken(recording.judge(RETRIED, classes=["refused"]), "connections were refused", emission, canary)
    else:
        unseen(recording.judge(RETRIED, classes=["refused"]))
    arrived = recording.attempt("e1", emission)
    kept(recording.judge(RETRIED, classes=["refused"]), arrived)


# -- success ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("capabilities", GRADES, ids=lambda c: str(c["time"]))
def test_a_success_with_a_witnessed_silence_ends_the_schedule(capabilities: dict[str, Any]) -> None:
    """An answered event that does not come again by the time a canary shows life is kept."""
    recording = Recording(**capabilities)
    recording.subscribe("e1")
    done = recording.attempt("e1", recording.emit())
    unseen(recording.judge(ENDED))
    unseen(recording.judge(AGAIN))
    recording.elapse(1000)
    canary = recording.canary()
    assert kept(recording.judge(ENDED), done, canary).reading == ""
    kept(recording.judge(AGAIN), done, canary)


def test_one_redelivery_is_legal_and_named_two_are_not() -> None:
    """At-least-once covers one stray redelivery, which the report names; a second one breaks the promise."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    done = recording.attempt("e1", emission)
    recording.elapse(30)
    stray = recording.attempt("e1", emission)
    recording.elapse(100)
    recording.canary()
    assert kept(recording.judge(ENDED), done).reading == "one redelivery of an answered event"
    broken(recording.judge(AGAIN), "sent again 1 time", done, stray)
    more = recording.attempt("e1", emission)
    broken(recording.judge(ENDED), "2 more attempts came", done, stray, more)


@pytest.mark.parametrize(("seconds", "given_up"), [(1.4, False), (1.6, True)])
def test_an_answer_that_may_have_come_too_late_ends_nothing(seconds: float, *, given_up: bool) -> None:
    """Where our answer took half of the declared wait or longer, the target may have given it up: a repeat is not blamed on it."""
    recording = Recording(time="real", answer_timeout_seconds=3)
    recording.subscribe("e1")
    emission = recording.emit()
    done = recording.attempt("e1", emission)
    recording.records[-1] = replace(done, answer_done_at=done.accepted_at + round(seconds * SECOND))
    recording.elapse(30)
    recording.attempt("e1", emission)
    judgement = recording.judge(AGAIN)
    unseen(judgement) if given_up else broken(judgement, "sent again 1 time", done)


def test_each_listed_status_must_be_seen() -> None:
    """A success that was seen does not stand for a listed status that was not."""
    recording = Recording()
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), 202)
    recording.elapse(100)
    recording.canary()
    kept(recording.judge(ENDED, statuses=[202]))
    kept(recording.judge(ENDED, statuses=["2xx", 202]))
    unseen(recording.judge(ENDED, statuses=[202, 204]), "for 204")


def test_a_success_that_the_target_did_not_get_is_none() -> None:
    """An answer that was cut off, or that the target hung up on, does not end the schedule."""
    for more in ({"answer_done_at": None}, {"closed_at": 1}):
        recording = Recording()
        recording.subscribe("e1")
        emission = recording.emit()
        recording.attempt("e1", emission, **more)
        for _ in range(2):
            recording.elapse(60)
            recording.attempt("e1", emission, 500)
        recording.elapse(1000)
        recording.canary()
        unseen(recording.judge(ENDED))
        unseen(recording.judge(AGAIN))


# -- open questions -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404, 422])
def test_an_open_question_is_reported_and_never_broken(status: int) -> None:
    """A 4xx that is retried and one that is not are both kept, and the reading says which; silence needs its witness."""
    for again in (True, False):
        recording = Recording()
        recording.subscribe("e1")
        emission = recording.emit()
        first = recording.attempt("e1", emission, status)
        unseen(recording.judge(OPEN))
        recording.elapse(100)
        recording.attempt("e1", emission) if again else recording.canary()
        assert kept(recording.judge(OPEN), first).reading == f"{status} {'retried' if again else 'not retried'}"


def test_an_open_question_may_name_a_status() -> None:
    """A status by itself is asked like a class, and another one of its class is not meant."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, 503)
    recording.elapse(100)
    recording.attempt("e1", emission)
    assert kept(recording.judge(OPEN, classes=["503"])).reading == "503 retried"
    unseen(recording.judge(OPEN, classes=["502"]))


def test_a_cut_answer_is_an_open_question_too() -> None:
    """An answer without its promised body is named by its class."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, answer=Answer(mode="close_after_head"))
    recording.elapse(100)
    recording.attempt("e1", emission)
    assert kept(recording.judge(OPEN, classes=["cut"])).reading == "cut retried"


@pytest.mark.parametrize("mode", ["never", "drip"])
def test_a_wait_without_end_is_no_time_out(mode: str) -> None:
    """A request that we had to end is broken if the target waited more than twice its declared time-out and a grace; else it is open."""
    for held, declared, sees in ((3.5, 0.7, True), (3.3, 0.7, False), (299.0, 0.0, False), (301.0, 0.0, True)):
        recording = Recording(answer_timeout_seconds=declared)
        recording.subscribe("e1")
        emission = recording.emit()
        first = recording.attempt("e1", emission, mode=mode, closed_at=None, at=recording.now + round(held * SECOND))
        recording.wait(held + 1)
        recording.elapse(60)
        recording.attempt("e1", emission)
        if sees:
            broken(recording.judge(RETRIED, classes=["timeout"]), "still waited for its answer", first)
        else:
            unseen(recording.judge(RETRIED, classes=["timeout"]), "not seen for timeout")


def test_whoever_sends_again_gave_up_though_it_left_the_connection_open() -> None:
    """A retry that comes while the first connection is still open is a retry."""
    recording = Recording(answer_timeout_seconds=1)
    recording.subscribe("e1")
    emission = recording.emit()
    first = recording.attempt("e1", emission, mode="never", closed_at=None, at=recording.now + 90 * SECOND)
    recording.elapse(60)
    second = recording.attempt("e1", emission)
    kept(recording.judge(RETRIED, classes=["timeout"]), first, second)


def test_what_is_promised_once_is_not_expected_twice() -> None:
    """Under a policy of a single send nobody is blamed for not sending again."""
    slow = replace(CONTRACT.policy.retry["slow"], delays=(), sends={"once": 1})
    contract = replace(CONTRACT, policy=replace(CONTRACT.policy, retry={**CONTRACT.policy.retry, "slow": slow}))
    recording = Recording(contract=contract)
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), 500)
    recording.elapse(10_000)
    recording.canary()
    unseen(recording.judge(RETRIED))


def test_a_retry_that_is_promised_at_once_is_no_transport_repeat() -> None:
    """Where the schedule begins with a wait of nothing, an identical request right after a broken connection is the retry."""
    slow = replace(CONTRACT.policy.retry["slow"], delays=(0.0, 60.0))
    contract = replace(CONTRACT, policy=replace(CONTRACT.policy, retry={**CONTRACT.policy.retry, "slow": slow}))
    recording = Recording(contract=contract)
    recording.subscribe("e1")
    emission = recording.emit()
    headers = recording.signed("e1", emission, recording.body(emission))
    sent = [recording.attempt("e1", emission, mode=mode, headers=headers) for mode in ("reset", "respond")]
    kept(recording.judge(RETRIED, classes=["reset"]), *sent)


def test_what_is_sent_once_hides_no_failure() -> None:
    """Events of a policy of a single send are passed over."""
    once = {"call": replace(CONTRACT.policy.retry["call"], delays=(), sends={"once": 1})}
    contract = replace(CONTRACT, policy=replace(CONTRACT.policy, retry={**CONTRACT.policy.retry, **once}))
    recording = Recording(contract=contract)
    for name, kind in (("e0", "call.made"), ("e1", "rose.bloomed")):
        recording.subscribe(name, kind)
        recording.attempt(name, recording.emit(kind), 500)
    recording.elapse(100)
    recording.canary()
    broken(recording.judge(RETRIED, classes=["5xx"]), "never sent again")


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(status=503), "5xx", "after status 503 the event"),
        (Answer(mode="close"), "closed", "after a closed (close) the event"),
        (Answer(status=200, mode="close_after_head"), "cut", "after a cut (close_after_head) the event"),
    ],
)
def test_what_the_target_met_is_told(answer: Answer, kind: str, words: str) -> None:
    """A status where one was sent whole, else what happened to the connection."""
    recording = Recording()
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), answer=answer)
    recording.elapse(200)
    recording.canary()
    broken(recording.judge(RETRIED, classes=[kind]), words)


def test_a_refused_event_is_shown_by_its_first_arrival_and_its_loss_by_the_last_canary() -> None:
    """The first attempt after the port opened is the evidence; without any, the emission and the first attempt of the last canary."""
    for arrives in (True, False):
        recording = Recording()
        recording.subscribe("e1")
        recording.note("refused", endpoint="e1")
        emission = recording.emit()
        recording.elapse(1000)
        arrivals = [recording.attempt("e1", emission, status) for status in (500, 200) if arrives]
        recording.canary()
        canary = recording.canary()
        recording.records.append(replace(canary, id="again", accepted_at=canary.accepted_at + 1))
        judgement = recording.judge(RETRIED, classes=["refused"])
        if arrives:
            assert kept(judgement).evidence == (arrivals[0].id,)
        else:
            assert broken(judgement, "connections were refused").evidence == (emission.id, canary.id)


def test_a_canary_that_came_too_early_and_again_later_is_no_witness_of_a_refused_event() -> None:
    """The canary's first attempt tells what had passed; and it must have been emitted after the event."""
    recording = Recording()
    recording.subscribe("e1")
    recording.note("refused", endpoint="e1")
    early = recording.canary()
    emission = recording.emit()
    canary = recording.canary()
    recording.elapse(1000)
    for sung in (early, canary):
        recording.records.append(replace(sung, id=f"again {sung.id}", accepted_at=recording.now + 1))
    unseen(recording.judge(RETRIED, classes=["refused"]), "not seen for refused")
    late = recording.canary()
    broken(recording.judge(RETRIED, classes=["refused"]), "connections were refused", emission, late)


def test_a_refused_event_that_was_lost_is_told_beside_what_was_not_seen() -> None:
    """A loss is broken although another listed class was not met."""
    recording = Recording()
    recording.subscribe("e1")
    recording.note("refused", endpoint="e1")
    recording.emit()
    recording.elapse(1000)
    recording.canary()
    broken(recording.judge(RETRIED, classes=["refused", "5xx"]), "connections were refused")


@pytest.mark.parametrize("rule", [ENDED, AGAIN])
def test_at_most_five_of_what_came_after_a_success_are_shown(rule: str) -> None:
    """The answered attempt and the first five after it; the next attempt at once is the first of them."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    sent = [recording.attempt("e1", emission) for _ in range(9)]
    assert broken(recording.judge(rule), "").evidence == tuple(attempt.id for attempt in sent[:6])


@pytest.mark.parametrize(("status", "ends"), [(199, False), (200, True), (299, True), (300, False)])
def test_every_2xx_and_nothing_else_ends_an_event(status: int, *, ends: bool) -> None:
    """What was answered so is not sent again at all."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    emission = recording.emit()
    first = recording.attempt("e1", emission, status)
    again = recording.attempt("e1", emission)
    recording.elapse(100)
    recording.canary()
    judgement = recording.judge(AGAIN)
    broken(judgement, f"was answered {status} and sent again", first, again) if ends else kept(judgement, again)


def test_a_held_answer_is_given_up_by_a_send_before_it_was_let_go() -> None:
    """A send in the moment in which we let go, or the held one itself, gives nothing up."""
    for shift, outcome in ((0, broken), (1, kept)):
        recording = Recording("retries", time="real")
        recording.subscribe("e1")
        emission = recording.emit()
        held = recording.attempt("e1", emission, mode="never", closed_at=None)
        recording.wait(400)
        recording.records[-1] = held = replace(held, at=recording.now)
        recording.attempt("e1", emission, accepted_at=recording.now - shift)
        judgement = recording.judge(RETRIED, classes=["timeout"])
        broken(judgement, "the target still waited") if outcome is broken else kept(judgement)


@pytest.mark.parametrize(
    ("mode", "within", "seconds"),
    [("respond", 100, 100), ("respond", 10, 30), ("never", 100, 130), ("never", None, 60), ("respond", None, 30)],
)
def test_a_retry_is_due_within_what_is_promised(mode: str, within: float | None, seconds: float) -> None:
    """The longer of the clause's seconds and the schedule's first wait, after a time-out that much later; a little slew besides."""
    for passed, seen in ((seconds - 1, False), (seconds + 1, True)):
        recording = Recording()
        recording.subscribe("e1")
        recording.attempt("e1", recording.emit(), 500, mode=mode)
        recording.elapse(passed)
        recording.canary()
        more: dict[str, Any] = {} if within is None else {"within": within}
        judgement = recording.judge(RETRIED, classes=["timeout" if mode == "never" else "5xx"], **more)
        broken(judgement, "never sent again") if seen else unseen(judgement)


@pytest.mark.parametrize(("listed", "counts"), [(["503"], True), (["500"], False), (["5xx"], True), (["respond"], False)])
def test_a_status_may_be_listed_by_itself(listed: list[str], *, counts: bool) -> None:
    """A class or one status of a whole answer counts; a broken connection has no status."""
    recording = Recording()
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), 503)
    recording.subscribe("e2")
    recording.attempt("e2", recording.emit(), 500, mode="reset")
    recording.elapse(100)
    recording.canary()
    judgement = recording.judge(RETRIED, classes=listed)
    broken(judgement, "after status 503") if counts else unseen(judgement, f"not seen for {listed[0]}")

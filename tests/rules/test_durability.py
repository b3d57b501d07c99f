"""What survives a restart, a kill and a power cut; loss only with a witness, and no counting from anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

COUNTED = "sends-are-counted-across-restarts"
WAITS = "restarts-shorten-no-wait"
FALLS = [
    ("restart", "accepted-events-survive-a-restart"),
    ("kill", "accepted-events-survive-a-kill"),
    ("power-cut", "accepted-events-survive-a-power-cut"),
]


@pytest.mark.parametrize(("action", "rule"), FALLS)
def test_an_accepted_event_survives(action: str, rule: str) -> None:
    """An event accepted before the fall that comes after it is kept; one lost is broken when a canary follows its due moment."""
    recording = Recording(action)
    recording.subscribe("e1")
    emission = recording.emit()
    fall = recording.note(action)
    unseen(recording.judge(rule))
    recording.canary()
    unseen(recording.judge(rule))
    recording.elapse(100)
    canary = recording.canary()
    broken(recording.judge(rule), f"accepted before the {action}", emission, canary)
    arrived = recording.attempt("e1", emission)
    kept(recording.judge(rule), emission, arrived)
    assert fall.at < arrived.at


@pytest.mark.parametrize(("action", "rule"), FALLS)
def test_what_was_delivered_used_up_or_not_yet_accepted_is_no_loss(action: str, rule: str) -> None:
    """Events answered before the fall, sent as often as promised, or accepted after it, need not come again."""
    recording = Recording(action)
    for endpoint, kind in (("done", "rose.bloomed"), ("spent", "call.made"), ("later", "rose.faded")):
        recording.subscribe(endpoint, kind)
    recording.attempt("done", recording.emit())
    spent = recording.emit("call.made")
    recording.attempt("spent", spent, 500)
    recording.elapse(60)
    recording.attempt("spent", spent, 500)
    recording.note(action)
    recording.emit("rose.faded")
    recording.elapse(10_000)
    recording.canary()
    unseen(recording.judge(rule))


@pytest.mark.parametrize(("action", "rule"), FALLS)
def test_a_success_that_nobody_read_is_no_delivery(action: str, rule: str) -> None:
    """An answer that the fall cut short does not count: the event must come again."""
    recording = Recording(action)
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, answer_done_at=None, answer_started_at=None)
    recording.note(action)
    recording.elapse(100)
    recording.canary()
    broken(recording.judge(rule), "never came after it", emission)


@pytest.mark.parametrize(("action", "rule"), FALLS)
def test_what_a_shut_port_refused_too_often_is_no_loss(action: str, rule: str) -> None:
    """An event is lost only if a send was left when its endpoint took connections again."""
    for shut, lost in ((10, True), (100, False)):
        recording = Recording(action, time="scaled", time_scale=100.0)
        recording.subscribe("e1")
        emission = recording.emit()
        recording.note(action)
        recording.elapse(shut)
        recording.note("reopened", endpoint="e1")
        recording.elapse(1_000)
        recording.canary()
        if lost:
            broken(recording.judge(rule), "never came after it", emission)
        else:
            unseen(recording.judge(rule))


@pytest.mark.parametrize(("action", "rule"), FALLS)
@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_endpoint_that_is_known_no_more_has_lost_its_events(action: str, rule: str, status: int) -> None:
    """If it was shown before the fall and is unknown after it, and others are served, what it was due is lost unless it came."""
    for shown, served, lost in ((200, True, True), (status, True, False), (200, False, False)):
        recording = Recording(action)
        recording.subscribe("e1")
        recording.exchange("getWebhook", shown, path="/hooks/id-e1")
        emission = recording.emit()
        recording.note(action)
        after = recording.exchange("getWebhook", status, path="/hooks/id-e1")
        if served:
            recording.canary("after")
        if lost:
            broken(recording.judge(rule), f"its endpoint is unknown ({status})", emission, after)
            recording.attempt("e1", emission)
            unseen(recording.judge(rule))
        else:
            unseen(recording.judge(rule))


@pytest.mark.parametrize(("wait", "sees"), [(0, False), (29, False), (30, True), (500, True)])
def test_a_restart_shortens_no_wait(wait: float, sees: bool) -> None:  # noqa: FBT001 -- a table
    """The wait across an orderly restart may be longer than promised, not shorter."""
    recording = Recording("restart")
    recording.subscribe("e1")
    emission = recording.emit()
    first = recording.attempt("e1", emission, 500)
    if wait:
        recording.elapse(wait / 2)
    recording.note("restart")
    recording.elapse(wait / 2)
    second = recording.attempt("e1", emission, 500)
    if sees:
        kept(recording.judge(WAITS), first, second)
    else:
        broken(recording.judge(WAITS), "promised 30 s", first, second)


def test_a_send_that_the_restart_cut_short_may_be_repeated_at_once() -> None:
    """Where the target could not read the answer to its end there was no failure to wait after."""
    recording = Recording("restart")
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, 500, answer_done_at=None)
    recording.note("restart")
    recording.elapse(1)
    recording.attempt("e1", emission, 500)
    unseen(recording.judge(WAITS))


def interrupted(before: int, waits: tuple[float, ...], action: str = "restart", *, repeat: bool = False) -> Recording:
    """Fail for ever; the target falls after so many sends, and may repeat the one that was under way."""
    recording = Recording(action)
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, 500)
    for number, wait in enumerate(waits, start=1):
        if number == before:
            recording.note(action)
            if repeat:
                recording.attempt("e1", emission, 500)
        recording.elapse(wait)
        recording.attempt("e1", emission, 500)
    return recording


@pytest.mark.parametrize("waits", [(30, 60), (30, 60, 120)], ids=str)
@pytest.mark.parametrize("action", ["restart", "kill"])
def test_a_count_that_goes_on_is_kept(action: str, waits: tuple[float, ...]) -> None:
    """A legal total across a fall is kept once a canary witnessed its end."""
    recording = interrupted(1, waits, action)
    unseen(recording.judge(COUNTED))
    recording.elapse(1000)
    canary = recording.canary()
    kept(recording.judge(COUNTED), canary)


def test_a_kill_may_repeat_one_send_and_a_restart_may_not() -> None:
    """One send more than the greatest total is covered by a kill only."""
    for action, sees in (("kill", True), ("restart", False)):
        recording = interrupted(2, (30, 60, 120), action, repeat=True)
        recording.elapse(1000)
        recording.canary()
        if sees:
            kept(recording.judge(COUNTED))
        else:
            broken(recording.judge(COUNTED), "was sent 5 times across 1 interruption")


def test_too_few_sends_need_a_witness() -> None:
    """An event given up at a fall is broken when a canary follows, and only then."""
    recording = interrupted(1, (30,))
    recording.canary()
    unseen(recording.judge(COUNTED))
    recording.elapse(1000)
    recording.canary()
    broken(recording.judge(COUNTED), "was sent 2 times")


def test_a_schedule_that_begins_anew_is_broken_although_the_total_fits() -> None:
    """After two sends and a fall the waits go on; a wait of the first kind shows that counting began anew."""
    recording = interrupted(2, (30, 60, 30), "kill")
    broken(recording.judge(COUNTED), "began anew", recording.records[-1])
    recording = interrupted(2, (30, 60, 120), "kill")
    recording.elapse(1000)
    recording.canary()
    kept(recording.judge(COUNTED))


def test_without_a_fall_between_sends_nothing_is_said() -> None:
    """An event whose sends all lie before or after the fall tells nothing of counting."""
    recording = Recording("restart")
    recording.subscribe("e1")
    recording.note("restart")
    emission = recording.emit()
    for _ in range(9):
        recording.attempt("e1", emission, 500)
        recording.elapse(500)
    recording.canary()
    unseen(recording.judge(COUNTED))


@pytest.mark.parametrize("status", [199, 200, 204, 299, 300])
def test_an_endpoint_was_shown_by_any_success(status: int) -> None:
    """Only a status from 200 to 299, read before the fall, shows that the target knew it."""
    recording = Recording("kill")
    recording.subscribe("e1")
    recording.exchange("getWebhook", status, path="/hooks/id-e1")
    recording.emit()
    recording.note("kill")
    recording.exchange("getWebhook", 404, path="/hooks/id-e1")
    recording.canary("after")
    judgement = recording.judge("accepted-events-survive-a-kill")
    broken(judgement, "its endpoint is unknown") if 200 <= status <= 299 else unseen(judgement)


def test_an_endpoint_that_was_unknown_before_the_fall_or_known_after_it_was_not_forgotten() -> None:
    """A reading counts as forgetting only where it comes after the fall, says so, and a later canary shows others served."""
    for before, after, forgotten in (((200, 404), (), False), ((404, 200), (404,), True), ((200,), (200, 500), False)):
        recording = Recording("kill")
        recording.subscribe("e1")
        emission = recording.emit()
        for status in before:
            recording.exchange("getWebhook", status, path="/hooks/id-e1")
        recording.note("kill")
        for status in after:
            recording.exchange("getWebhook", status, path="/hooks/id-e1")
        recording.canary("elsewhere")
        judgement = recording.judge("accepted-events-survive-a-kill")
        broken(judgement, "its endpoint is unknown (404)", emission) if forgotten else unseen(judgement)


def test_what_was_accepted_after_a_fall_and_served_before_a_reading_counts_for_nothing() -> None:
    """A forgotten endpoint lost what was accepted before the fall alone; a canary before the reading shows nobody served since."""
    recording = Recording("kill")
    recording.subscribe("e1")
    recording.exchange("getWebhook", 200, path="/hooks/id-e1")
    emission = recording.emit()
    recording.note("kill")
    later = recording.emit()
    recording.canary("elsewhere")
    recording.exchange("getWebhook", 404, path="/hooks/id-e1")
    unseen(recording.judge("accepted-events-survive-a-kill"))
    recording.canary("elsewhere")
    judgement = recording.judge("accepted-events-survive-a-kill")
    broken(judgement, "was accepted before the kill", emission)
    assert later.id not in judgement.evidence


def test_a_restart_after_the_last_promised_wait_shortens_nothing() -> None:
    """A wait that no policy promises is not judged, and hides none that comes after it."""
    recording = Recording("restart")
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, 500)
    for wait in (30, 60, 120):
        recording.elapse(wait)
        recording.attempt("e1", emission, 500)
    recording.note("restart")
    recording.elapse(1)
    recording.attempt("e1", emission, 500)
    unseen(recording.judge(WAITS))
    recording.subscribe("e2", "rose.faded")
    other = recording.emit("rose.faded")
    first = recording.attempt("e2", other, 500)
    recording.note("restart")
    recording.elapse(1)
    second = recording.attempt("e2", other, 500)
    broken(recording.judge(WAITS), "promised 30 s", first, second)


def test_a_legal_schedule_after_a_fall_goes_on_where_it_stood() -> None:
    """After two sends and a fall a wait between the second and the third promised one is legal, one shorter than both is not."""
    for wait, legal in ((61.0, True), (120.0, True), (59.0, False)):
        recording = interrupted(2, (30, 60, wait), "kill")
        recording.elapse(1_000)
        recording.canary()
        kept(recording.judge(COUNTED)) if legal else broken(recording.judge(COUNTED), "began anew")


def test_too_many_sends_are_shown_by_the_last() -> None:
    """The evidence of a wrong count is the last send, and the canary where there is one."""
    recording = interrupted(2, (30, 60, 120, 120), "restart")
    last = recording.records[-1]
    assert broken(recording.judge(COUNTED), "was sent 5 times").evidence == (last.id,)


def test_a_wait_that_was_not_measured_hides_no_shortened_one() -> None:
    """An event of an unknown type or beyond its schedule across a restart does not end the search."""
    recording = Recording("restart")
    recording.subscribe("e1", "call.made", "rose.bloomed")
    for kind, before in (("call.made", 4), ("rose.bloomed", 1)):
        emission = recording.emit(kind)
        for _ in range(before):
            recording.attempt("e1", emission, 500)
            recording.elapse(400) if before > 1 else None
        recording.note("restart")
        recording.elapse(1)
        culprit = recording.attempt("e1", emission, 500)
    broken(recording.judge(WAITS), "was sent again within 1.000 s, promised 30 s", culprit)


@pytest.mark.parametrize(("after", "anew"), [(30.0, True), (59.0, True), (60.0, False), (120.0, False)])
def test_a_schedule_that_begins_anew_after_a_restart_is_told_by_its_first_wait(after: float, *, anew: bool) -> None:
    """A fall may repeat the send before it, so that the wait before the one that is due is legal too, and no shorter one."""
    recording = Recording("restart")
    recording.subscribe("e1")
    emission = recording.emit()
    for _ in range(2):
        recording.attempt("e1", emission, 500)
        recording.elapse(30)
    recording.note("restart")
    recording.elapse(30)
    again = recording.attempt("e1", emission, 500)
    recording.elapse(after)
    last = recording.attempt("e1", emission, 500)
    recording.elapse(2000)
    recording.canary()
    judgement = recording.judge(COUNTED)
    broken(judgement, "began anew", again, last) if anew else kept(judgement, again, last)


@pytest.mark.parametrize(("wait", "anew"), [(10.0, True), (30.0, False)])
def test_a_schedule_that_begins_anew_is_told_among_many_sends_after_the_fall(wait: float, *, anew: bool) -> None:
    """The second wait after the fall is judged, however many sends came before and after it."""
    recording = Recording("restart")
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, 500)
    recording.note("restart")
    sent = []
    for pause in (30.0, wait, 120.0):
        recording.elapse(pause)
        sent.append(recording.attempt("e1", emission, 500))
    recording.elapse(2000)
    recording.canary()
    judgement = recording.judge(COUNTED)
    broken(judgement, "began anew", *sent[:2]) if anew else kept(judgement, *sent)


def test_a_single_legal_total_is_the_most() -> None:
    """Where one total is promised, one send more is too many."""
    slow = replace(CONTRACT.policy.retry["slow"], sends={"three sends": 3})
    contract = replace(CONTRACT, policy=replace(CONTRACT.policy, retry={**CONTRACT.policy.retry, "slow": slow}))
    for sends in (3, 4):
        recording = Recording("restart", contract=contract)
        recording.subscribe("e1")
        emission = recording.emit()
        for number in range(sends):
            last = recording.attempt("e1", emission, 500)
            if not number:
                recording.note("restart")
            recording.elapse(200)
        recording.elapse(2000)
        recording.canary()
        judgement = recording.judge(COUNTED)
        kept(judgement, last) if sends == 3 else broken(judgement, "was sent 4 times", last)

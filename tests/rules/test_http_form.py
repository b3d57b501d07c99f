"""The form of requests, and what a platform does with redirects, 410, Retry-After and very large answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from hookproof.model.transcript import Answer, Attempt
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import START, Recording

POSTS, FORM, MEDIA, FIELDS = "deliveries-are-posts", "requests-are-well-formed", "content-type-is-declared", "named-fields-are-sent"
FOLLOWED, FAILED, GONE = "redirects-are-not-followed", "redirects-count-as-failures", "gone-stops-deliveries"
BOUND, ODD, LARGE = "retry-after-is-a-lower-bound", "odd-retry-after-does-not-stop-retries", "large-answers-do-no-harm"


def one(**more: Any) -> Recording:
    """A recording of one delivery."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), **more)
    return recording


@pytest.mark.parametrize("name", [POSTS, FORM, MEDIA])
def test_an_honest_request_is_kept(name: str) -> None:
    """One plain signed POST keeps every promise of form."""
    recording = one()
    kept(recording.judge(name), recording.records[-1])


@pytest.mark.parametrize(
    ("name", "flaw", "reason"),
    [
        (POSTS, {"method": "PUT"}, "the method is 'PUT'"),
        (POSTS, {"method": "post"}, "the method is 'post'"),
        (FORM, {"malformed": "two lengths"}, "malformed: two lengths"),
        (FORM, {"headers": (("Webhook-Id", "a"), ("webhook-id", "a"))}, "'webhook-id' is sent twice"),
        (FORM, {"headers": (("Content-Type", "a"), ("content-type", "a"))}, "'content-type' is sent twice"),
        (FORM, {"body": b""}, "no content"),
        (MEDIA, {"headers": ()}, "Content-Type is None"),
        (MEDIA, {"headers": (("Content-Type", "text/plain"),)}, "'text/plain'"),
        (MEDIA, {"headers": (("Content-Type", "application/json-seq"),)}, "promised 'application/json'"),
    ],
)
def test_a_request_of_another_form_is_broken(name: str, flaw: dict[str, Any], reason: str) -> None:
    """Each departure from the form is broken for its own reason, and the attempt is the evidence."""
    recording = one(**flaw)
    broken(recording.judge(name), reason, recording.records[-1])


@pytest.mark.parametrize("value", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"])
def test_parameters_and_case_of_a_media_type_are_free(value: str) -> None:
    """Media types compare without case and without parameters (RFC 9110 section 8.3.1)."""
    kept(one(headers={"content-type": value}).judge(MEDIA))


def test_what_is_no_request_has_no_method() -> None:
    """Bytes without a method break the form, not the method."""
    recording = one(malformed="no request line", method="")
    unseen(recording.judge(POSTS))
    broken(recording.judge(FORM), "no request line")


def test_named_fields_carry_what_they_stand_for() -> None:
    """Fields are compared with the envelope, with a fixed text, or not at all; any that is missing or differs is broken."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    emission = recording.emit()
    honest = {"x-event-id": str(emission.event_id), "X-Event-Type": "rose.bloomed", "X-Delivery": "d", "User-Agent": "Garden/1"}
    fine = recording.attempt("e1", emission, headers=honest)
    kept(recording.judge(FIELDS), fine)
    for name, value in (("x-event-id", "other"), ("X-Event-Type", "rose.faded"), ("User-Agent", "curl"), ("X-Delivery", None)):
        flawed = {k: v for k, v in {**honest, name: value}.items() if v is not None}
        culprit = recording.attempt("e1", emission, headers=flawed)
        broken(recording.judge(FIELDS), f"{value!r}", culprit)
        recording.records.pop()


def test_a_named_field_has_one_value() -> None:
    """The same value twice is the form's business; two values are no promised one, in whatever order."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    emission = recording.emit()
    honest = [("X-Event-Id", str(emission.event_id)), ("X-Event-Type", "rose.bloomed"), ("X-Delivery", "d"), ("User-Agent", "Garden/1")]
    recording.attempt("e1", emission, headers=[*honest, honest[0]])
    kept(recording.judge(FIELDS))
    for other in ([*honest, ("x-event-id", "other")], [("x-event-id", "other"), *honest]):
        culprit = recording.attempt("e1", emission, headers=other)
        broken(recording.judge(FIELDS), "'other'", culprit)
        recording.records.pop()


# -- answers that are not plain --------------------------------------------------------------------------------------------------


def answered(answer: Answer, **capabilities: Any) -> Recording:
    """A recording in which an endpoint's first delivery got this answer."""
    recording = Recording("http", **capabilities)
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), answer=answer)
    return recording


def again(recording: Recording, status: int = 200) -> None:
    """Send the first event once more."""
    emission = next(r for r in recording.records if r.id.startswith("m"))
    recording.attempt("e1", emission, status)  # type: ignore[arg-type] # ids that begin with m are emissions


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("capabilities", [{"time": "virtual"}, {"time": "real"}], ids=str)
def test_a_redirect_is_a_failure_and_never_followed(status: int, capabilities: dict[str, Any]) -> None:
    """A redirect that leads to a retry and reaches no trap keeps both promises; what happened without witness is not observed."""
    recording = answered(Answer(status=status), **capabilities)
    recording.note("trap", endpoint="e1", trap="t1")
    unseen(recording.judge(FOLLOWED))
    unseen(recording.judge(FAILED))
    canary = recording.canary()
    kept(recording.judge(FOLLOWED), canary)
    recording.elapse(30)
    again(recording)
    kept(recording.judge(FAILED), recording.records[-1])


def test_a_canary_from_before_the_redirect_is_no_witness() -> None:
    """On a frozen clock a canary that arrived before the redirect does not witness what followed it."""
    recording = Recording("http")
    recording.subscribe("e1")
    recording.canary()
    recording.attempt("e1", recording.emit(), 302)
    unseen(recording.judge(FOLLOWED))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_followed_redirect_is_broken_by_any_method(method: str) -> None:
    """Anything that reaches the trap is broken, and it is the evidence."""
    recording = answered(Answer(status=302))
    recording.note("trap", endpoint="e1", trap="t1")
    emission = recording.emit("rose.faded")
    caught = recording.attempt("t1", emission, method=method, body=b"", headers={})
    broken(recording.judge(FOLLOWED), f"followed by {method}", caught)


def test_a_redirect_taken_for_success_is_broken() -> None:
    """A redirect after which nothing comes again by a canary is broken."""
    recording = answered(Answer(status=302))
    recording.elapse(100)
    canary = recording.canary()
    broken(recording.judge(FAILED), "after 302", canary)


def test_a_second_event_at_the_endpoint_hides_nothing() -> None:
    """Rules that tell repeats apart by endpoint still see the first event when another is emitted later."""
    recording = answered(Answer(status=302))
    recording.elapse(100)
    canary = recording.canary()
    recording.attempt("e1", recording.emit())
    broken(recording.judge(FAILED), "after 302", canary)


def test_gone_stops_the_event_and_later_ones() -> None:
    """After 410 a witnessed silence that covers the retry and a later event is kept; either one alone is not enough."""
    recording = answered(Answer(status=410))
    recording.elapse(100)
    recording.canary()
    unseen(recording.judge(GONE))
    later = recording.emit()
    unseen(recording.judge(GONE))
    canary = recording.canary()
    kept(recording.judge(GONE), later, canary)


@pytest.mark.parametrize("fresh", [True, False])
def test_a_request_after_gone_is_broken(*, fresh: bool) -> None:
    """A retry after 410 breaks the promise, and so does a later event."""
    recording = answered(Answer(status=410))
    recording.elapse(30)
    recording.attempt("e1", recording.emit()) if fresh else again(recording)
    broken(recording.judge(GONE), "1 more request", recording.records[-1])


@pytest.mark.parametrize("wait", [0.9, 1.1])
def test_what_was_on_its_way_when_gone_was_said_is_legal_for_a_second(wait: float) -> None:
    """Another event that had happened before the answer may still come right after it, and not later."""
    recording = Recording("http")
    recording.subscribe("e1")
    first, flying = recording.emit(), recording.emit()
    recording.attempt("e1", first, 410)
    recording.wait(wait)
    late = recording.attempt("e1", flying)
    recording.elapse(100)
    recording.emit()
    recording.canary()
    kept(recording.judge(GONE)) if wait < 1 else broken(recording.judge(GONE), "1 more request", late)


def asked(value: str, wait: float, status: int = 503, **capabilities: Any) -> Recording:
    """Answer with Retry-After and let the event come again after so many promised seconds."""
    recording = answered(Answer(status=status, headers=(("retry-after", value),)), **capabilities)
    recording.elapse(wait)
    again(recording)
    return recording


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("capabilities", [{"time": "virtual"}, {"time": "scaled", "time_scale": 10.0}], ids=lambda c: str(c["time"]))
def test_retry_after_is_a_lower_bound_and_nothing_more(status: int, capabilities: dict[str, Any]) -> None:
    """On time and later is kept, sooner is broken; declared jitter does not excuse, a coarse scheduler does."""
    kept(asked("3600", 3600, status, **capabilities).judge(BOUND))
    kept(asked("3600", 7200, status, **capabilities).judge(BOUND))
    recording = asked("3600", 3500, status, jitter_ratio=0.5, **capabilities)
    broken(recording.judge(BOUND), "asked for 3600 s", recording.records[-1])
    coarse = 101 if capabilities["time"] == "virtual" else 10.1
    kept(asked("3600", 3500, status, scheduler_resolution_seconds=coarse, **capabilities).judge(BOUND))


@pytest.mark.parametrize(("wait", "sees"), [(3600, kept), (3000, None)])
def test_retry_after_may_be_a_date(wait: float, sees: Any) -> None:
    """A date on the target's clock is a lower bound like seconds."""
    moment = datetime.fromtimestamp(START + 3600, UTC)
    recording = Recording("http")
    recording.note("retry-after-date", endpoint="e1", moment=moment.isoformat())
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, answer=Answer(status=503, headers=(("Retry-After", format_datetime(moment, usegmt=True)),)))
    recording.elapse(wait)
    recording.attempt("e1", emission)
    if sees:
        kept(recording.judge(BOUND))
    else:
        broken(recording.judge(BOUND), "asked for 3600 s")


@pytest.mark.parametrize("value", ["-5", "99999999999", "soon", "1e3", "9" * 400])
def test_an_unusable_retry_after_is_no_bound_and_does_not_stop_retries(value: str) -> None:
    """Negative, huge and meaningless values bind nobody; a 503 that never comes again within a day is broken."""
    honest = asked(value, 30)
    unseen(honest.judge(BOUND))
    kept(honest.judge(ODD))
    silent = answered(Answer(status=503, headers=(("Retry-After", value),)))
    unseen(silent.judge(ODD))
    silent.elapse(90_000)
    canary = silent.canary()
    broken(silent.judge(ODD), "within a day", canary)


def test_whoever_never_retries_client_errors_may_ignore_their_retry_after() -> None:
    """That no 4xx is retried is a legal reading, also with an odd Retry-After; a platform that retries some must retry all."""
    recording = answered(Answer(status=429, headers=(("Retry-After", "soon"),)))
    recording.elapse(90_000)
    recording.canary()
    unseen(recording.judge(ODD))
    recording.subscribe("e2")
    emission = recording.emit()
    recording.attempt("e2", emission, 429)
    recording.elapse(60)
    recording.attempt("e2", emission)
    broken(recording.judge(ODD), "within a day")


def test_large_answers_end_the_event() -> None:
    """A large 200 with a canary is kept with one stray redelivery, broken with two; a large 500 says nothing."""
    large = Answer(status=200, body=b"x" * 65_536, body_repeat=160)
    recording = answered(large)
    unseen(recording.judge(LARGE))
    recording.elapse(100)
    recording.canary()
    kept(recording.judge(LARGE))
    again(recording)
    kept(recording.judge(LARGE))
    again(recording)
    broken(recording.judge(LARGE), "sent again", recording.records[-1])
    failed = answered(Answer(status=500, body=b"x" * 65_536, body_repeat=160))
    failed.elapse(100)
    failed.canary()
    unseen(failed.judge(LARGE))


def test_an_event_that_never_comes_again_after_retry_after_is_lost() -> None:
    """A 503 with a usable Retry-After after which nothing comes is broken once a canary lived past the moment asked for."""
    silent = answered(Answer(status=503, headers=(("Retry-After", "3600"),)))
    silent.elapse(1800)
    silent.canary()
    unseen(silent.judge(BOUND))
    silent.elapse(7200)
    canary = silent.canary()
    broken(silent.judge(BOUND), "never came again", canary)


def test_a_delivery_goes_to_the_path_that_was_registered() -> None:
    """A suffix or query that the subscriber did not register breaks the promise of the request."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    attempt = recording.attempt("e1", recording.emit(), target="/token/e1?retry=1")
    broken(recording.judge("deliveries-are-posts"), "registered", attempt)


@pytest.mark.parametrize(
    ("target", "fine"), [("/token/e1?k=v", True), ("/token/e1", False), ("/token/e1?k=w", False), ("/e1?k=v&a=1", False)]
)
def test_a_registered_query_is_sent(target: str, *, fine: bool) -> None:
    """Where the address was registered with a query, the request carries it unchanged."""
    recording = Recording("credentials")
    recording.subscribe("e1")
    recording.note("token", endpoint="e1", token="v", query="?k=v")
    attempt = recording.attempt("e1", recording.emit(), target=target)
    judgement = recording.judge("deliveries-are-posts")
    kept(judgement, attempt) if fine else broken(judgement, "registered", attempt)


def test_a_signature_is_sent_once_whatever_its_name() -> None:
    """Two fields with one name that ends in -signature, -timestamp or -id make a delivery ambiguous; repeated lists do not."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, headers=[("Host", "h"), ("Via", "a"), ("Via", "b")])
    kept(recording.judge("requests-are-well-formed"))
    attempt = recording.attempt("e1", emission, headers=[("Host", "h"), ("X-Any-Signature", "a"), ("x-any-signature", "b")])
    broken(recording.judge("requests-are-well-formed"), "'x-any-signature' is sent twice", attempt)


def hastened(wait: float, usual: float | None = 30, status: int = 503) -> tuple[Recording, Attempt]:
    """Let an event come again so soon after an odd Retry-After, and at another endpoint as usual after 503 alone."""
    recording = Recording("http")
    for endpoint in ("e1", "e2"):
        recording.subscribe(endpoint)
    emission = recording.emit()
    advised = recording.attempt("e1", emission, answer=Answer(status=status, headers=(("Retry-After", "-5"),)))
    recording.attempt("e2", emission, 503)
    recording.elapse(wait)
    recording.attempt("e1", emission)
    if usual is not None:
        recording.elapse(usual - wait)
        recording.attempt("e2", emission)
    return recording, advised


def test_an_unusable_retry_after_does_not_hasten() -> None:
    """After 503 with an odd value a send sooner than the schedule, and than the platform's own without it, is broken."""
    recording, advised = hastened(10)
    broken(recording.judge(ODD), "within 10.", advised, recording.records[-3])
    kept(hastened(30)[0].judge(ODD))


def test_a_schedule_that_is_too_quick_anyway_is_not_blamed_on_the_advice() -> None:
    """Where the same status without advice is retried as soon, or was not tried, or where 4xx is concerned, nothing was hastened."""
    kept(hastened(10, usual=10)[0].judge(ODD))
    kept(hastened(10, usual=None)[0].judge(ODD))
    kept(hastened(10, status=429)[0].judge(ODD))


def test_a_redirect_to_no_trap_says_nothing_of_following() -> None:
    """Where nobody would be seen to follow, nobody is seen not to."""
    recording = answered(Answer(status=302))
    recording.canary()
    unseen(recording.judge(FOLLOWED))


def test_a_get_after_a_redirect_is_no_delivery() -> None:
    """Whoever follows a redirect by GET asks for something; that holds no content and no id is nobody's fault."""
    recording = answered(Answer(status=302))
    recording.attempt("e1", recording.emit(), method="GET", body=b"", headers={})
    kept(recording.judge("requests-are-well-formed"))
    recording.elapse(30)
    again(recording)
    kept(recording.judge("id-stays-the-same"), recording.records[-1])


@pytest.mark.parametrize("rule", [FAILED, ODD, BOUND])
def test_what_is_promised_once_is_not_expected_twice(rule: str) -> None:
    """Under a policy of a single send nobody is blamed for not sending again."""
    once = {"slow": replace(CONTRACT.policy.retry["slow"], delays=(), sends={"once": 1})}
    contract = replace(CONTRACT, policy=replace(CONTRACT.policy, retry={**CONTRACT.policy.retry, **once}))
    recording = Recording("http", contract=contract)
    for name, answer in (("e1", Answer(status=302)), ("e2", _asking("soon")), ("e3", _asking("60"))):
        recording.subscribe(name)
        recording.attempt(name, recording.emit(), answer=answer)
    recording.elapse(400_000)
    recording.canary()
    unseen(recording.judge(rule))


def _asking(value: str) -> Answer:
    return Answer(status=503, headers=(("Retry-After", value),))


def test_a_query_is_registered_by_its_own_note() -> None:
    """What other notes say of a query registers none."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    recording.note("token", endpoint="e1", token="v")
    recording.note("seen", endpoint="e1", query="?k=v")
    recording.attempt("e1", recording.emit())
    kept(recording.judge(POSTS))


def test_one_redelivery_of_a_large_answer_is_shown_with_two_more() -> None:
    """Three sends are the evidence, however many came."""
    recording = answered(Answer(status=200, body=b"x" * 65_536, body_repeat=160))
    for _ in range(4):
        again(recording)
    assert len(broken(recording.judge(LARGE), "sent again").evidence) == 3


@pytest.mark.parametrize("rule", [FAILED, GONE])
def test_what_needs_no_second_send_hides_nothing(rule: str) -> None:
    """Events of a policy of one send, or endpoints that answered otherwise, are passed over."""
    once = {"call": replace(CONTRACT.policy.retry["call"], delays=(), sends={"once": 1})}
    contract = replace(CONTRACT, policy=replace(CONTRACT.policy, retry={**CONTRACT.policy.retry, **once}))
    recording = Recording("http", contract=contract)
    status = 302 if rule == FAILED else 410
    for name, kind in (("e0", "call.made"), ("e1", "rose.bloomed")):
        recording.subscribe(name, kind)
        recording.attempt(name, recording.emit(kind), status)
    recording.elapse(100)
    late = recording.emit()
    if rule == GONE:
        recording.attempt("e1", late)
    recording.canary()
    broken(recording.judge(rule), "after 302" if rule == FAILED else "1 more request")


def test_gone_is_judged_once_the_first_retry_was_due() -> None:
    """The first wait of the event's own policy must have passed before silence is kept, and the canary's first attempt is shown."""
    for seconds, seen in ((29, False), (31, True)):
        recording = answered(Answer(status=410))
        recording.elapse(seconds)
        recording.emit()
        canary = recording.canary()
        recording.records.append(replace(canary, id="again", accepted_at=canary.accepted_at + 1))
        judgement = recording.judge(GONE)
        if not seen:
            unseen(judgement)
            continue
        kept(judgement, canary)
        assert "again" not in judgement.evidence


def test_a_request_that_came_before_the_answer_was_written_is_legal() -> None:
    """What arrived while 410 was still being answered could not know of it, and neither could the first request itself."""
    recording = Recording("http")
    recording.subscribe("e1")
    emission = recording.emit()
    first = recording.attempt("e1", emission, 410)
    recording.attempt("e1", emission, accepted_at=first.accepted_at + 1)
    recording.elapse(100)
    recording.emit()
    recording.canary()
    kept(recording.judge(GONE), first)


def test_a_field_of_any_value_has_one() -> None:
    """Where a field may hold anything, two different values are one too many."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    emission = recording.emit()
    fields = [("X-Event-Id", str(emission.event_id)), ("X-Event-Type", "rose.bloomed"), ("X-Delivery", "d"), ("User-Agent", "Garden/1")]
    culprit = recording.attempt("e1", emission, headers=[*fields, ("x-delivery", "e")])
    broken(recording.judge(FIELDS), "X-Delivery is 'd' and 'e'", culprit)

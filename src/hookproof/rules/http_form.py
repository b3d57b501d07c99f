"""The form of the HTTP requests that carry deliveries, and what a platform does with answers that are not plain.

Law: judged on the raw bytes as received; nothing was merged, decoded or followed on the way here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hookproof.model.transcript import Attempt
from hookproof.model.verdict import Judgement, Observations, not_observed
from hookproof.rules.retries import first_delay, promised_again
from hookproof.rules.routing import last_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import NANO, Wait, legal_policies, scheduled, settle_seconds, too_early, wait_between, witness
from hookproof.rules.view import Delivery, View, seconds_of

SINGLE = frozenset(
    {
        *("host", "content-type", "content-length", "content-location", "content-range", "date", "from", "max-forwards", "referer"),
        *("user-agent", "authorization", "proxy-authorization", "webhook-id", "webhook-timestamp", "webhook-signature", "traceparent"),
    }
)
"""Fields that a request carries at most once (RFC 9110 section 5.3, Standard Webhooks, Trace Context); all others may be lists."""


@rule("catalog", "retries", "credentials")
def deliveries_are_posts(view: View, _terms: Terms) -> Judgement:
    """Every delivery is a POST to the path that was registered, with its query."""
    seen = Observations(missing="nothing was delivered")
    queries = {str(note.facts.get("endpoint")): str(note.facts.get("query", "")) for note in view.notes if note.name == "token"}
    for attempt in view.attempts:
        if attempt.malformed and not attempt.method:
            continue
        registered = f"/{attempt.endpoint}{queries.get(attempt.endpoint, '')}"
        if attempt.method == "POST" and not attempt.target.endswith(registered):
            seen.broke(f"the request target ends in {attempt.target[-40:]!r}, not in what was registered", attempt.id, excerpt=attempt.head)
        elif attempt.method == "POST":
            seen.saw(attempt.id)
        else:
            seen.broke(f"the method is {attempt.method!r}", attempt.id, excerpt=attempt.head)
    return seen.conclude()


def _sent_twice(view: View, attempt: Attempt) -> list[str]:
    """Give the fields that a delivery may carry once and carries twice: the single ones, signatures, timestamps and ids."""
    if len(view.fields(attempt)) == len(attempt.headers):
        return []
    names = [name.lower() for name, _ in attempt.headers]
    return [name for name in dict.fromkeys(names) if names.count(name) > 1 and (name in SINGLE or name.endswith(_SINGLE_ENDINGS))]


@rule("catalog", "retries", "values", "truncation", "signatures", "http", "hostile", "credentials")
def requests_are_well_formed(view: View, _terms: Terms) -> Judgement:
    """Every request is one well-formed HTTP/1.1 message with one unambiguous length and no field that may occur once twice."""
    seen = Observations(missing="nothing was delivered")
    for attempt in view.attempts:
        twice = _sent_twice(view, attempt)
        if attempt.malformed:
            seen.broke(f"the request is malformed: {attempt.malformed}", attempt.id, excerpt=attempt.head)
        elif twice:
            seen.broke(f"the field {min(twice)!r} is sent twice", attempt.id, excerpt=attempt.head)
        elif not attempt.body and attempt.method != "GET":  # which holds none, as whoever follows a redirect sends it
            seen.broke("the request has no content", attempt.id, excerpt=attempt.head)
        else:
            seen.saw(attempt.id)
    return seen.conclude()


@rule("catalog", "retries", parameters=("media_type",))
def content_type_is_declared(view: View, terms: Terms) -> Judgement:
    """Every delivery declares the promised media type, with any parameters."""
    wanted = terms.parameters["media_type"]
    seen = Observations(missing="nothing was delivered")
    for attempt in view.attempts:
        value = view.fields(attempt).get("content-type")
        if value is not None and value.partition(";")[0].strip().lower() == wanted:
            seen.saw(attempt.id)
        else:
            seen.broke(f"Content-Type is {value!r}, promised {wanted!r}", attempt.id, excerpt=attempt.head)
    return seen.conclude()


@rule("catalog", parameters=("fields",))
def named_fields_are_sent(view: View, terms: Terms) -> Judgement:
    """Every delivery carries the promised header fields; ``id`` and ``type`` in their values stand for the envelope's."""
    seen = Observations(missing="nothing was delivered")
    for attempt in view.attempts:
        body = view.body(attempt)
        meanings = {"{id}": body.event_id, "{type}": body.type}
        for name, wanted in terms.parameters["fields"].items():
            values = {v for n, v in attempt.headers if n.lower() == name.lower()}
            expected = meanings.get(wanted, wanted)
            if len(values) != 1 or (expected not in ("*", None) and values != {expected}):
                shown = " and ".join(map(repr, sorted(values))) or None
                seen.broke(f"{name} is {shown}, promised {expected!r}", attempt.id, excerpt=attempt.head)
                break
        else:
            seen.saw(attempt.id)
    return seen.conclude()


TOO_MANY, UNAVAILABLE = 429, 503


def _answered(view: View, *statuses: int) -> list[Delivery]:
    return [d for d in view.sole if d.attempts and d.attempts[0].answer.completes and d.attempts[0].answer.status in statuses]


_SINGLE_ENDINGS = ("-signature", "-timestamp", "-id")

DAY = 86_400
"""Seconds; a longer Retry-After may be clamped, so it is no lower bound but one of the odd ones."""

REDIRECTS = (301, 302, 303, 307, 308)


@rule("http", needs=("emit",))
def redirects_are_not_followed(view: View, terms: Terms) -> Judgement:
    """A redirect is never followed: nothing, by any method, reaches the place that it names."""
    seen = Observations(missing="no delivery was answered with a redirect with a canary afterwards")
    traps = {str(note.facts.get("endpoint")): str(note.facts.get("trap")) for note in view.notes if note.name == "trap"}
    for delivery in _answered(view, *REDIRECTS):
        if delivery.endpoint not in traps:  # it led to no place where a follower would be seen
            continue
        first = delivery.attempts[0]
        caught = view.by_endpoint.get(traps[delivery.endpoint], ())
        if caught:
            seen.broke(
                f"{first.answer.status} was followed by {caught[0].method} to its Location",
                first.id,
                caught[0].id,
                excerpt=caught[0].head,
            )
        elif canary := witness(view, terms, first, 0.0):
            seen.saw(first.id, canary)
    return seen.conclude()


@rule("http", needs=("retry",))
def redirects_count_as_failures(view: View, terms: Terms) -> Judgement:
    """A redirect, wherever it leads, is a failed delivery: the event is sent again."""
    seen = Observations(missing="no delivery was answered with a redirect with a canary after the retry was due")
    undecided = 0
    for delivery in _answered(view, *range(300, 400)):
        if not promised_again(terms, delivery):
            continue
        first = delivery.attempts[0]
        if len(scheduled(view, terms, delivery.attempts)) > 1:
            seen.saw(*delivery.ids[:2])
        elif canary := witness(view, terms, first, settle_seconds(terms.capabilities, first_delay(terms, delivery))):
            seen.broke(f"after {first.answer.status} event {delivery.event_id!r} was not sent again", first.id, canary)
        else:
            undecided += 1
    if undecided and not seen.findings:
        return not_observed(f"after {undecided} redirects nothing had come again, and no canary came after the retry was due")
    return seen.conclude(grade=terms.capabilities.grade)


@rule("http", needs=("retry",))
def gone_stops_deliveries(view: View, terms: Terms) -> Judgement:
    """After 410 the event is not sent again and later events do not reach that endpoint."""
    seen = Observations(missing="no endpoint answered 410 and was due a later event, with canaries after the retry and after that event")
    for endpoint, attempts in view.by_endpoint.items():
        first = attempts[0]
        if not (first.answer.completes and first.answer.status == 410):  # noqa: PLR2004 -- Gone
            continue
        delay = max((p.delays[0] for p in terms.contract.policy.policies_for(view.body(first).type or "") if p.delays), default=0.0)
        done = first.answer_done_at or first.accepted_at
        later = [a for a in attempts[1:] if a.accepted_at > done and not _under_way(view, first, a, done)]
        asked = [e for e in view.due.get(endpoint, ()) if e.started_at > done]
        canary = witness(view, terms, first, settle_seconds(terms.capabilities, delay))
        last = last_canary(view, view.scope_of(endpoint))
        if later:
            seen.broke(f"endpoint {endpoint} answered 410 and got {len(later)} more request(s)", first.id, later[0].id)
        elif canary and asked and last is not None and last.emission is not None and last.emission.started_at >= asked[-1].done_at:
            seen.saw(first.id, asked[-1].id, last.ids[0])
    return seen.conclude(grade=terms.capabilities.grade)


def _under_way(view: View, gone: Attempt, attempt: Attempt, done: int) -> bool:
    """Whether a request tells of another event that happened before the answer, and came within a second of it."""
    told, emission = view.body(attempt).event_id, view.meant(attempt)
    another = told != view.body(gone).event_id and (emission is None or (emission is not view.meant(gone) and emission.started_at < done))
    return another and attempt.accepted_at - done < NANO


def _advice(attempt: Attempt) -> str | None:
    return next((value for name, value in attempt.answer.headers if name.lower() == "retry-after"), None)


def _asked_seconds(attempt: Attempt, view: View) -> float | None:
    """Give the seconds that an answer's Retry-After asked for; None if there is none or it is no usable value."""
    value = _advice(attempt)
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value) if len(value) < 6 and int(value) <= DAY else None  # noqa: PLR2004 -- five digits hold a day
    note = next((n for n in view.notes if n.name == "retry-after-date" and n.facts.get("endpoint") == attempt.endpoint), None)
    moment = seconds_of(str(note.facts.get("moment"))) if note else None
    window = view.virtual_window(attempt)
    now = window[1] if window else attempt.accepted_wall / NANO
    return None if moment is None else moment - now


@rule("http", needs=("retry", "time"))
def retry_after_is_a_lower_bound(view: View, terms: Terms) -> Judgement:
    """After 429 or 503 with Retry-After the event comes again, not before the moment asked for."""
    seen = Observations(missing="no delivery was answered with Retry-After and sent again")
    for delivery in _answered(view, 429, 503):
        sends = scheduled(view, terms, delivery.attempts)
        asked = _asked_seconds(sends[0], view)
        if asked is None:
            continue
        if len(sends) < 2:  # noqa: PLR2004 -- a wait needs two
            longest = settle_seconds(terms.capabilities, max(asked, first_delay(terms, delivery)))
            expected = sends[0].answer.status == UNAVAILABLE and promised_again(terms, delivery)
            if expected and (canary := witness(view, terms, sends[0], longest)):
                seen.broke(f"after 503 with Retry-After event {delivery.event_id!r} never came again", sends[0].id, canary)
            continue
        wait = wait_between(view, terms, sends[0], sends[1])
        if wait is not None and too_early(wait, asked, replace(terms.capabilities, jitter_ratio=0.0)):
            seen.broke(f"Retry-After asked for {asked:.0f} s, the next send came within {wait.most:.1f} s", sends[0].id, sends[1].id)
        elif wait is not None:
            seen.saw(sends[0].id, sends[1].id)
    return seen.conclude(grade=terms.capabilities.grade)


@rule("http", needs=("retry", "time"))
def odd_retry_after_does_not_stop_retries(view: View, terms: Terms) -> Judgement:
    """A Retry-After that is negative, huge or no time at all neither stops nor hastens the retries."""
    seen = Observations(missing="no delivery was answered with an odd Retry-After with a canary after the retry was due")
    again = [d for d in _answered(view, TOO_MANY) if len(scheduled(view, terms, d.attempts)) > 1]
    retried = {UNAVAILABLE, TOO_MANY} if again else {UNAVAILABLE}  # whether any 4xx is retried is open
    undecided = 0
    for delivery in (d for d in _answered(view, 429, 503) if promised_again(terms, d)):
        first = delivery.attempts[0]
        if _advice(first) is None or _asked_seconds(first, view) is not None or first.answer.status not in retried:
            continue
        sends, value = scheduled(view, terms, delivery.attempts), _advice(first)
        if len(sends) > 1 and (hurried := _hurried(view, terms, delivery, sends)):
            seen.broke(f"after Retry-After: {value} event {delivery.event_id!r} was sent again {hurried}", sends[0].id, sends[1].id)
        elif len(sends) > 1:
            seen.saw(*delivery.ids[:2])
        elif canary := witness(view, terms, first, 86_400.0):
            seen.broke(f"after Retry-After: {value} event {delivery.event_id!r} was not sent again within a day", first.id, canary)
        else:
            undecided += 1
    if undecided and not seen.findings:
        return not_observed(f"after {undecided} odd values nothing had come again, and no canary came a day later")
    return seen.conclude(grade=terms.capabilities.grade)


def _hurried(view: View, terms: Terms, delivery: Delivery, sends: Sequence[Attempt]) -> str:
    """Say how much sooner the next send came than any legal schedule and than this platform's own after the same status without advice.

    Whether a 4xx rides the schedule is open.
    """
    told, wait = terms.capabilities, wait_between(view, terms, sends[0], sends[1])
    legal = [policy.delays[0] for policy in legal_policies(terms, delivery) if policy.delays]
    plain = _unadvised_waits(view, terms, delivery)
    if wait is None or not legal or not plain or sends[0].answer.status != UNAVAILABLE:
        return ""
    usual = min(each.least if told.time == "virtual" else each.most for each in plain) * (1 - 2 * told.jitter_ratio)
    if not too_early(wait, min(legal), told) or wait.most >= usual - told.scheduler_resolution_seconds - told.poll_interval_seconds:
        return ""
    return f"within {wait.most:.3f} s, promised {min(legal):g} s"


def _unadvised_waits(view: View, terms: Terms, delivery: Delivery) -> list[Wait]:
    """Give the first waits of the same event after the same status without Retry-After."""
    found = [scheduled(view, terms, d.attempts) for d in _answered(view, UNAVAILABLE) if d.emission is delivery.emission]
    pairs = [(sends[0], sends[1]) for sends in found if len(sends) > 1 and _advice(sends[0]) is None]
    return [wait for first, second in pairs if (wait := wait_between(view, terms, first, second)) is not None]


@rule("http", needs=("emit",))
def large_answers_do_no_harm(view: View, terms: Terms) -> Judgement:
    """A 2xx answer with a very large body counts as success, and later events still arrive."""
    seen = Observations(missing="no delivery was answered with a large body with a canary afterwards")
    for delivery in view.sole:
        first = delivery.attempts[0] if delivery.attempts else None
        if first is None or not first.answer.succeeds or len(first.answer.body) * first.answer.body_repeat < 1 << 20:
            continue
        canary = witness(view, terms, first, settle_seconds(terms.capabilities, first_delay(terms, delivery)))
        if len(scheduled(view, terms, delivery.attempts)) > 2:  # noqa: PLR2004 -- one stray redelivery is legal
            seen.broke(f"event {delivery.event_id!r} was answered 200 with a large body and sent again", *delivery.ids[:3])
        elif canary:
            seen.saw(first.id, canary)
    return seen.conclude(grade=terms.capabilities.grade)

"""Which answers make a platform send again, and which make it stop.

Law: "not retried" is only said when a canary shows that the target lived past the moment at which the retry was due.
"""

from __future__ import annotations

from collections.abc import Sequence

from hookproof.model.transcript import Answer, Attempt
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.parameters import status_words
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import (
    NANO,
    answer_class,
    answer_limit,
    endless_after,
    first_reached,
    legal_policies,
    passed,
    scheduled,
    settle_seconds,
    witness,
)
from hookproof.rules.view import Delivery, View


def first_delay(terms: Terms, delivery: Delivery) -> float:
    """Give the longest legal first wait, in seconds, of a delivery's event."""
    policies = legal_policies(terms, delivery)
    return max((policy.delays[0] for policy in policies if policy.delays), default=0.0)


@rule("retries", needs=("retry",), parameters=("classes",), optional=("within",))
def failures_are_retried(view: View, terms: Terms) -> Judgement:
    """After an answer of each listed class or status the same event is sent again.

    ``within``: seconds in which it must be, where the provider names no schedule.
    """
    seen = Observations(missing="no first attempt met such an answer with a canary after the retry was due")
    wanted = set(terms.parameters["classes"])
    met: set[str] = set()
    undecided: set[str] = set()
    refused = {str(note.facts.get("endpoint")) for note in view.notes if note.name == "refused"}
    for delivery in view.sole:
        if not promised_again(terms, delivery):
            continue
        if delivery.endpoint in refused:
            if "refused" in wanted:
                met |= (found := _judge_refused(view, terms, delivery, seen))
                undecided |= {"refused"} - found
        elif delivery.attempts and (kind := _met(delivery.attempts[0].answer, wanted)) is not None:
            met |= (found := _judge_retried(view, terms, delivery, kind, seen))
            undecided |= {kind} - found
    if not seen.findings and (lost := wanted - met | undecided):
        return Observations(missing=f"not seen for {', '.join(sorted(lost))}: no canary after the retry was due").conclude()
    return seen.conclude(grade=terms.capabilities.grade)


def _met(answer: Answer, wanted: set[str]) -> str | None:
    """Give the class or the status among those that are wanted which an answer has."""
    plain = str(answer.status) if answer.mode == "respond" else ""
    return next((word for word in (answer_class(answer), plain) if word in wanted), None)


def promised_again(terms: Terms, delivery: Delivery) -> bool:
    """Whether every legal policy promises a second send."""
    policies = legal_policies(terms, delivery)
    return bool(policies) and all(min(policy.sends.values(), default=2) > 1 for policy in policies)


def _judge_retried(view: View, terms: Terms, delivery: Delivery, kind: str, seen: Observations) -> set[str]:
    first, sends = delivery.attempts[0], scheduled(view, terms, delivery.attempts)
    if kind == "timeout" and not gave_up(first, sends):
        return _judge_endless(terms, delivery, first, seen)
    if len(sends) > 1:
        seen.saw(first.id, sends[1].id)
        return {kind}
    if any(attempt.answer.succeeds for attempt in delivery.attempts[1:]):  # a repeat at once was taken: there was nothing left to retry
        return set()
    canary = witness(view, terms, first, settle_seconds(terms.capabilities, _wait_budget(terms, delivery, kind)))
    if canary is None:
        return set()
    what = f"status {first.answer.status}" if first.answer.mode == "respond" else f"a {kind} ({first.answer.mode})"
    seen.broke(
        f"after {what} the event {delivery.event_id!r} was never sent again, though canary {canary} arrived after the retry was due",
        first.id,
        canary,
        excerpt=first.body,
    )
    return {kind}


def gave_up(held: Attempt, sends: Sequence[Attempt]) -> bool:
    """Whether the target itself ended a wait for an answer: it closed the connection, or sent again before we let go."""
    return held.closed_at is not None or any(held.accepted_at < send.accepted_at < held.at for send in sends)


def _judge_endless(terms: Terms, delivery: Delivery, held: Attempt, seen: Observations) -> set[str]:
    """A wait that we had to end was one without end, if it lasted longer than any time-out."""
    lasted = (held.at - held.accepted_at) / NANO
    if lasted < endless_after(terms.contract, terms.capabilities):
        return set()
    limit, what = answer_limit(terms.contract, terms.capabilities), f"its answer ({held.answer.mode}) to event {delivery.event_id!r}"
    seen.broke(f"after {lasted:.1f} s the target still waited for {what}, {limit:g} s are its limit", held.id)
    return {"timeout"}


def _wait_budget(terms: Terms, delivery: Delivery, kind: str) -> float:
    least = float(terms.parameters.get("within", 0.0))
    return max(least, first_delay(terms, delivery)) + (terms.contract.policy.timeout_seconds if kind == "timeout" else 0.0)


def _judge_refused(view: View, terms: Terms, delivery: Delivery, seen: Observations) -> set[str]:
    if delivery.attempts:
        seen.saw(delivery.attempts[0].id)
        return {"refused"}
    emission, scope = delivery.emission, view.scope_of(delivery.endpoint)
    if emission is None:
        return set()
    least = first_reached(view, terms, emission, delivery.endpoint)
    canaries = [
        d
        for d in view.canaries.get(scope, ())
        if d.emission is not None
        and least is not None
        and d.emission.started_at > emission.done_at
        and passed(view, terms, scope, emission.done_at, d.attempts[0]) >= least
    ]
    if not canaries:
        return set()
    seen.broke(
        f"while connections were refused the event {delivery.event_id!r} was due; it was never sent again after the port opened",
        emission.id,
        canaries[-1].attempts[0].id,
    )
    return {"refused"}


@rule("retries", needs=("retry",), parameters=("statuses",))
def success_ends_the_schedule(view: View, terms: Terms) -> Judgement:
    """After each listed 2xx status the retry schedule ends; one stray redelivery is covered by at-least-once."""
    seen = Observations(missing="no such answer was followed by a canary after the next retry would have been due")
    wanted = {str(status) for status in terms.parameters["statuses"]}
    met: set[str] = set()
    for delivery in view.deliveries:
        position = _first_success(delivery, wanted)
        if position is None:
            continue
        success, later = delivery.attempts[position], _after(delivery, position)
        if len(later) > 1:
            seen.broke(
                f"{success.id} of event {delivery.event_id!r} was answered {success.answer.status}, yet {len(later)} more attempts came",
                success.id,
                *(attempt.id for attempt in later[:5]),
                excerpt=success.body,
            )
        elif canary := witness(view, terms, success, settle_seconds(terms.capabilities, first_delay(terms, delivery))):
            seen.saw(success.id, canary)
            seen.read_as("one redelivery of an answered event" if later else "")
            met |= wanted & status_words(success.answer.status)
    if not seen.findings and (lost := wanted - met):
        return Observations(missing=f"no canary after the next retry was due, for {', '.join(sorted(lost))}").conclude()
    if not seen.findings and _never_sends_again(view, terms):
        return Observations(missing="it never sends anything again, so that stopping means nothing").conclude()
    return seen.conclude(grade=terms.capabilities.grade)


def _never_sends_again(view: View, terms: Terms) -> bool:
    """Whether first attempts met a 5xx and none of them had a second."""
    failed = [d for d in view.sole if d.attempts and answer_class(d.attempts[0].answer) == "5xx"]
    return bool(failed) and not any(len(scheduled(view, terms, delivery.attempts)) > 1 for delivery in failed)


def _first_success(delivery: Delivery, statuses: set[str]) -> int | None:
    for position, attempt in enumerate(delivery.attempts):
        if attempt.answer.succeeds and attempt.answer_done_at is not None and attempt.closed_at is None:
            return position if statuses & status_words(attempt.answer.status) else None
    return None


def _after(delivery: Delivery, position: int) -> list[Attempt]:
    done = delivery.attempts[position].answer_done_at or 0
    return [attempt for attempt in delivery.attempts[position + 1 :] if attempt.accepted_at > done]


def _may_be_given_up(terms: Terms, success: Attempt) -> bool:
    """Whether our answer took so long that the target, which began to wait before we began to read, may not have awaited it."""
    done = success.answer_done_at or success.accepted_at
    return done - success.accepted_at >= answer_limit(terms.contract, terms.capabilities) / 2 * NANO


@rule("retries", "catalog", needs=("emit",))
def answered_events_are_not_sent_again(view: View, terms: Terms) -> Judgement:
    """An event that was answered 2xx is not sent again at all."""
    seen = Observations(missing="no delivery was answered 2xx with a canary after the next retry would have been due")
    for delivery in view.deliveries:
        position = _first_success(delivery, {"2xx"})
        if position is None:
            continue
        success, later = delivery.attempts[position], _after(delivery, position)
        if _may_be_given_up(terms, success):
            continue
        if later:
            seen.broke(
                f"event {delivery.event_id!r} was answered {success.answer.status} and sent again {len(later)} time(s)",
                success.id,
                *(attempt.id for attempt in later[:5]),
            )
        elif canary := witness(view, terms, success, settle_seconds(terms.capabilities, first_delay(terms, delivery))):
            seen.saw(success.id, canary)
    if not seen.findings and _never_sends_again(view, terms):
        return Observations(missing="it never sends anything again, so that stopping means nothing").conclude()
    return seen.conclude()


@rule("retries", needs=("retry",), parameters=("classes",))
def observed_retry_of_unstated_answers(view: View, terms: Terms) -> Judgement:
    """Answers for which no promise is made: report whether they are retried; nothing can be broken."""
    seen = Observations(missing="no first attempt met such an answer and was sent again or had a canary after the retry was due")
    for delivery in view.sole:
        if not delivery.attempts:
            continue
        first = delivery.attempts[0]
        if _met(first.answer, {*terms.parameters["classes"]}) is not None:
            retried = len(scheduled(view, terms, delivery.attempts)) > 1
            canary = witness(view, terms, first, settle_seconds(terms.capabilities, first_delay(terms, delivery)))
            if not retried and canary is None:
                continue
            seen.saw(*delivery.ids, *([] if retried or canary is None else [canary]))
            again = "retried" if retried else "not retried"
            label = str(first.answer.status) if first.answer.mode == "respond" else answer_class(first.answer)
            seen.read_as(f"{label} {again}")
    return seen.conclude(grade=terms.capabilities.grade)

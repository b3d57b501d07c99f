"""Why flaws of reading answers are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hookproof.model.contract import Contract
from hookproof.model.transcript import Attempt, Emission, Record
from hookproof.model.verdict import Level
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown

SECOND = 10**9


def of_event(view: View, attempt: Attempt) -> list[Attempt]:
    """Give every attempt at the same endpoint that carries the same body, in order of arrival, up to the end of its situation."""
    end = next((note.at for note in view.notes if note.name == "end" and note.situation == attempt.situation), attempt.at)
    return [each for each in view.by_endpoint[attempt.endpoint] if each.body == attempt.body and each.accepted_at <= end]


def sent_again_after(right: Callable[[Attempt], bool]) -> Shown:
    """Whether a record is an attempt that was answered so, and the same body came to the same endpoint after it."""

    def shown(view: View, record: Record) -> bool:
        return isinstance(record, Attempt) and right(record) and record is not of_event(view, record)[-1]

    return shown


def sent_once_after(right: Callable[[Attempt], bool]) -> Shown:
    """Whether a record is an attempt that was answered so, and nothing of its event came after it."""

    def shown(view: View, record: Record) -> bool:
        return isinstance(record, Attempt) and right(record) and of_event(view, record) == [record]

    return shown


def either(*ways: Shown) -> Shown:
    """Whether a record shows the flaw in one of several ways."""
    return lambda view, record: any(way(view, record) for way in ways)


def answered(*statuses: int) -> Callable[[Attempt], bool]:
    """Whether an attempt got a whole answer with one of these statuses."""
    return lambda attempt: attempt.answer.mode == "respond" and attempt.answer.status in statuses


def met(*modes: str) -> Callable[[Attempt], bool]:
    """Whether an attempt met one of these ways of not answering."""
    return lambda attempt: attempt.answer.mode in modes


def _never_came(view: View, record: Record) -> bool:
    """Whether a record is an emission of which nothing arrived at the endpoint that refused connections."""
    refused = {note.facts["endpoint"] for note in view.notes if note.name == "refused"}
    return isinstance(record, Emission) and not any(view.by_endpoint.get(name) for name in refused)


def _held_long(view: View, record: Record) -> bool:
    """Whether a record is a trickling answer that was still awaited long after a silent one at the same time was not."""
    if not (isinstance(record, Attempt) and record.answer.mode == "drip" and record.closed_at is None):
        return False
    silent = [a for a in view.attempts if a.answer.mode == "never" and a.closed_at is not None and a.situation == record.situation]
    return bool(silent) and all(record.at - record.accepted_at > 2 * ((a.closed_at or 0) - a.accepted_at) for a in silent)


def _clocked(least: float, most: float) -> Shown:
    """Whether a record is unanswered, and its event came again between so many seconds later on the target's clock."""

    def shown(view: View, record: Record) -> bool:
        if not (isinstance(record, Attempt) and record.answer.mode == "never"):
            return False
        first, second, *_ = of_event(view, record)
        begun, ended = view.virtual_window(first), view.virtual_window(second)
        return begun is not None and ended is not None and least < ended[0] - begun[1] and ended[1] - begun[0] < most

    return shown


def _held_short(view: View, record: Record) -> bool:
    """Whether a record is unanswered and its connection was closed before the time that the target told."""
    told = float(view.transcript.header.capabilities["answer_timeout_seconds"])
    return isinstance(record, Attempt) and record.closed_at is not None and record.closed_at - record.accepted_at < 0.9 * told * SECOND


def _retrying_client_errors(contract: Contract) -> Contract:
    """Promise what Orbit leaves open: that 4xx is retried."""
    return replace(
        contract,
        clauses=tuple(
            replace(clause, level=Level.MUST, rule="failures-are-retried") if clause.id.endswith("/retries/client-errors") else clause
            for clause in contract.clauses
        ),
    )


def _retried(clause: str, words: str, right: Callable[[Attempt], bool]) -> Reason:
    return Reason(clause=clause, words=words, shown=sent_again_after(right))


def _given_up(clause: str, words: str, right: Callable[[Attempt], bool]) -> Reason:
    return Reason(clause=clause, words=words, shown=sent_once_after(right))


ANY_2XX, NOT_AGAIN = "retries/any-2xx-is-success", "more attempts came"

CASES = {
    "success-does-not-end-the-schedule": Case(
        reasons=(
            _retried("retries/stop-after-success", NOT_AGAIN, answered(200)),
            _retried(ANY_2XX, NOT_AGAIN, answered(201, 202, 204, 299)),
            _retried("idempotency/no-redelivery", "sent again", answered(200, 201, 202, 204, 299)),
        )
    ),
    "only-200-is-success": Case(reasons=(_retried(ANY_2XX, NOT_AGAIN, answered(201, 202, 204, 299)),)),
    "only-listed-2xx-are-success": Case(reasons=(_retried(ANY_2XX, "answered 299", answered(299)),)),
    "an-empty-answer-is-no-success": Case(reasons=(_retried(ANY_2XX, "answered 204", answered(204)),)),
    "time-outs-are-final": Case(reasons=(_given_up("retries/timeouts", "after a timeout", met("never", "drip")),)),
    "refused-connections-are-final": Case(
        reasons=(Reason(clause="retries/connection-failures", words="connections were refused", shown=_never_came),)
    ),
    "resets-are-final": Case(reasons=(_given_up("retries/connection-failures", "after a reset", met("reset", "reset_after_head")),)),
    "closed-connections-are-final": Case(
        reasons=(_given_up("retries/connection-failures", "after a closed", met("close", "close_in_head")),)
    ),
    "server-errors-are-final": Case(reasons=(_given_up("retries/server-errors", "after status 500", answered(*range(500, 600))),)),
    "501-is-final": Case(reasons=(_given_up("retries/server-errors", "after status 501", answered(501)),)),
    "507-is-final": Case(reasons=(_given_up("retries/server-errors", "after status 507", answered(*range(505, 600))),)),
    "client-errors-end-the-delivery": Case(
        reasons=(_given_up("retries/client-errors", "after status 404", answered(400, 404, 409, 422)),),
        judged_by=_retrying_client_errors,
    ),
    "trickling-answers-are-awaited-for-ever": Case(reasons=(Reason(clause="retries/timeouts", words="still waited", shown=_held_long),)),
    "the-time-out-is-too-short": Case(
        reasons=(Reason(clause="retries/timeout-length", words="the time-out is at most 10", shown=_clocked(39, 41)),)
    ),
    "the-time-out-is-too-long": Case(
        reasons=(Reason(clause="retries/timeout-length", words="the time-out is at least 89", shown=_clocked(119, 121)),)
    ),
    "connections-are-given-up-too-soon": Case(
        reasons=(Reason(clause="retries/timeout-length", words="was given up after at most 0.", shown=_held_short),)
    ),
    "large-answers-are-failures": Case(
        reasons=(_retried("http/large-answers", "large body", lambda attempt: attempt.answer.body_repeat > 1),)
    ),
}

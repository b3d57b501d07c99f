"""Why flaws of heeding 410 and Retry-After are found."""

from __future__ import annotations

from collections.abc import Callable

from hookproof.model.transcript import Attempt, Record
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason
from tests.kill_matrix.reasons.answers import answered, either, of_event, sent_again_after, sent_once_after


def _advised(right: Callable[[str], bool], *statuses: int) -> Callable[[Attempt], bool]:
    """Whether an attempt was asked so, by one of these statuses."""

    def matches(attempt: Attempt) -> bool:
        value = next((value for name, value in attempt.answer.headers if name == "Retry-After"), None)
        return value is not None and right(value) and attempt.answer.status in (statuses or (429, 503))

    return matches


def _another_came(view: View, record: Record) -> bool:
    """Whether a record is the first event at an endpoint that is gone, and another event was sent there later."""
    there = view.by_endpoint.get(record.endpoint, ()) if isinstance(record, Attempt) else ()
    return bool(there) and answered(410)(there[0]) and any(attempt.body != there[0].body for attempt in there)


def _again_within(seconds: float, right: Callable[[Attempt], bool]) -> Callable[[View, Record], bool]:
    """Whether a record was asked so, and its event came again within so many seconds on the target's clock."""

    def shown(view: View, record: Record) -> bool:
        if not (isinstance(record, Attempt) and right(record)):
            return False
        first, second, *_ = of_event(view, record)
        begun, ended = view.virtual_window(first), view.virtual_window(second)
        return begun is not None and ended is not None and ended[1] - begun[0] < seconds

    return shown


def _a_date(text: str) -> bool:
    return text.endswith("GMT")


def _huge(text: str) -> bool:
    return text.isdigit() and len(text) > 9


def _odd(text: str) -> bool:
    return text in ("soon", "1e3") or _huge(text)


_hastened = _again_within(1, _advised(lambda text: text == "-5"))
BOUND, ODD = "http/retry-after", "http/odd-retry-after"


def _hour_ignored(right: Callable[[Attempt], bool]) -> Reason:
    return Reason(clause=BOUND, words="Retry-After asked for 3", shown=_again_within(3500, right))


CASES = {
    "gone-is-a-failure-like-any-other": Case(
        reasons=(Reason(clause="http/gone", words="answered 410", shown=sent_again_after(answered(410))),),
    ),
    "gone-ends-one-event-only": Case(reasons=(Reason(clause="http/gone", words="1 more request", shown=_another_came),)),
    "retry-after-is-ignored": Case(reasons=(_hour_ignored(_advised(lambda text: text == "3600" or _a_date(text))),)),
    "retry-after-of-429-is-ignored": Case(reasons=(_hour_ignored(_advised(lambda text: text == "3600", 429)),)),
    "retry-after-is-taken-for-milliseconds": Case(reasons=(_hour_ignored(_advised(lambda text: text == "3600")),)),
    "retry-after-dates-are-ignored": Case(reasons=(_hour_ignored(_advised(_a_date)),)),
    "retry-after-must-be-a-number": Case(
        reasons=(
            Reason(clause=BOUND, words="never came again", shown=sent_once_after(_advised(_a_date))),
            Reason(clause=ODD, words="Retry-After: soon", shown=either(_hastened, sent_once_after(_advised(_odd)))),
        ),
    ),
    "negative-retry-after-hastens": Case(reasons=(Reason(clause=ODD, words="Retry-After: -5", shown=_hastened),)),
    "negative-retry-after-is-for-ever": Case(
        reasons=(Reason(clause=ODD, words="Retry-After: -5", shown=sent_once_after(_advised(lambda text: text == "-5"))),),
    ),
    "huge-retry-after-is-believed": Case(
        reasons=(Reason(clause=ODD, words="Retry-After: 99999999999", shown=sent_once_after(_advised(_huge))),),
    ),
}

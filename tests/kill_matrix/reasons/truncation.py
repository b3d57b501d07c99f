"""Why flaws of size are found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hookproof.model.contract import Truncation
from hookproof.model.transcript import Attempt, Emission, Record
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown


def _promise(view: View) -> Truncation:
    promise = view.contract.policy.truncation
    assert promise is not None
    return promise


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def _read(record: Record) -> dict[str, Any]:
    """Give an attempt's body, empty if it is none that can be read."""
    if not isinstance(record, Attempt):
        return {}
    try:
        body = json.loads(record.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _original(view: View, record: Record) -> Any:
    emission = view.emission_of.get(str(_read(record).get("id")))
    return {} if emission is None else emission.data


def _cut(record: Record) -> bool:
    data = _read(record).get("data")
    return isinstance(data, dict) and "_original_bytes" in data


def _cut_although(small: Callable[[int, int], bool]) -> Shown:
    """An attempt is cut although its original is ``small`` by size and limit."""

    def shown(view: View, record: Record) -> bool:
        return _cut(record) and small(_size(_original(view, record)), max(_promise(view).limits))

    return shown


def _whole_although(large: Callable[[int, int], bool]) -> Shown:
    def shown(view: View, record: Record) -> bool:
        whole = bool(_read(record)) and not _cut(record)
        return whole and large(_size(_original(view, record)), max(_promise(view).limits))

    return shown


def _whole_over_the_limit(view: View, record: Record) -> bool:
    return _whole_although(lambda size, limit: size > limit)(view, record)


def _broken_off(view: View, record: Record) -> bool:
    return isinstance(record, Attempt) and len(record.body) == max(_promise(view).limits) and not _read(record)


def _half_a_character(_view: View, record: Record) -> bool:
    return isinstance(record, Attempt) and record.body.decode("utf-8", "replace").count("\ufffd") > 0


def _column_wide(view: View, record: Record) -> bool:
    data, original = _read(record).get("data", {}), _original(view, record)
    return any(isinstance(v, str) and len(v.encode()) == 64 and original.get(name, "").startswith(v) for name, v in data.items())


def _too_large(view: View, record: Record) -> bool:
    return _cut(record) and _size(_read(record)["data"]) > max(_promise(view).limits)


def _more_than_identifiers(view: View, record: Record) -> bool:
    promise = _promise(view)
    return _cut(record) and bool(set(_read(record)["data"]) - {promise.flag_member, promise.size_member, *promise.identifiers})


def _nothing_but_marks(view: View, record: Record) -> bool:
    promise = _promise(view)
    return _cut(record) and set(_read(record)["data"]) == {promise.flag_member, promise.size_member}


def _is_cut(_view: View, record: Record) -> bool:
    return _cut(record)


def _unflagged(_view: View, record: Record) -> bool:
    return _cut(record) and "truncated" not in _read(record)


def _unmarked(view: View, record: Record) -> bool:
    return _cut(record) and _promise(view).flag_member not in _read(record)["data"]


def _flagged_by_text(_view: View, record: Record) -> bool:
    return _read(record).get("truncated") == "true"


def _flagged_and_whole(_view: View, record: Record) -> bool:
    return _read(record).get("truncated") is True and not _cut(record)


def _of_another_size(view: View, record: Record) -> bool:
    return _cut(record) and _read(record)["data"]["_original_bytes"] < _size(_original(view, record))


def _dropped(view: View, record: Record) -> bool:
    if not isinstance(record, Emission) or _size(record.data) <= max(_promise(view).limits):
        return False
    return all(view.body(attempt).event_id != record.event_id for attempt in view.attempts)


def _limit(words: str, shown: Shown) -> Case:
    return Case(reasons=(Reason(clause="truncation/limit", words=words, shown=shown),))


def _only(clause: str, words: str, shown: Shown) -> Case:
    return Case(reasons=(Reason(clause=clause, words=words, shown=shown),))


CASES = {
    "limit-counts-characters": _limit("characters instead of bytes", _whole_over_the_limit),
    "limit-counts-utf-16-units": _limit("no legal reading", _whole_over_the_limit),
    "limit-itself-is-cut": _limit("no legal reading", _cut_although(lambda size, limit: size == limit)),
    "one-byte-over-the-limit-is-whole": _limit("no legal reading", _whole_although(lambda size, limit: size == limit + 1)),
    "half-the-limit-is-cut": _limit("no legal reading", _cut_although(lambda size, limit: size < limit)),
    "nothing-is-cut": _limit("no legal reading", _whole_over_the_limit),
    "limit-before-escaping": _limit("no legal reading", _whole_over_the_limit),
    "identifiers-cut-inside-characters": Case(
        reasons=(
            Reason(clause="envelope/strict-json", words="not UTF-8", shown=_half_a_character),
            Reason(clause="truncation/identifiers-only", words="differs from the original", shown=_column_wide),
        )
    ),
    "bodies-are-sliced-at-the-limit": _only("envelope/strict-json", "is not JSON", _broken_off),
    "marks-push-over-the-limit": Case(
        reasons=(
            Reason(clause="truncation/result-fits", words="the limit is 262,144", shown=_too_large),
            Reason(clause="truncation/identifiers-only", words="unpromised member", shown=_more_than_identifiers),
        )
    ),
    "identifiers-of-any-size-are-kept": _only("truncation/result-fits", "the limit is 262,144", _too_large),
    "signed-before-cut": Case(
        reasons=(
            Reason(clause="signature/valid", words="does not verify", shown=_is_cut),
            Reason(clause="signature/companion-header", words="does not verify", shown=_is_cut),
        )
    ),
    "cut-events-lack-the-flag": _only("truncation/shape", '"truncated" is a required property', _unflagged),
    "cut-data-lacks-the-flag": _only("truncation/shape", '"_truncated" is a required property', _unmarked),
    "flag-of-cut-events-is-text": _only("truncation/shape", '"true" was seen', _flagged_by_text),
    "flag-stays-raised": _only("envelope/truncated-only-when-cut", "on a whole payload", _flagged_and_whole),
    "original-size-in-kilobytes": _only("truncation/original-bytes", "_original_bytes is", _of_another_size),
    "original-size-of-what-is-left": _only("truncation/original-bytes", "_original_bytes is", _of_another_size),
    "original-size-in-characters": _only("truncation/original-bytes", "_original_bytes is", _of_another_size),
    "cut-data-keeps-short-texts": _only("truncation/identifiers-only", "unpromised member", _more_than_identifiers),
    "cut-data-has-no-identifiers": _only("truncation/identifiers-kept", "is missing from the cut data", _nothing_but_marks),
    "oversized-events-are-dropped": _only("truncation/delivered", "never arrived", _dropped),
}

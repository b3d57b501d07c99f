"""Why flaws of signing are found."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable

from hookproof.model.transcript import Attempt, Record
from hookproof.rules.view import View, seconds_of
from tests.kill_matrix.reason import Case, Reason, Shown
from tests.kill_matrix.tags import SIGNATURE, covered, header, mac, secrets_of, signed_over

COMPANION = "x-devotel-signature"
FIRST_WAIT = 29.0  # seconds on the target's clock; every policy waits longer


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _looks(pattern: str, name: str = SIGNATURE) -> Shown:
    """The header field, where it is, has these letters."""

    def shown(_view: View, record: Record) -> bool:
        value = record.header(name) if isinstance(record, Attempt) else None
        return value is not None and re.fullmatch(pattern, value) is not None

    return shown


def _lacks(name: str) -> Shown:
    return lambda _view, record: isinstance(record, Attempt) and record.header(name) is None


def _carries(name: str, also_lacks: str) -> Shown:
    def shown(_view: View, record: Record) -> bool:
        return isinstance(record, Attempt) and record.header(name) is not None and record.header(also_lacks) is None

    return shown


def _earlier(view: View, attempt: Attempt) -> list[Attempt]:
    """Give earlier attempts of the same event at the same endpoint."""
    return [a for a in view.by_endpoint[attempt.endpoint] if a.body == attempt.body and a.accepted_at < attempt.accepted_at]


def _is_retry(view: View, attempt: Attempt) -> bool:
    """An earlier attempt was recorded, or the clock says that there was one that could not reach us."""
    window, created = view.virtual_window(attempt), seconds_of(view.body(attempt).value["created_at"])
    return bool(_earlier(view, attempt)) or (window is not None and created is not None and window[0] - created >= FIRST_WAIT)


def _repeated_timestamp(view: View, record: Record) -> bool:
    if not isinstance(record, Attempt) or not _is_retry(view, record):
        return False
    first = next(iter(_earlier(view, record)), None)
    return first is None or header(first, "webhook-timestamp") == header(record, "webhook-timestamp")


def _ahead(view: View, record: Record, seconds: int) -> bool:
    """The timestamp lies so many seconds behind the creation of the event, or a little more."""
    if not isinstance(record, Attempt):
        return False
    created = seconds_of(view.body(record).value["created_at"])
    return created is not None and int(header(record, "webhook-timestamp")) - int(created) >= seconds


def _retry_with_time_of_event(view: View, record: Record) -> bool:
    if not isinstance(record, Attempt) or not _is_retry(view, record):
        return False
    created = seconds_of(view.body(record).value["created_at"])
    return created is not None and int(header(record, "webhook-timestamp")) == int(created)


def _unsigned_announcement(view: View, record: Record) -> bool:
    if not isinstance(record, Attempt) or record.header(SIGNATURE) is not None:
        return False
    return (view.body(record).type or "").startswith("webhook_endpoint.")


def _unsigned_retry(view: View, record: Record) -> bool:
    return isinstance(record, Attempt) and not record.header(SIGNATURE) and _is_retry(view, record)


def _hex_of_body(view: View, record: Record) -> bool:
    if not isinstance(record, Attempt):
        return False
    return any(mac(secret.encode(), record.body).hex() in header(record, COMPANION) for secret in secrets_of(view, record))


def _respelt(attempt: Attempt) -> bytes:
    return covered(attempt, json.dumps(json.loads(attempt.body)).encode())


def _invalid(words: str, content: Callable[[Attempt], bytes]) -> Case:
    return Case(reasons=(Reason(clause="signature/valid", words=words, shown=signed_over(content)),))


def _misspelt(words: str, recipe: str, pattern: str) -> Case:
    """The tag is right and its letters are not: the grammar is broken, and nothing that fits it verifies."""
    return Case(
        reasons=(
            Reason(clause="signature/signed", words=words, shown=_looks(pattern)),
            Reason(clause="signature/valid", words=recipe, shown=_looks(pattern)),
        )
    )


def _timed(words: str, pattern: str) -> Case:
    return Case(reasons=(Reason(clause="signature/timestamp-seconds", words=words, shown=_looks(pattern, "webhook-timestamp")),))


def _unsigned(words: str, shown: Shown) -> Case:
    return Case(reasons=(Reason(clause="signature/signed", words=words, shown=shown),))


def _stale(words: str, shown: Shown) -> Case:
    return Case(reasons=(Reason(clause="signature/timestamp-of-attempt", words=words, shown=shown),))


def _time(attempt: Attempt) -> bytes:
    return header(attempt, "webhook-timestamp").encode()


def _id(attempt: Attempt) -> bytes:
    return header(attempt, "webhook-id").encode()


TAG = "[A-Za-z0-9+/]{43}="

CASES = {
    "id-not-signed": _invalid("id not covered", lambda a: _time(a) + b"." + a.body),
    "timestamp-not-signed": _invalid("timestamp not covered", lambda a: _id(a) + b"." + a.body),
    "companion-timestamp-not-signed": Case(
        reasons=(Reason(clause="signature/companion-header", words="body alone", shown=_hex_of_body),),
    ),
    "body-not-signed": _invalid("body not covered", lambda a: _id(a) + b"." + _time(a)),
    "end-of-body-not-signed": _invalid("none of the known recipes", lambda a: covered(a, a.body[:65_536])),
    "another-serialisation-signed": _invalid("none of the known recipes", _respelt),
    "signature-in-hex": _misspelt("44 characters of base64", "in hex", "v1,[0-9a-f]{64}( v1,[0-9a-f]{64})*"),
    "signature-in-base64url": _misspelt("44 characters of base64", "in base64url", ".*[-_].*"),
    "signature-without-padding": _misspelt("44 characters of base64", "base64 without padding", "[^=]*"),
    "signature-without-version": _misspelt("is not `v1,`", "in base64", f"{TAG}( {TAG})*"),
    "signature-with-equals-sign": _misspelt("is not `v1,`", "in base64", f"v1={TAG}( v1={TAG})*"),
    "signatures-joined-by-commas": _misspelt("is not `v1,`", "in base64", f"v1,{TAG}(,v1,{TAG})+"),
    "companion-signature-in-base64": Case(
        reasons=(Reason(clause="signature/companion-header", words="none of the promised forms", shown=_looks(TAG, COMPANION)),),
    ),
    "unsigned-retries": _unsigned("carries none", _unsigned_retry),
    "unsigned-management-events": _unsigned("carries none", _unsigned_announcement),
    "empty-signature": Case(
        reasons=(
            Reason(clause="signature/signed", words="missing or empty", shown=_unsigned_retry),
            Reason(clause="signature/valid", words="does not verify", shown=_unsigned_retry),
        )
    ),
    "first-timestamp-on-retries": _stale("from the moment of the attempt", _repeated_timestamp),
    "timestamp-of-the-event": _stale("from the moment of the attempt", _retry_with_time_of_event),
    "timestamp-in-local-time": _stale("as local time taken for UTC", lambda view, record: _ahead(view, record, 19_800)),
    "timestamp-in-milliseconds": _timed("not whole Unix seconds", "[0-9]{13}"),
    "timestamp-in-milliseconds-signed-in-seconds": Case(
        reasons=(
            Reason(clause="signature/timestamp-seconds", words="not whole Unix seconds", shown=_looks("[0-9]{13}", "webhook-timestamp")),
            Reason(clause="signature/valid", words="does not verify", shown=_looks("[0-9]{13}", "webhook-timestamp")),
        )
    ),
    "timestamp-with-fraction": _timed("not whole Unix seconds", r"[0-9]{10}\.25"),
    "timestamp-as-date": _timed("not whole Unix seconds", r"20[0-9]{2}-.*Z"),
    "signature-under-another-brand": _unsigned("none of webhook-signature", _carries("svix-signature", SIGNATURE)),
    "id-under-another-brand": _unsigned("webhook-id is missing", _carries(SIGNATURE, "webhook-id")),
    "names-with-underscores": _unsigned("none of webhook-signature", _carries("webhook_signature", SIGNATURE)),
}

"""Why flaws of receivers that verify are found."""

from __future__ import annotations

import base64
import json

from hookproof.model.transcript import Exchange
from hookproof.rules.view import View
from tests.kill_matrix.posts import age, answered, case, covered, document, entries, offered, right, signed, tag, taken, value
from tests.kill_matrix.reason import Case
from tests.kill_matrix.tags import SIGNATURE

TOLERANCE, EDGE = 300.0, 4.0
"""Seconds: what Orbit's receivers are told, and how near to it nothing is tried."""

TAKEN, REFUSED = "got status 200, promised a refusal", "got status 401, promised 2xx"


def _listed(view: View, x: Exchange, place: int) -> bool:
    """Whether the right tag is in the list, and not at this place."""
    return signed(view, x) and entries(x)[place] != f"v1,{right(view, x)}"


def _not_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return True
    return False


def _respelled(x: Exchange) -> bytes:
    return json.dumps(document(x), separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _decoded(view: View, x: Exchange) -> bool:
    text = x.request_body.decode("utf-8", "replace").encode()
    return text != x.request_body and tag(view, covered(x, text)) in offered(x)


_MALFORMED = answered(500, lambda _v, x: any(entry.count(",") != 1 for entry in entries(x)))
_FIRST = answered(401, lambda v, x: _listed(v, x, 0))
_WHOLE = answered(401, lambda v, x: signed(v, x) and value(x, SIGNATURE) != f"v1,{right(v, x)}")
_UNCOMPARED = taken(lambda v, x: not signed(v, x))
_OLD = taken(lambda v, x: abs(age(v, x)) > TOLERANCE + EDGE)

CASES = {
    "unsigned-is-trusted": case(taken(lambda _v, x: not value(x, SIGNATURE)), verification__unsigned=f"no-signature {TAKEN}"),
    "control-events-unverified": case(
        taken(lambda _v, x: not value(x, SIGNATURE) and document(x).get("type") in ("ping", "webhook.test", "url_verification")),
        robustness__control_events=TAKEN,
    ),
    "missing-timestamp-unverified": case(taken(lambda _v, x: not value(x, "webhook-timestamp")), verification__incomplete=TAKEN),
    "empty-key-accepted": case(taken(lambda v, x: tag(v, covered(x), key=b"") in offered(x)), verification__forged=f"empty-key {TAKEN}"),
    "shorter-length-compared": case(
        taken(lambda v, x: any(len(found) < len(right(v, x)) and right(v, x).startswith(found) for found in offered(x))),
        verification__whole_tag=f"cut-tag {TAKEN}",
    ),
    "case-folded-tags": case(
        taken(lambda v, x: any(found != right(v, x) and found.lower() == right(v, x).lower() for found in offered(x))),
        verification__whole_tag=f"swapped-case {TAKEN}",
    ),
    "early-exit-comparison": Case(reasons=()),
    "first-signature-only": case(
        _FIRST, verification__signature_list=REFUSED, verification__unknown_versions=REFUSED, verification__malformed_entries=REFUSED
    ),
    "last-signature-only": case(answered(401, lambda v, x: _listed(v, x, -1)), verification__signature_list=REFUSED),
    "list-not-split": case(
        _WHOLE, verification__signature_list=REFUSED, verification__unknown_versions=REFUSED, verification__malformed_entries=REFUSED
    ),
    "malformed-entry-crashes": case(
        _MALFORMED,
        verification__malformed_entries="got status 500, promised 2xx",
        verification__client_errors="got status 500, promised 4xx",
    ),
    "bad-base64-crashes": case(
        answered(500, lambda _v, x: any(map(_not_base64, offered(x)))), verification__client_errors="got status 500, promised 4xx"
    ),
    "unknown-version-refused": case(
        answered(401, lambda v, x: signed(v, x) and any(not entry.startswith("v1,") for entry in entries(x))),
        verification__unknown_versions=REFUSED,
    ),
    "version-ignored": case(
        taken(lambda v, x: not signed(v, x) and any(entry.endswith(right(v, x)) for entry in entries(x))),
        verification__version=f"downgraded {TAKEN}",
    ),
    "body-alone-signed": case(taken(lambda v, x: tag(v, x.request_body) in offered(x)), verification__all_signed=f"partly-signed {TAKEN}"),
    "id-left-unsigned": case(
        taken(lambda v, x: tag(v, value(x, "webhook-timestamp").encode() + b"." + x.request_body) in offered(x)),
        verification__all_signed=f"partly-signed {TAKEN}",
    ),
    "odd-base64-accepted": Case(reasons=(), readings={"verification/acceptable": "odd-base64 1: status 200"}),
    "respelled-before-verifying": case(
        answered(401, lambda v, x: signed(v, x) and _respelled(x) != x.request_body), verification__spelling=f"(spelling) {REFUSED}"
    ),
    "decoded-before-verifying": case(taken(_decoded), verification__raw_bytes=f"decoded-text {TAKEN}"),
    "latin-1-before-verifying": case(
        answered(401, lambda v, x: signed(v, x) and not x.request_body.isascii()), verification__spelling=f"(spelling) {REFUSED}"
    ),
    "future-accepted": case(taken(lambda v, x: age(v, x) < -TOLERANCE), verification__stale=f"future {TAKEN}"),
    "window-too-wide": case(taken(lambda v, x: TOLERANCE < abs(age(v, x)) < 2 * TOLERANCE), verification__window=f"beyond-window {TAKEN}"),
    "window-too-narrow": case(
        answered(401, lambda v, x: signed(v, x) and TOLERANCE / 5 < abs(age(v, x)) < TOLERANCE),
        verification__inside_window=f"(near-window) {REFUSED}",
    ),
    "milliseconds-accepted": case(
        taken(lambda _v, x: len(value(x, "webhook-timestamp")) > 11), verification__seconds=f"milliseconds {TAKEN}"
    ),
    "lenient-timestamp": Case(reasons=(), readings={"verification/acceptable": "odd-timestamp-text 1: status 200"}),
    "time-of-the-body": case(_OLD, verification__stale=f"stale {TAKEN}", verification__seconds=f"milliseconds {TAKEN}"),
    "wrong-key-accepted": case(
        _UNCOMPARED,
        verification__forged=f"wrong-key {TAKEN}",
        verification__altered=f"altered-body {TAKEN}",
        verification__whole_tag=f"cut-tag {TAKEN}",
        verification__malformed=f"malformed-signature {TAKEN}",
        verification__version=f"downgraded {TAKEN}",
        verification__all_signed=f"partly-signed {TAKEN}",
    ),
}

"""Why flaws of the wire form are found."""

from __future__ import annotations

import re
from collections.abc import Callable

from hookproof.model.transcript import Attempt
from tests.kill_matrix.reason import Case, Reason
from tests.kill_matrix.sights import arrived, envelope


def _case(clause: str, words: str, says: Callable[[Attempt], bool]) -> Case:
    return Case(reasons=(Reason(clause=clause, words=words, shown=arrived(says)),))


def _count(attempt: Attempt, name: str) -> int:
    return sum(each.lower() == name for each, _ in attempt.headers)


def _length(attempt: Attempt) -> int:
    return int(attempt.header("content-length") or -1)


def _shows(pattern: bytes) -> Callable[[Attempt], bool]:
    return lambda attempt: re.search(pattern, attempt.head) is not None


def _both(attempt: Attempt) -> bool:
    return attempt.header("content-length") is not None and attempt.header("transfer-encoding") == "chunked"


FORMED, INJECTED, TYPED = "http/well-formed", "http/no-injection", "http/content-type"

CASES = {
    "media-type-twice": _case(FORMED, "'content-type' is sent twice", lambda attempt: _count(attempt, "content-type") > 1),
    "retries-append-their-fields": _case(FORMED, "is sent twice", lambda attempt: _count(attempt, "webhook-timestamp") > 1),
    "host-twice": _case(FORMED, "more than one Host", lambda attempt: attempt.head.count(b"\r\nHost: ") > 1),
    "length-twice": _case(FORMED, "repeated Content-Length", lambda attempt: attempt.head.count(b"\r\nContent-Length: ") > 1),
    "description-copied-into-a-field": _case(
        INJECTED, "an endpoint's description", _shows(rb"X-Webhook-Description: hookproof-description[\r\n]")
    ),
    "identifier-copied-into-a-field": _case(INJECTED, "an identifier of the event", _shows(rb"X-Resource-Id: hookproof-identifier[\r\n]")),
    "address-decoded-before-sending": _case(
        INJECTED, "an endpoint's URL", _shows(rb"\APOST \S*hookproof-address HTTP/1\.1\r\nX-Hookproof-Smuggled: address")
    ),
    "no-media-type": _case(TYPED, "Content-Type is None", lambda attempt: attempt.header("content-type") is None),
    "media-type-of-forms": _case(TYPED, "x-www-form-urlencoded", lambda attempt: "form" in (attempt.header("content-type") or "")),
    "length-in-characters": _case(
        FORMED,
        "bytes behind the announced length are no request",
        lambda attempt: _length(attempt) == len(attempt.body) and not envelope(attempt),
    ),
    "length-of-the-escaped-text": _case(
        FORMED, "closed inside the request", lambda attempt: _length(attempt) > len(attempt.body) and bool(envelope(attempt))
    ),
    "length-and-chunks": _case(FORMED, "both Content-Length and Transfer-Encoding", _both),
    "companion-fields-of-another-brand": _case(
        "http/companion-headers", "X-Devotel-Event-Id is None", lambda attempt: attempt.header("X-Hook-Event-Id") is not None
    ),
    "query-left-out": _case("http/post", "not in what was registered", lambda attempt: "?" not in attempt.target),
    "put-instead-of-post": _case("http/post", "'PUT'", lambda attempt: attempt.head.startswith(b"PUT ")),
}

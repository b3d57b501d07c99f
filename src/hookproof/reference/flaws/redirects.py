"""Flaws of redirects: taken for success, followed, followed for ever, followed with everything in the bag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.outcomes import MALFORMED, Outcome

FOLLOWABLE, TURNED_INTO_GET = (301, 302, 303, 307, 308), (301, 302, 303)


def _content_with_redirects(*, bare: bool) -> Callable[[Conduct], Conduct]:
    """Take redirects for success: all, or only those that name no place to go to."""

    def change(conduct: Conduct) -> Conduct:
        def succeeded(outcome: Outcome) -> bool:
            redirect = outcome.status is not None and 300 <= outcome.status <= 399  # noqa: PLR2004 -- RFC 9110 section 15.4
            return conduct.succeeded(outcome) or (redirect and not (bare and outcome.location))

        return replace(conduct, succeeded=succeeded)

    return change


def _following(*, most: int, abroad: bool) -> Callable[[Conduct], Conduct]:
    """Follow redirects, so many of them, within the origin or anywhere."""

    def change(conduct: Conduct) -> Conduct:
        async def post(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the signature of what it wraps
            outcome = await conduct.post(url, request, timeout)
            for _ in range(most):
                place = urljoin(url, outcome.location or "")
                if outcome.status not in FOLLOWABLE or outcome.location is None or not (abroad or _origin(place) == _origin(url)):
                    return outcome
                url, request = place, _turned(request, place, into_get=outcome.status in TURNED_INTO_GET)
                outcome = await conduct.post(url, request, timeout)
            return Outcome(failure=MALFORMED) if outcome.status in FOLLOWABLE else outcome

        return replace(conduct, post=post)

    return change


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url)[:2]


def _turned(request: bytes, url: str, *, into_get: bool) -> bytes:
    """Write a request anew for another place, with every field that it had; as a GET without what belongs to a body."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *fields = head.split(b"\r\n")
    parts = urlsplit(url)
    method = b"GET" if into_get else first.split(b" ")[0]
    left_out = (b"host:", b"content-length:", b"content-type:") if into_get else (b"host:",)
    kept = [field for field in fields if not field.lower().startswith(left_out)]
    lines = [b"%s %s HTTP/1.1" % (method, (parts.path or "/").encode()), b"Host: " + parts.netloc.encode(), *kept]
    return b"\r\n".join(lines) + b"\r\n\r\n" + (b"" if into_get else body)


FLAWS = (
    Flaw(
        id="redirects-are-success",
        row="P050",
        title="Every status below 400 counts as delivered.",
        conduct=_content_with_redirects(bare=False),
        breaks=("http/redirects-are-failures",),
    ),
    Flaw(
        id="redirects-to-nowhere-are-success",
        row="P050",
        title="A redirect without Location is nothing to follow, so the client calls it fine.",
        conduct=_content_with_redirects(bare=True),
        breaks=("http/redirects-are-failures",),
    ),
    Flaw(
        id="redirects-are-followed",
        row="P051",
        title="The client follows up to ten redirects within the same origin, as GET where browsers do.",
        conduct=_following(most=10, abroad=False),
        breaks=("http/redirects-not-followed",),
        implies=("http/redirects-are-failures",),
    ),
    Flaw(
        id="redirects-are-followed-for-ever",
        row="P052",
        title="The client follows redirects within the same origin without counting them.",
        conduct=_following(most=1_000_000, abroad=False),
        breaks=("http/redirect-loops", "http/redirects-not-followed"),
        implies=("http/redirects-are-failures",),
    ),
    Flaw(
        id="redirects-take-signatures-along",
        row="P053",
        title="The client follows redirects to other origins and sends every header field along.",
        conduct=_following(most=10, abroad=True),
        breaks=("http/redirects-secrets", "http/redirects-not-followed"),
        implies=("http/redirects-are-failures",),
    ),
)

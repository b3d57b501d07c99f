"""Why flaws of receivers are found that tell too much, or that an odd configuration opens."""

from __future__ import annotations

from dataclasses import replace

from hookproof.model.transcript import Exchange
from hookproof.rules.view import View
from hookproof.staging.delivering import SECRET
from tests.kill_matrix.posts import age, answered, case, configured, covered, offered, right, sent, shown_by, tag, taken, value
from tests.kill_matrix.reason import Case

SHUT = {"configuration": False}
MUTE = {"log": False}


def _unset(view: View, x: Exchange) -> bool:
    """Whether the receiver was told no secret at all."""
    note = configured(view, x)
    return note is not None and note.facts["secrets"] == 0


def _replaced(view: View, x: Exchange) -> bool:
    """Whether the receiver was told another secret than the one that the request is signed with."""
    note = configured(view, x)
    return note is not None and note.facts["to"] == "rotated" and tag(view, covered(x)) in offered(x)


def _no_tolerance(view: View, x: Exchange) -> bool:
    note = configured(view, x)
    return note is not None and note.facts["tolerance_seconds"] == 0 and age(view, x) > 60


def _known(view: View, x: Exchange) -> bool:
    named = value(x, "webhook-id")
    return any(other.accepted and other.event_id == named and other.done_at <= x.started_at for other in view.exchanges)


def _markup(_view: View, x: Exchange) -> bool:
    media = next((found for name, found in x.response_headers if name.lower() == "content-type"), "")
    return "html" in media and b"<script>" in x.request_body and b"<script>" in x.response_body


_OPEN = "got status 200, promised a refusal"


def _configured(made: Case) -> Case:
    return replace(made, withheld=SHUT)


CASES = {
    "open-without-a-secret": _configured(case(taken(_unset), verification__no_secret=_OPEN)),
    "old-secret-accepted": _configured(case(taken(_replaced), verification__revoked=_OPEN)),
    "no-tolerance-no-check": _configured(case(taken(_no_tolerance), verification__no_tolerance=_OPEN)),
    "expected-tag-shown": case(
        sent(lambda v, x: right(v, x).encode() in x.response_body), answers__nothing_leaks="shows the expected signature"
    ),
    "stack-shown": case(sent(lambda _v, x: b"Traceback" in x.response_body), answers__nothing_leaks="shows a stack trace"),
    "secret-shown": case(sent(lambda _v, x: b"{{" + SECRET.encode() + b"}}" in x.response_body), answers__nothing_leaks="shows a secret"),
    "markup-reflected": case(answered(400, _markup), answers__no_markup="markup came back as text/html"),
    "fields-logged": replace(
        case(shown_by("log", lambda _v, note: bool(note.facts["signatures"])), answers__log="the log shows the signature"), withheld=MUTE
    ),
    "secret-logged": replace(
        case(shown_by("log", lambda _v, note: SECRET in note.facts["shown"]), answers__log=f"the log shows {SECRET!r}"), withheld=MUTE
    ),
    "known-ids-told": case(answered(409, _known), verification__alike="a forgery of a known id got status 409"),
}

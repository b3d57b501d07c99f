"""Why flaws of redirects are found."""

from __future__ import annotations

from hookproof.model.transcript import Attempt, Record
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason
from tests.kill_matrix.reasons.answers import sent_once_after

REDIRECTS = range(300, 400)


def _redirected(attempt: Attempt) -> bool:
    return attempt.answer.status in REDIRECTS


def _nowhere(attempt: Attempt) -> bool:
    return _redirected(attempt) and not attempt.answer.headers


def _in_a_trap(view: View, record: Record) -> bool:
    """Whether a record is a request at a place that only a redirect named."""
    traps = {note.facts["trap"] for note in view.notes if note.name == "trap"}
    return isinstance(record, Attempt) and record.endpoint in traps


def _signed_in_a_strange_trap(view: View, record: Record) -> bool:
    """Whether it came with a signature to another port than the one that redirected."""
    strange = {note.facts["trap"] for note in view.notes if note.name == "trap" and note.facts["abroad"]}
    return isinstance(record, Attempt) and record.endpoint in strange and record.header("webhook-signature") is not None


def _in_circles(view: View, record: Record) -> bool:
    """Whether a record is one of very many requests at an endpoint that redirects to itself."""
    return isinstance(record, Attempt) and _redirected(record) and len(view.by_endpoint[record.endpoint]) > 60


FAILED, FOLLOWED = "http/redirects-are-failures", "http/redirects-not-followed"
_FOLLOWED = Reason(clause=FOLLOWED, words="was followed by GET", shown=_in_a_trap)

CASES = {
    "redirects-are-success": Case(
        reasons=(Reason(clause=FAILED, words="after 302", shown=sent_once_after(_redirected)),),
    ),
    "redirects-to-nowhere-are-success": Case(
        reasons=(Reason(clause=FAILED, words="after 302", shown=sent_once_after(_nowhere)),),
    ),
    "redirects-are-followed": Case(reasons=(_FOLLOWED,)),
    "redirects-are-followed-for-ever": Case(
        reasons=(_FOLLOWED, Reason(clause="http/redirect-loops", words="round 100 times", shown=_in_circles)),
    ),
    "redirects-take-signatures-along": Case(
        reasons=(
            _FOLLOWED,
            Reason(clause="http/redirects-secrets", words="x-devotel-signature went along", shown=_signed_in_a_strange_trap),
        ),
    ),
}

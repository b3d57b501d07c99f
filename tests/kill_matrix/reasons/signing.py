"""Why flaws of signing are found."""

from __future__ import annotations

from hookproof.model.transcript import Attempt, Record
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason


def _unsigned(_view: View, record: Record) -> bool:
    return isinstance(record, Attempt) and record.header("webhook-signature") is None


CASES = {
    "unsigned-retries": Case(reasons=(Reason(clause="signature/signed", words="carries none", shown=_unsigned),)),
}

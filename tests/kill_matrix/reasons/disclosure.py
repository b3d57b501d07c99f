"""Why flaws that tell secrets and credentials are found."""

from __future__ import annotations

from collections.abc import Callable

from hookproof.model.transcript import Attempt
from tests.kill_matrix.reason import Case, Reason
from tests.kill_matrix.sights import arrived


def _case(clause: str, words: str, says: Callable[[Attempt], bool]) -> Case:
    return Case(reasons=(Reason(clause=clause, words=words, shown=arrived(says)),))


def _foreign_token(attempt: Attempt) -> bool:
    token = (attempt.header("authorization") or "").removeprefix("Bearer ")
    return len(token) == 32 and token not in attempt.target


def _foreign_address(attempt: Attempt) -> bool:
    address = (attempt.header("referer") or "").partition("?")[0]
    return address.startswith("http://") and address.rpartition("/")[2] != attempt.endpoint


FOREIGN, SECRETS = "http/no-foreign-credentials", "payload/no-secrets"

CASES = {
    "first-token-for-all": _case(FOREIGN, "carries a token from the address of", _foreign_token),
    "last-address-as-referer": _case(FOREIGN, "carries a token from the address of", _foreign_address),
    "whole-endpoint-in-announcements": _case(SECRETS, "in its body", lambda attempt: b'"secret":"{{' in attempt.body),
    "key-in-hex-in-a-field": _case(SECRETS, "in its head", lambda attempt: (attempt.header("X-Debug-Key") or "").startswith("{{")),
    "api-key-in-a-field": _case(SECRETS, "holds 'key of ", lambda attempt: (attempt.header("X-API-Key") or "").startswith("{{key of ")),
}

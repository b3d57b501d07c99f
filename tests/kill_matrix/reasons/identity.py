"""Why flaws of identity are found."""

from __future__ import annotations

import re
from collections.abc import Callable

from hookproof.model.transcript import Attempt, Record
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown
from tests.kill_matrix.tags import header


def _bears(pattern: str) -> Shown:
    """The envelope's id has this form."""
    return lambda view, record: isinstance(record, Attempt) and re.fullmatch(pattern, view.body(record).event_id or "") is not None


def _headed(is_it: Callable[[Attempt, str], bool]) -> Shown:
    def shown(view: View, record: Record) -> bool:
        if not isinstance(record, Attempt):
            return False
        told = header(record, "webhook-id")
        return is_it(record, told) and told != view.body(record).event_id

    return shown


def _otherwise(shown: Shown) -> Case:
    return Case(
        reasons=(
            Reason(clause="signature/id", words="the envelope's", shown=shown),
            Reason(clause="idempotency/id-header", words="the envelope id", shown=shown),
        )
    )


CASES = {
    "id-per-endpoint": Case(
        reasons=(Reason(clause="idempotency/id-per-event", words="carries id", shown=_bears("evt_[0-9a-f]{32}e[0-9]+")),)
    ),
    "id-header-names-the-endpoint": _otherwise(_headed(lambda attempt, told: told == f"msg_{attempt.endpoint}")),
    "id-header-per-attempt": _otherwise(_headed(lambda _attempt, told: re.fullmatch("msg_[0-9]+", told) is not None)),
    "dots-in-ids": Case(reasons=(Reason(clause="signature/id", words="holds a dot", shown=_bears(r"evt\.eu1\.[0-9a-f]{32}")),)),
    "caller-chooses-the-id": Case(
        reasons=(Reason(clause="signature/id", words="holds a dot", shown=_bears(r"an id\.with dots\.brought along")),)
    ),
}

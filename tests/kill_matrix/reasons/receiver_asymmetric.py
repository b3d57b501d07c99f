"""Why flaws of receivers that know both forms of Standard Webhooks are found."""

from __future__ import annotations

from tests.kill_matrix.posts import case, entries, right, signed, taken

CASES = {
    "asymmetric-entry-by-shared-key": case(
        taken(lambda v, x: not signed(v, x) and f"v1a,{right(v, x)}" in entries(x)),
        verification__version="downgraded got status 200",
    ),
}

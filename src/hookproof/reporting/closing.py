"""The last words of a run: what was judged is said, and nothing is called conforming that did not end well.

Law: pure; text in, text out.
"""

from __future__ import annotations

from hookproof.reporting.text import printable


def closed(summary: str, *, said: str, cause: str, known: int, others: int) -> str:
    """Give a run's summary, which ends with the line ``said``, its last words.

    ``cause``: why the run was stopped early, or empty; ``known``: broken MUST that are listed as known; ``others``: failed items that judge
    no clause (a generated request, an interaction of a pact). A run that was stopped, or has such items, is not called conforming.
    """
    lines = summary.rstrip("\n").split("\n")
    if said.startswith("conforms") and (cause or others):
        lines.pop()
    if others and not cause:
        lines.append(f"does not conform: {others} generated requests or interactions failed, which are no clauses; they are named above")
    if known:
        lines.append(f"of these {known} broken MUST are listed in --known-failures and do not fail the run")
    if cause:
        lines.append(f"stopped early: {printable(cause)}")
    return "\n".join(lines) + "\n"

"""The page of signature schemes, made from the schemes themselves: ``python -m tests.signing.page`` writes ``docs/signing.md``.

Law: no cell of its tables is typed; a test compares the page with the schemes, the vectors and the list of disagreements.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from hookproof.generate.vectors import vectors
from hookproof.generate.vectors.vector import Result
from hookproof.signing.scheme import Scheme
from hookproof.signing.schemes import SCHEMES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "signing.md"
_HEAD = """# Signatures

A scheme is a value: where its parts stand, what is signed, how a secret becomes key bytes. A contract (`signing.schemes` in
`policy.yaml`), a target's capabilities or its profile name one of these. This page is generated: `python -m tests.signing.page`.
"""
_NOTES = """
Signed content: `{covered}` of Hook0 is `<names>.<values>.` of the header fields that `h=` lists. Unsigned times and ids decide nothing:
anyone could write them anew. Where Unix seconds are not part of what is signed, no clause about the age of a delivery is judged.

**Asymmetric forms.** Who signs holds `whsk_` (the private key and its public key, 64 bytes), who checks may hold `whpk_` alone. Checking
is strict: a scalar that is not reduced, a public key of small order or not reduced, and halves that do not belong together verify nothing.

**Not built.** HTTP Message Signatures (RFC 9421, as AdCP uses them) sign the method and the target URI too; a scheme here is told id,
time, headers and body only. A target that declares them is told that this suite does not know the scheme.

## Vectors
"""
_ASKED = """
The official libraries, Python 1.1.0 and JavaScript 1.1.1, were asked about each. Where one does other than the vector says, it is in
this list; crashed means an exception other than the documented one, which most receivers answer with 500.
"""


def _table(*rows: tuple[str, ...]) -> list[str]:
    head, *rest = rows
    return ["", *(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rest)), ""]


def _time(scheme: Scheme) -> str:
    if scheme.stamp is None:
        return "none"
    return f"{scheme.stamp.unit.value} in {_code(scheme.stamp.source)}{'' if scheme.stamp.signed else ', not signed'}"


def _id(scheme: Scheme) -> str:
    if scheme.message_id is None:
        return "none"
    return f"{scheme.message_id.scope.value} in {_code(scheme.message_id.source)}{'' if scheme.message_id.signed else ', not signed'}"


def _code(text: str) -> str:
    return text if "`" in text else f"`{text}`"


def _row(scheme: Scheme) -> tuple[str, ...]:
    tag = f"{scheme.mac.name}, {scheme.encoding.name}"
    return (
        f"`{scheme.name}`",
        scheme.title,
        ", ".join(map(_code, scheme.headers)),
        _code(scheme.signed_content),
        tag,
        scheme.key.name,
        scheme.rotation,
        _time(scheme),
        _id(scheme),
    )


def disagreements() -> list[dict[str, Any]]:
    """Give the list of what official libraries do other than the vectors say."""
    found: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests" / "signing" / "disagreements.yaml").read_text(encoding="utf-8"))
    return found


def page() -> str:
    """Give the page's text."""
    counted = Counter(vector.result for vector in vectors())
    valid, invalid, open_ = (counted[result] for result in (Result.VALID, Result.INVALID, Result.ACCEPTABLE))
    titles = ("scheme", "seen at", "headers", "signed content", "tag", "key bytes", "several secrets", "time", "id of")
    asked = ("library", "flag", "outcome", "vectors", "cause")
    rows = [(e["library"], f"`{e['flag']}`", e["outcome"], str(len(e["vectors"])), e["cause"]) for e in disagreements()]
    lines = [
        _HEAD,
        *_table(titles, *map(_row, SCHEMES.values())),
        _NOTES,
        f"`contracts/standard_webhooks/vectors/signatures.json` holds {len(vectors())} deliveries of Standard Webhooks 1.0.0:",
        f"{valid} valid, {invalid} invalid, {open_} acceptable (either answer is right).",
        "Its README says how to use it.",
        _ASKED,
        *_table(asked, *rows),
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

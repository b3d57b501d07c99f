"""The page of survivors: each with its place, its change and the verdict that the triage gives it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.mutation.mutants import Mutant

HEAD = """# Survivors

Written by `benchmarks/mutation/run.py` from `triage.json`. *equivalent*: no input tells the change from the original; *accepted*: some
input would, and it is said why no test is worth its keep. Texts for people (messages) are counted in `result.json` and not listed.

| place | change | verdict | reason |
| --- | --- | --- | --- |
"""


def written(survivors: Sequence[Mutant], texts: Mapping[str, str], triage: Path) -> str:
    """Write the page."""
    verdicts = json.loads(triage.read_text()) if triage.exists() else {}
    rows = []
    for mutant in survivors:
        entry = verdicts.get(mutant.key, {"verdict": "open", "reason": ""})
        place = f"{mutant.module.removeprefix('hookproof.')}:{mutant.line}"
        shown = f"`{change(mutant, texts[mutant.module])}`"
        rows.append(f"| {place} | {shown} | {entry['verdict']} | {entry['reason']} |".replace("\n", " "))
    return HEAD + "\n".join(rows) + "\n"


def change(mutant: Mutant, source: str) -> str:
    """Give the changed line beside the original one, on one line."""
    old, new = source.splitlines(), mutant.mutate(source).splitlines()
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)) - 1)
    return f"{old[at].strip()} -> {new[at].strip() if at < len(new) else ''} ({mutant.operator})".replace("|", "\\|").replace("`", "'")

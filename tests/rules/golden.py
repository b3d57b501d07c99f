"""What the judge said of the told stories when this was last agreed: outcomes in letters, evidence and readings as digests.

Law: a recording that is judged again is judged the same. Whoever changes a rule on purpose writes the file anew and reads what
changed: ``python -m tests.rules.golden`` from the root of the repository.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hookproof.judge import judge
from hookproof.model.transcript import Transcript
from hookproof.model.verdict import Outcome, Verdict
from hookproof.rules.catalogue import RULES
from tests.rules.contract_value import CONTRACT, PARAMETERS, clause
from tests.rules.stories import coarse, story

STORIES, BLOCK = 160, 10
FILES: dict[Callable[[int], Transcript], Path] = {
    told: Path(__file__).with_name(f"golden_{name}.json") for told, name in ((story, "verdicts"), (coarse, "coarse_verdicts"))
}
"""What was agreed of the stories as they are, and as a coarse clock would have recorded them."""
LETTERS = {Outcome.BROKEN: "b", Outcome.KEPT: "k", Outcome.NOT_OBSERVED: "-", Outcome.NOT_APPLICABLE: "."}
Said = dict[str, dict[str, str]]
"""By rule: ``outcomes``, one letter for each story of a block, and ``digest`` of evidence, findings, readings and grades."""


def agreed(tell: Callable[[int], Transcript] = story) -> list[Said]:
    """Read what was agreed, block by block."""
    found: list[Said] = json.loads(FILES[tell].read_text())
    return found


def said(block: int, rules: frozenset[str], tell: Callable[[int], Transcript] = story) -> Said:
    """Judge one block of stories by these rules."""
    contract = replace(CONTRACT, clauses=tuple(clause(name) for name in sorted(rules)))
    found: dict[str, list[list[Verdict]]] = {name: [] for name in sorted(rules)}
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        verdicts = judge(contract, tell(seed))
        for name, told in found.items():
            told.append([verdict for verdict in verdicts if verdict.clause.endswith("/" + name)])
    return {name: {"outcomes": "".join(map(_letter, told)), "digest": _digest(told)} for name, told in found.items()}


def _letter(verdicts: list[Verdict]) -> str:
    """Give the worst outcome of a rule, which may have judged event by event."""
    return next(letter for outcome, letter in LETTERS.items() if outcome in {verdict.outcome for verdict in verdicts})


def _digest(told: list[list[Verdict]]) -> str:
    """Cover all but the wording: messages may be improved without being agreed again."""
    facts = [
        (v.event, v.outcome, v.judgement.evidence, v.judgement.grade, v.judgement.reading, _findings(v))
        for verdicts in told
        for v in verdicts
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def _findings(verdict: Verdict) -> list[tuple[tuple[str, ...], str, bytes]]:
    return [(finding.evidence, finding.pointer, finding.excerpt) for finding in verdict.judgement.findings]


def judgeable() -> frozenset[str]:
    """Give the rules whose clauses have all the parameters that they ask for."""
    return frozenset(name for name, rule in RULES.items() if rule.parameters - rule.optional <= set(PARAMETERS.get(name, {})))


def main() -> None:
    """Write the files anew."""
    for tell, file in FILES.items():
        blocks = [said(block, judgeable(), tell) for block in range(STORIES // BLOCK)]
        file.write_text(json.dumps(blocks, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()

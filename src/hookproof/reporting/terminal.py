"""The terminal: what a run came to, and what a contract promises.

Law: everything is printed as plain, escaped text objects, never as markup; words carry the meaning, colour only repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hookproof.model.contract import Clause, Contract, Role
from hookproof.model.transcript import RunHeader
from hookproof.model.verdict import Finding, Level, Outcome, Verdict
from hookproof.reporting.advice import advice
from hookproof.reporting.tally import by_clause, families, statement
from hookproof.reporting.text import body_rows, printable
from hookproof.rules.rule import Rule

_FINDINGS_SHOWN = 3
_IDS_SHOWN = 10
_INDENT = 13
_STYLE = {Level.MUST: "bold red", Level.SHOULD: "yellow", Level.MAY: "cyan"}
_WORD = {Level.MUST: "BROKEN", Level.SHOULD: "WARNING, broken", Level.MAY: "INFORMATION, broken"}


def _unshown(_verdict: Verdict) -> str:
    """Show no bytes."""
    return ""


def print_summary(
    console: Console,
    header: RunHeader,
    contract: Contract,
    verdicts: Sequence[Verdict],
    *,
    require_complete: bool = False,
    evidence: Callable[[Verdict], str] = _unshown,
) -> None:
    """Print the families, then each broken clause, then what was not observed, and last one plain statement.

    ``evidence`` gives the bytes to be shown of a broken verdict, empty where they are shown elsewhere.
    """
    target = header.target.get("url") or header.target.get("name") or "the target"
    _line(console, f"{header.role} {target} against {contract.name} {contract.revision}, profile {header.profile}, seed {header.seed}")
    if verdicts:
        _blank(console)
        _print_families(console, verdicts)
    broken = by_clause(verdict for verdict in verdicts if verdict.outcome is Outcome.BROKEN)
    for level in Level:
        for clause, members in broken.items():
            if members[0].level is level:
                _print_broken(console, clause, contract.clauses_by_id.get(clause), members, evidence(members[0]))
    _print_unobserved(console, verdicts)
    for number, line in enumerate(advice(header, contract, verdicts)):
        if not number:
            _blank(console)
            _line(console, "what you can do", "bold")
        _line(console, f"  {line}")
    _blank(console)
    said = statement(verdicts, require_complete=require_complete, clauses=len(contract.clauses_for(Role(header.role))))
    console.print(_text(console, said, "bold green" if said.startswith("conforms") else "bold red"), soft_wrap=True)


def _text(console: Console, text: str, style: str = "") -> Text:
    shown = printable(text)
    if not console.encoding.lower().replace("-", "").startswith("utf"):
        shown = shown.encode(console.encoding, "backslashreplace").decode(console.encoding)
    return Text(shown, style=style, overflow="fold")


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(_text(console, text, style))


def _blank(console: Console) -> None:
    console.print(Text(""))


_COLUMNS = ((Outcome.KEPT, "kept", "green"), (Outcome.BROKEN, "broken", "bold red"), (Outcome.NOT_APPLICABLE, "n/a", ""),
            (Outcome.NOT_OBSERVED, "unseen", "yellow"))  # fmt: skip


def _print_families(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Print one line per family; readings that do not fit into it stand below, indented."""
    found = families(verdicts)
    name, grade = (
        max(map(len, words)) for words in ([f.topic for f in found] + ["family"], [", ".join(f.grades) for f in found] + ["grade"])
    )
    headings = "".join(f"  {heading:>6}" for _, heading, _ in _COLUMNS)
    _line(console, f"{'family':<{name}}{headings}  {'grade':<{grade}}  readings", "bold")
    for family in found:
        row = _text(console, f"{family.topic:<{name}}")
        for outcome, _, style in _COLUMNS:
            count = family.outcomes.get(outcome, 0)
            row.append_text(_text(console, f"  {count:>6}", style if count else ""))
        row.append_text(_text(console, f"  {', '.join(family.grades):<{grade}}"))
        readings = _text(console, "; ".join(family.readings))
        if row.cell_len + 2 + readings.cell_len <= console.width:
            row.append("  ").append_text(readings)
            readings = Text("")
        row.rstrip()
        console.print(row)
        if readings:
            console.print(Padding(readings, (0, 0, 0, 4), expand=False))


def _entry(console: Console, label: str, text: str) -> None:
    """Print a labelled paragraph whose further lines stand under its first."""
    row = Table.grid(padding=0)
    row.add_column(width=_INDENT, no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(f"  {label}"), _text(console, text))
    console.print(row)


def _print_broken(console: Console, clause_id: str, clause: Clause | None, verdicts: Sequence[Verdict], exchanged: str) -> None:
    level = verdicts[0].level
    _blank(console)
    _line(console, f"{_WORD[level]} {level.value} {clause_id}", _STYLE[level])
    _entry(console, "promise", clause.promise if clause else "the contract given here has no such clause")
    if clause:
        _entry(console, "source", str(clause.source))
    found = [(verdict, finding) for verdict in verdicts for finding in _findings(verdict)]
    for verdict, finding in found[:_FINDINGS_SHOWN]:
        _print_finding(console, verdict, finding)
    if len(found) > _FINDINGS_SHOWN:
        _entry(console, "and", f"{len(found) - _FINDINGS_SHOWN} more findings")
    events = list(dict.fromkeys(verdict.event for verdict in verdicts if verdict.event))
    if len(events) > 1:
        _entry(console, "events", _listed(events))
    if clause and clause.mend:
        _entry(console, "to mend", clause.mend)
    for line in exchanged.splitlines():
        console.print(_text(console, f"    {line}"), soft_wrap=True)
    command = next((verdict.reproduce for verdict in verdicts if verdict.reproduce), "")
    if command:  # never wrapped, so that it can be copied whole
        console.print(_text(console, f"  reproduce  {command}"), soft_wrap=True)


def _findings(verdict: Verdict) -> Sequence[Finding]:
    judged = verdict.judgement
    return judged.findings or (Finding(message=judged.reason, evidence=judged.evidence),)


def _print_finding(console: Console, verdict: Verdict, finding: Finding) -> None:
    event = f"[{verdict.event}] " if verdict.event else ""
    where = f" (at {finding.pointer})" if finding.pointer else ""
    _entry(console, "seen", f"{event}{finding.message}{where}")
    if finding.evidence:
        _entry(console, "evidence", _listed(finding.evidence))
    for number, row in enumerate(body_rows(finding.excerpt) if finding.excerpt else ()):
        if console.width >= 2 * _INDENT + len(row):
            _entry(console, "" if number else "bytes", row)
        else:
            if not number:
                _line(console, "  bytes")
            console.print(Padding(_text(console, row), (0, 0, 0, 4), expand=False))


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _IDS_SHOWN} more" if len(words) > _IDS_SHOWN else ""
    return ", ".join(words[:_IDS_SHOWN]) + more


def _print_unobserved(console: Console, verdicts: Sequence[Verdict]) -> None:
    reasons: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.outcome is Outcome.NOT_OBSERVED:
            reasons.setdefault(verdict.judgement.reason, []).append(verdict)
    if reasons:
        _blank(console)
        _line(console, "not observed", "bold yellow")
    for reason, members in sorted(reasons.items(), key=lambda item: -len(item[1])):
        clauses = by_clause(members)
        names = [f"{clause} ({len(items)} events)" if len(items) > 1 else clause for clause, items in clauses.items()]
        _line(console, f"  {reason}: {len(members)} verdicts of {len(clauses)} clauses")
        console.print(Padding(_text(console, ", ".join(names)), (0, 0, 0, 4), expand=False))


def explain_clause(console: Console, clause: Clause, rule: Rule | None = None, catches: Sequence[tuple[str, str]] = ()) -> None:
    """Print everything that is known of one clause.

    That is what its contract says, how its ``rule`` judges it, and which flaws it ``catches`` (id and title).
    """
    level = clause.level.value
    if clause.level_if_declared and clause.declared_by:
        level += f"; {clause.level_if_declared.value} if the target declares {clause.declared_by}"
    _line(console, clause.id, "bold")
    _entry(console, "level", level)
    _entry(console, "judges", ", ".join(clause.roles))
    _entry(console, "promise", clause.promise)
    _entry(console, "source", str(clause.source))
    if clause.rule:
        chosen = "; ".join(f"{name}: {value}" for name, value in clause.parameters.items())
        _entry(console, "rule", f"{clause.rule}{f' with {chosen}' if chosen else ''}")
    for label, text in (("not judged", clause.excluded), ("ambiguity", clause.ambiguity)):
        if text:
            _entry(console, label, text)
    if rule is not None:
        _entry(console, "judged by", f"{rule.name}: {rule.promise}")
        _entry(console, "staged in", ", ".join(rule.situations) or "any recording")
        _entry(console, "needs", ", ".join(rule.needs) or f"nothing but {_LEAST[clause.roles[0]]}")
    _entry(console, "to mend", _mending(clause, rule, catches))
    shown = [f"{name}: {title}" for name, title in catches] or ["no flaw that we ship; its rule is tested on made-up recordings"]
    for number, text in enumerate(shown if rule is not None else ["nothing, because it is not judged"]):
        _entry(console, "" if number else "catches", text)


_LEAST = {Role.PLATFORM: "the subscription API", Role.RECEIVER: "its URL, and its secret if it verifies signatures"}


def _mending(clause: Clause, rule: Rule | None, catches: Sequence[tuple[str, str]]) -> str:
    if clause.mend:
        return clause.mend
    if rule is None:
        return "No verdict asks for it; whoever relies on the promise must look for themselves."
    known = "look first whether it does what a flaw below does; " if catches else ""
    return f"{known}a failing run shows the bytes and a command that repeats the case."


def list_clauses(console: Console, contract: Contract) -> None:
    """Print one line per clause: level, id and whether it is judged."""
    for clause in contract.clauses:
        excluded = "  (not judged)" if clause.excluded else ""
        console.print(_text(console, f"{clause.level.value:<7}{clause.id}{excluded}"), soft_wrap=True)


def list_contracts(console: Console, contracts: Iterable[Contract]) -> None:
    """Print one line per contract: name, revision, how many clauses and events it has, title."""
    for contract in contracts:
        counts = f"{len(contract.clauses)} clauses, {len(contract.events)} events"
        console.print(_text(console, f"{contract.name}  {contract.revision}  {counts}  {contract.title}"), soft_wrap=True)

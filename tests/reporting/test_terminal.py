"""Laws of the summary: it counts everything, hides nothing, obeys nobody, and ends with one plain statement."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from hookproof.model.contract import Contract
from hookproof.model.transcript import RunHeader
from hookproof.model.verdict import Finding, Judgement, Level, Outcome, Verdict, not_applicable, not_observed
from hookproof.reporting.tally import families, statement
from hookproof.reporting.terminal import explain_clause, list_clauses, list_contracts, print_summary

SCHEDULE, STOPS, SIGNED, JITTER = "orbit/retries/default-schedule", "orbit/retries/stops", "orbit/signing/signed", "orbit/retries/jitter"
HOSTILE = "\x1b[31m\x00\u202e[bold]x[/bold] [link=http://x]y[/] :smile: \ud800\n::error::pwn\u2028"
STYLE = "\x1b\\[[0-9;]*m"
KEPT = Judgement(outcome=Outcome.KEPT, reason="kept", evidence=("a1",), reading="10 sends", grade="virtual")


def broke(message: str = "no signature", excerpt: bytes = b"") -> Judgement:
    """A judgement with one finding."""
    finding = Finding(message=message, evidence=("a1", "a2"), pointer="/type", excerpt=excerpt)
    return Judgement(outcome=Outcome.BROKEN, reason=message, evidence=("a1", "a2"), findings=(finding,))


def verdict(clause: str, judgement: Judgement, level: Level = Level.MUST, event: str | None = None) -> Verdict:
    """A verdict with the command that a run would give it."""
    return Verdict(clause=clause, level=level, judgement=judgement, event=event, reproduce=f"pytest suites/ -k '{clause}' --seed 7")


def shown(
    header: RunHeader, contract: Contract, verdicts: list[Verdict], *, width: int = 80, colour: bool = False, encoding: str = "utf-8"
) -> str:
    """The summary as text."""
    buffer = io.BytesIO()
    file = io.TextIOWrapper(buffer, encoding=encoding, newline="\n")
    console = Console(file=file, width=width, force_terminal=colour, color_system="standard" if colour else None)
    print_summary(console, header, contract, verdicts)
    file.flush()
    return buffer.getvalue().decode(encoding)


EVERYTHING = [
    verdict(SCHEDULE, KEPT),
    verdict(JITTER, broke("waits are equal"), Level.SHOULD),
    verdict(SIGNED, broke(excerpt=b'{"type":"x"}'), event="call.ended"),
    verdict(SIGNED, KEPT, event="call.started"),
    verdict(STOPS, not_observed("needs retry")),
]


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("colour", [True, False])
def test_everything_is_said_at_any_width(header: RunHeader, contract: Contract, width: int, *, colour: bool) -> None:
    """Ids, levels, promises, sources, findings, evidence, bytes, commands and reasons are there, within the width, coloured or not."""
    text = re.sub(STYLE, "", shown(header, contract, EVERYTHING, width=width, colour=colour))
    for part in (
        "BROKEN MUST orbit/signing/signed", "It keeps signed.", "Guide § Retries", "[call.ended] no signature (at /type)", "a1, a2",
        '{"type":"x"}', f"reproduce  pytest suites/ -k '{SIGNED}' --seed 7", "WARNING, broken SHOULD orbit/retries/jitter",
            "waits are equal",
        "needs retry: 1 verdicts of 1 clauses", STOPS, "10 sends", "virtual", "  to mend    Mend it.",
    ):  # fmt: skip
        assert part in text
    wide = [line for line in text.splitlines() if cell_len(line) > width]
    assert all(line.startswith(("  reproduce", "does not conform")) for line in wide)


def test_must_comes_before_should_and_the_statement_last(header: RunHeader, contract: Contract) -> None:
    """The worst stands first, warnings after it, then what was not seen, and the last line is the statement."""
    text = shown(header, contract, EVERYTHING)
    places = [text.index(part) for part in ("BROKEN MUST", "WARNING", "not observed", "does not conform: 1 MUST broken")]
    assert places == sorted(places)
    assert text.endswith("1 MUST not observed\n")


def test_bytes_stand_below_the_promise_that_they_break(header: RunHeader, contract: Contract) -> None:
    """Evidence is printed of each broken clause, line by line and never wrapped, before the command that repeats it."""
    console = Console(file=io.StringIO(), width=80)
    long = "> X-Long: " + "x" * 200
    print_summary(console, header, contract, EVERYTHING, evidence=lambda each: f"sent by {each.clause}\n{long}")
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined] # it is the one that was given
    for clause in (SIGNED, JITTER):
        at = lines.index(f"    sent by {clause}")
        assert lines[at + 1] == f"    {long}"
        assert lines[at + 2].startswith("  reproduce  ")
    assert sum("sent by" in line for line in lines) == 2


def test_colour_only_repeats_what_words_say(header: RunHeader, contract: Contract) -> None:
    """Without colour there is no escape sequence at all, and with it no other word."""
    plain, coloured = (shown(header, contract, EVERYTHING, colour=colour) for colour in (False, True))
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert re.sub(STYLE, "", coloured) == plain


def test_no_color_is_respected(header: RunHeader, contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR takes the colours away on a terminal too."""
    monkeypatch.setenv("NO_COLOR", "1")
    file = io.StringIO()
    print_summary(Console(file=file, width=80, force_terminal=True), header, contract, EVERYTHING)
    assert not re.search("\x1b\\[[0-9;]*3[0-9]", file.getvalue())


@settings(max_examples=30)
@given(text=st.text(alphabet=st.characters()) | st.just(HOSTILE), raw=st.binary(max_size=60), width=st.sampled_from([80, 200]))
def test_a_target_cannot_command_the_terminal(header: RunHeader, contract: Contract, text: str, raw: bytes, width: int) -> None:
    """Whatever comes from a target, only printable text and our own newlines reach the terminal, with and without colour."""
    bad = [
        verdict(SIGNED, broke(text, raw), event=text or None),
        verdict(STOPS, not_observed(text)),
        verdict(SCHEDULE, replace(KEPT, reading=text)),
    ]
    hostile = replace(header, target={"url": text})
    for colour in (False, True):
        out = re.sub(STYLE, "", shown(hostile, contract, bad, width=width, colour=colour))
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]", out)
        assert "::error" not in out
        assert not re.search(r"(?m)^\s*::[A-Za-z]", out)


def test_markup_of_a_target_is_shown_as_text(header: RunHeader, contract: Contract) -> None:
    """Rich markup and emoji codes in what a target sent are shown as they are."""
    text = shown(header, contract, [verdict(SIGNED, broke("[bold]x[/bold] :smile:"))])
    assert "[bold]x[/bold] :smile:" in text


def test_binary_culprits_are_shown_as_hex(header: RunHeader, contract: Contract) -> None:
    """Bytes that are no text are shown as hex and text, and fit 80 columns."""
    text = shown(header, contract, [verdict(SIGNED, broke(excerpt=bytes(range(0x40, 0x60)) + b"\x00\xff"))])
    assert "0000  40 41 42 43" in text
    assert "0020  00 ff" in text


def test_a_terminal_without_unicode_is_served(header: RunHeader, contract: Contract) -> None:
    """On an ASCII or Latin-1 terminal the summary is printed all the same."""
    for encoding in ("ascii", "latin-1"):
        text = shown(header, contract, [verdict(SIGNED, broke("é € 😀"))], encoding=encoding)
        assert "\\u20ac" in text


def test_many_findings_and_events_are_counted(header: RunHeader, contract: Contract) -> None:
    """A promise broken for every event is told by three findings and a count, once, with one command."""
    text = shown(header, contract, [verdict(SIGNED, broke(f"m{n}"), event=f"e{n}") for n in range(40)])
    assert "37 more findings" in text
    assert "and 30 more" in text
    assert text.count("BROKEN") == text.count("reproduce") == 1
    assert "m3 " not in text


def test_unobserved_clauses_are_grouped_by_reason(header: RunHeader, contract: Contract) -> None:
    """Each reason stands once with all its clauses; events are counted."""
    many = [verdict(SIGNED, not_observed("needs emit"), event=f"e{n}") for n in range(3)]
    text = shown(header, contract, [*many, verdict(STOPS, not_observed("needs emit")), verdict(SCHEDULE, not_observed("needs time"))])
    assert "needs emit: 4 verdicts of 2 clauses" in text
    assert f"{SIGNED} (3 events), {STOPS}" in text
    assert text.index("needs emit") < text.index("needs time")


def test_a_clause_that_the_contract_lacks_is_still_told(header: RunHeader, contract: Contract) -> None:
    """Results of another revision are printed, and say that the clause is unknown."""
    assert "no such clause" in shown(header, contract, [verdict("orbit/old/gone", broke())])


@given(st.lists(st.builds(
    verdict, st.sampled_from([SCHEDULE, STOPS, SIGNED]), st.sampled_from([KEPT, broke(), not_observed("x"), not_applicable("y")]),
)))  # fmt: skip
def test_families_count_every_verdict_once(verdicts: list[Verdict]) -> None:
    """The counts of all families add up to the verdicts."""
    assert sum(sum(family.outcomes.values()) for family in families(verdicts)) == len(verdicts)


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([], "nothing observed: 0 of 0 clauses"),
        ([verdict(STOPS, not_observed("x")), verdict(SIGNED, not_applicable("y"))], "nothing observed: 0 of 2 clauses"),
        ([verdict(STOPS, KEPT)], "conforms: 0 MUST broken, 1 MUST kept, 0 SHOULD broken; every applicable MUST was observed"),
        ([verdict(STOPS, KEPT), verdict(JITTER, broke(), Level.SHOULD)], "conforms: 0 MUST broken, 1 MUST kept, 1 SHOULD broken;"),
        ([verdict(STOPS, KEPT), verdict(JITTER, broke(), Level.MAY)], "conforms: 0 MUST broken, 1 MUST kept, 0 SHOULD broken;"),
        (
            [verdict(STOPS, KEPT), verdict(SIGNED, not_observed("x"))],
            "conforms: 0 MUST broken, 1 MUST kept, 0 SHOULD broken; incomplete: 1 MUST",
        ),
        (EVERYTHING, "does not conform: 1 MUST broken, 1 MUST kept, 1 SHOULD broken, 1 MUST not observed"),
        ([verdict(SIGNED, broke(), event=str(n)) for n in range(9)], "does not conform: 1 MUST broken, 0 MUST kept"),
    ],
)
def test_the_statement_fits_the_situation(verdicts: list[Verdict], said: str) -> None:
    """Clauses, not verdicts, are counted in the statement; a clause is only kept if all its events are."""
    assert statement(verdicts).startswith(said)
    assert "\n" not in statement(verdicts)


def test_whoever_asked_for_some_clauses_is_told_so() -> None:
    """Conformance in a few chosen clauses is never told as if all had been asked for."""
    assert statement([verdict(STOPS, KEPT)], clauses=1).endswith("; every applicable MUST was observed")
    assert statement([verdict(STOPS, KEPT)], clauses=2).endswith(" 0 SHOULD broken; only 1 of 2 clauses were asked for")
    seen = [verdict(STOPS, KEPT), verdict(SIGNED, not_observed("x"))]
    assert statement(seen, clauses=9).endswith("; incomplete: 1 MUST not observed; only 2 of 9 clauses were asked for")


def test_undecided_is_said_only_where_completeness_is_required() -> None:
    """An unobserved MUST leaves a required-complete run undecided; a broken one decides it all the same."""
    seen = [verdict(STOPS, KEPT), verdict(SIGNED, not_observed("x"))]
    assert statement(seen, require_complete=True).startswith("undecided: 1 MUST not observed, 0 MUST broken, 1 MUST kept")
    assert statement([*seen, verdict(SCHEDULE, broke())], require_complete=True).startswith("does not conform: 1 MUST broken")
    assert statement([], require_complete=True).startswith("nothing observed")


def printed(contract: Contract) -> Console:
    """A recording console, 80 columns wide."""
    assert contract
    return Console(file=io.StringIO(), width=80, record=True)


def test_a_clause_is_explained(contract: Contract) -> None:
    """Everything that the contract says of a clause is printed: also declared levels, readings and why it is not judged."""
    console = printed(contract)
    clause = contract.clauses_by_id[SIGNED]
    explain_clause(
        console, replace(clause, parameters={"n": 3}, level_if_declared=Level.MUST, declared_by="signing", ambiguity="Two [readings].")
    )
    explain_clause(console, replace(clause, rule=None, excluded="Nobody can see it."))
    text = console.export_text()
    for part in (
        SIGNED,
        "MUST if the target declares signing",
        "rule with n: 3",
        "Two [readings].",
        "Nobody can see it.",
        "Guide § Retries",
    ):
        assert part in text


def test_clauses_and_contracts_are_listed_one_a_line(contract: Contract) -> None:
    """Lists have one whole line per entry at any width."""
    console = printed(contract)
    list_clauses(console, contract)
    list_contracts(console, [contract, contract])
    lines = console.export_text().splitlines()
    assert lines[0] == "MUST   orbit/retries/default-schedule"
    assert len(lines) == len(contract.clauses) + 2
    assert lines[-1] == "orbit  1  4 clauses, 0 events  Orbit"

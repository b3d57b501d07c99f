"""Laws of results files: the same verdicts give the same bytes, and every fact comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookproof.model.errors import HookproofError, IllFormedError
from hookproof.model.transcript import RunHeader
from hookproof.model.verdict import Finding, Judgement, Level, Outcome, Verdict
from hookproof.reporting.results import read_results, results_lines, write_results
from hookproof.reporting.secrets import Redactor

SCHEMA = Path(__file__).parents[2] / "contracts" / "schemas" / "results.schema.json"
DIGEST = "sha256:" + "0" * 64
ANY_TEXT = st.text(alphabet=st.characters())
IDS = st.lists(ANY_TEXT, max_size=4).map(tuple)
FINDINGS = st.builds(Finding, message=ANY_TEXT, evidence=IDS, pointer=ANY_TEXT, excerpt=st.binary(max_size=400))
JUDGEMENTS = st.one_of(
    st.builds(Judgement, outcome=st.sampled_from(list(Outcome)), reason=ANY_TEXT, evidence=IDS, reading=ANY_TEXT, grade=ANY_TEXT),
    st.builds(
        Judgement, outcome=st.just(Outcome.BROKEN), reason=ANY_TEXT, evidence=IDS, findings=st.lists(FINDINGS, max_size=3).map(tuple)
    ),
)
VERDICTS = st.builds(
    Verdict,
    clause=ANY_TEXT.filter(bool),
    level=st.sampled_from(list(Level)),
    judgement=JUDGEMENTS,
    event=st.none() | ANY_TEXT.filter(bool),
    reproduce=ANY_TEXT,
)


def lines_of(header: RunHeader, verdicts: list[Verdict]) -> list[dict[str, Any]]:
    """The lines of a results file, parsed."""
    return [json.loads(line) for line in results_lines(header, verdicts, transcript_digest=DIGEST, complete=True)]


def kept(evidence: int) -> Verdict:
    """A verdict with so many records as evidence."""
    ids = tuple(f"a{n}" for n in range(evidence))
    return Verdict(clause="orbit/a/b", level=Level.MUST, judgement=Judgement(outcome=Outcome.KEPT, reason="", evidence=ids))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(verdicts=st.lists(VERDICTS, max_size=5), complete=st.booleans(), digest=st.none() | st.just(DIGEST))
def test_every_verdict_comes_back(
    tmp_path: Path, header: RunHeader, verdicts: list[Verdict], digest: str | None, *, complete: bool
) -> None:
    """What is written is read, in the order of clause and event; the header without what stands in the transcript only."""
    path = tmp_path / "r.ndjson"
    write_results(path, header, verdicts, transcript_digest=digest, complete=complete)
    results = read_results(path)
    assert list(results.verdicts) == sorted(verdicts, key=lambda v: (v.clause, v.event or ""))
    assert results.header == replace(header, salt="", reproduce="")
    footer = results.footer
    assert (footer.transcript_digest, footer.complete) == (digest, complete)
    assert footer.kept + footer.broken + footer.not_applicable + footer.not_observed == len(verdicts)
    assert path.read_bytes().isascii()


@given(verdicts=st.lists(VERDICTS, max_size=5, unique_by=lambda v: (v.clause, v.event or "")), data=st.data())
def test_order_and_key_order_do_not_change_the_bytes(header: RunHeader, verdicts: list[Verdict], data: st.DataObject) -> None:
    """A live run and an offline judge give the same bytes, in whatever order verdicts and header members come."""
    shuffled = data.draw(st.permutations(verdicts))
    other = replace(header, target=dict(reversed(list(header.target.items()))), salt="x", reproduce="y")
    first = list(results_lines(header, verdicts, transcript_digest=DIGEST, complete=True))
    assert first == list(results_lines(other, shuffled, transcript_digest=DIGEST, complete=True))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(verdicts=st.lists(VERDICTS, max_size=5), digest=st.none() | st.just(DIGEST))
def test_every_line_fits_the_published_schema(header: RunHeader, verdicts: list[Verdict], digest: str | None) -> None:
    """Every line is what contracts/schemas/results.schema.json publishes."""
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
    for raw in results_lines(header, verdicts, transcript_digest=digest, complete=True):
        line = json.loads(raw.decode().replace("\\ud", "\\u0"))  # the validator's JSON has no lone surrogates
        assert not [error.message for error in validator.iter_errors(line)]


def test_a_long_list_of_evidence_is_cut_and_counted(header: RunHeader) -> None:
    """At most 50 ids are listed, and how many there are is said only when some are left out."""
    exact, longer = (lines_of(header, [kept(count)])[1] for count in (50, 51))
    assert (len(exact["evidence"]), "evidence_total" in exact) == (50, False)
    assert (longer["evidence"], longer["evidence_total"]) == (exact["evidence"], 51)


def test_the_schema_knows_a_cut_list_of_evidence(header: RunHeader) -> None:
    """A cut list of evidence fits the published schema too."""
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
    assert not [error.message for error in validator.iter_errors(lines_of(header, [kept(51)])[1])]


def test_header_and_footer_are_as_published(header: RunHeader) -> None:
    """The members and their order are those of the interface document; findings stand only where a promise is broken."""
    first, verdict, last = lines_of(header, [kept(1)])
    assert list(first) == [
        "kind", "format", "hookproof", "contract", "contract_digest", "role", "target", "capabilities", "seed", "profile", "started_at"
    ]  # fmt: skip
    assert list(verdict) == ["kind", "clause", "level", "outcome", "reason", "evidence", "grade", "reading", "event", "reproduce"]
    assert list(last) == ["kind", "kept", "broken", "not_applicable", "not_observed", "transcript_digest", "complete"]


def test_an_excerpt_is_escaped_text(header: RunHeader) -> None:
    """The bytes around a culprit are printable text that tells a control byte from its JSON escape."""
    finding = Finding(message="m", excerpt=b"\x1b\\u001b\xff")
    judged = Judgement(outcome=Outcome.BROKEN, reason="m", findings=(finding,))
    line = lines_of(header, [Verdict(clause="orbit/a/b", level=Level.MUST, judgement=judged)])[1]
    assert line["findings"] == [{"message": "m", "evidence": [], "pointer": "", "excerpt": r"\u{1b}\u001b\x{ff}"}]


def test_a_file_torn_anywhere_is_refused(tmp_path: Path, header: RunHeader) -> None:
    """At every cut point the file is refused; a missing footer means a torn file."""
    path = tmp_path / "r"
    write_results(path, header, [kept(1)], transcript_digest=DIGEST, complete=True)
    raw = path.read_bytes()
    for size in range(len(raw)):
        path.write_bytes(raw[:size])
        with pytest.raises(IllFormedError) as caught:
            read_results(path)
        lines = raw[:size].count(b"\n")
        assert caught.value.place.startswith(f"line {lines + 1}")


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ('"kept": 1', '"kept": 2', "the footer counts"),
        ('"MUST"', '"WILL"', "WILL"),
        ('"outcome": "kept"', '"outcome": "fine"', "fine"),
        ('"kind": "verdict"', '"kind": "note"', "not part of"),
        ('"evidence": ["a0"]', '"evidence": "a0"', "not of type list"),
        ('"seed": 7', '"seed": "7"', "not of type int"),
        ("results/1", "results/9", "results/9"),
        ('"reproduce": ""', '"reproduce": "", "findings": [5]', "not a verdict"),
        ('"reproduce": ""', '"reproduce": "", "findings": [{"excerpt": "\\\\u{ffffff}"}]', "not a verdict"),
    ],
)
def test_a_line_that_is_not_ours_is_named(tmp_path: Path, header: RunHeader, old: str, new: str, cause: str) -> None:
    """Wrong counts, words, types and versions are refused with line and cause."""
    path = tmp_path / "r"
    write_results(path, header, [kept(1)], transcript_digest=DIGEST, complete=True)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(IllFormedError, match=cause) as caught:
        read_results(path)
    assert caught.value.place.startswith("line ")


def test_results_with_a_secret_are_not_written(tmp_path: Path, header: RunHeader) -> None:
    """A results file that would disclose a secret does not come to be, and a former one stays."""
    path = tmp_path / "r"
    path.write_bytes(b"former")
    check = Redactor({"api key": "127.0.0.1"}).assert_clean
    with pytest.raises(HookproofError, match="api key"):
        write_results(path, header, [], transcript_digest=None, complete=True, check=check)
    assert [file.name for file in tmp_path.iterdir()] == ["r"]
    assert path.read_bytes() == b"former"


def test_results_that_cannot_be_written_are_an_error_of_configuration(tmp_path: Path, header: RunHeader) -> None:
    """A name that is a folder's is refused with advice, and no draft is left behind."""
    (tmp_path / "r").mkdir()
    with pytest.raises(IllFormedError, match="cannot be written"):
        write_results(tmp_path / "r", header, [], transcript_digest=None, complete=True)
    assert [file.name for file in tmp_path.iterdir()] == ["r"]

"""Laws of transcript files: nothing is lost, and nothing torn or altered is taken for whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookproof.model.errors import HookproofError, IllFormedError
from hookproof.model.transcript import Advance, Answer, Attempt, Emission, Exchange, Note, Record, RunHeader, Subscription
from hookproof.reporting import ndjson, transcripts
from hookproof.reporting.transcripts import TranscriptWriter, read_transcript

ANY_TEXT = st.text(alphabet=st.characters())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
PAIRS = st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=3).map(tuple)
TIME = st.integers(min_value=0, max_value=2**63)
COMMON = {"id": ANY_TEXT, "situation": ANY_TEXT, "at": TIME}
MAYBE_TEXT, MAYBE_TIME = st.none() | ANY_TEXT, st.none() | TIME
TIMES = {"started_at": TIME, "done_at": TIME}
ANSWERS = st.builds(Answer, status=st.integers(100, 599), headers=PAIRS, body=st.binary(), body_repeat=st.integers(1, 9))
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(
        Subscription, **COMMON, action=ANY_TEXT, scope=ANY_TEXT, endpoint=ANY_TEXT, endpoint_id=ANY_TEXT, secret=MAYBE_TEXT,
        event_types=st.lists(ANY_TEXT, max_size=3).map(tuple), exchange=MAYBE_TEXT,
    ),
    st.builds(
        Emission, **COMMON, **TIMES, scope=ANY_TEXT, type=ANY_TEXT, data=JSON, event_id=MAYBE_TEXT, status=st.integers(0, 599),
        started_wall=TIME, clock=MAYBE_TEXT,
    ),
    st.builds(
        Attempt, **COMMON, endpoint=ANY_TEXT, connection=ANY_TEXT, method=ANY_TEXT, target=ANY_TEXT, http_version=ANY_TEXT,
        headers=PAIRS, body=st.binary(), answer=ANSWERS, accepted_at=TIME, accepted_wall=TIME, body_read_at=MAYBE_TIME,
        malformed=MAYBE_TEXT, head=st.binary(),
    ),
    st.builds(
        Exchange, **COMMON, **TIMES, scope=ANY_TEXT, method=ANY_TEXT, path=ANY_TEXT, key=ANY_TEXT, request_headers=PAIRS,
        request_body=st.binary(), status=st.integers(0, 599), response_headers=PAIRS, response_body=st.binary(), failure=ANY_TEXT,
    ),
    st.builds(Advance, **COMMON, **TIMES, scope=ANY_TEXT, seconds=st.floats(0, 1e9), before=ANY_TEXT, after=ANY_TEXT),
    st.builds(Note, **COMMON, name=ANY_TEXT, facts=st.dictionaries(ANY_TEXT, JSON, max_size=3)),
)  # fmt: skip


def note(number: int) -> Note:
    """One small record."""
    return Note(id=f"n{number}", situation="s", at=number, name="begin", facts={"n": number})


def write(path: Path, header: RunHeader, records: list[Record]) -> str:
    """Write a whole transcript; give its digest."""
    writer = TranscriptWriter(path, header)
    for record in records:
        writer.write(record)
    return writer.close(complete=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(RECORDS, max_size=5), complete=st.booleans(), aborted=st.none() | ANY_TEXT)
def test_every_record_comes_back(tmp_path: Path, header: RunHeader, records: list[Record], aborted: str | None, *, complete: bool) -> None:
    """What is written is read, whatever bytes and characters it holds, and each record is one ASCII line."""
    path = tmp_path / "t.ndjson"
    writer = TranscriptWriter(path, header)
    for record in records:
        writer.write(record)
    digest = writer.close(complete=complete, aborted=aborted)
    transcript, footer = read_transcript(path)
    assert (transcript.header, list(transcript.records)) == (header, records)
    assert (footer.count, footer.digest, footer.complete, footer.aborted) == (len(records), digest, complete, aborted)
    raw = path.read_bytes()
    assert raw.isascii()
    assert raw.count(b"\n") == len(records) + 2


def test_the_digest_covers_all_lines_before_the_footer(tmp_path: Path, header: RunHeader) -> None:
    """Anyone can compute the digest with sha256 over the lines before the footer."""
    digest = write(tmp_path / "t", header, [note(1), note(2)])
    before = b"".join((tmp_path / "t").read_bytes().splitlines(keepends=True)[:-1])
    assert digest == "sha256:" + hashlib.sha256(before).hexdigest()


def test_a_record_is_on_disk_at_once(tmp_path: Path, header: RunHeader) -> None:
    """A run that is killed leaves every record that was written before."""
    writer = TranscriptWriter(tmp_path / "t", header)
    writer.write(note(1))
    assert (tmp_path / "t").read_bytes().count(b"\n") == 2
    writer.close(complete=False, aborted="killed")


def test_a_file_torn_anywhere_is_refused(tmp_path: Path, header: RunHeader) -> None:
    """At every cut point the file is refused, and the error names file, line and how many lines are intact."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    write(whole, header, [note(1), note(2)])
    raw = whole.read_bytes()
    for size in range(len(raw)):
        cut.write_bytes(raw[:size])
        with pytest.raises(IllFormedError) as caught:
            read_transcript(cut)
        lines = raw[:size].count(b"\n")
        assert caught.value.subject == str(cut)
        assert caught.value.place.startswith(f"line {lines + 1}")
        intact = "There is no line before" if lines == 0 else f"{lines} line"
        assert intact in caught.value.remedy


@pytest.mark.parametrize("line", [0, 1, 2, 3])
def test_an_altered_line_is_refused(tmp_path: Path, header: RunHeader, line: int) -> None:
    """Any line changed, repeated or removed after recording is found."""
    path = tmp_path / "t"
    write(path, header, [note(1), note(2)])
    lines = path.read_bytes().splitlines(keepends=True)
    changed = (
        lines[line].replace(b'"n1"', b'"n9"').replace(b'"ci"', b'"cx"').replace(b'"n2"', b'"n9"').replace(b'"count": 2', b'"count": 3')
    )
    for altered in (
        [*lines[:line], changed, *lines[line + 1 :]],
        [*lines[: line + 1], *lines[line:]],
        [*lines[:line], *lines[line + 1 :]],
    ):
        path.write_bytes(b"".join(altered))
        with pytest.raises(IllFormedError):
            read_transcript(path)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"\xff", "not JSON"),
        (b'{"kind":"note","kind":"note"}', "same key twice"),
        (b'{"kind":"note","x":NaN}', "NaN"),
        (b'{"kind":"surprise"}', "surprise"),
        (b'{"kind":"attempt"}', "missing"),
        (b'{"kind":"note","x":' + b"[" * 200_000, "not JSON"),
        (b'{"kind":"note","x":' + b"9" * 5_000 + b"}", "not JSON"),
        (b"", "not JSON"),
        (b'{"kind":"footer","count":1,"digest":"sha256:0","complete":"yes","aborted":null}', "not of type bool"),
        (b'{"kind":"footer","count":true,"digest":"sha256:0","complete":true,"aborted":null}', "not of type int"),
        (b'{"kind":"footer","count":1,"digest":"sha256:0","complete":true,"aborted":5}', "neither text nor null"),
    ],
)
def test_an_ill_formed_line_is_named(tmp_path: Path, header: RunHeader, line: bytes, cause: str) -> None:
    """A line that is not one of ours is refused with its number and cause, never a crash."""
    path = tmp_path / "t"
    write(path, header, [note(1), note(2)])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], line + b"\n", *lines[3:]]))
    with pytest.raises(IllFormedError, match=cause) as caught:
        read_transcript(path)
    assert caught.value.place.startswith("line 3")
    assert "The 2 lines before it are intact." in caught.value.remedy


def test_another_version_is_refused(tmp_path: Path) -> None:
    """A format version that we do not know is named together with the one that we read."""
    (tmp_path / "t").write_bytes(json.dumps({"kind": "header", "format": "hookproof.transcript/2"}).encode() + b"\n")
    with pytest.raises(IllFormedError, match=r"hookproof.transcript/2.*reads hookproof.transcript/1"):
        read_transcript(tmp_path / "t")


def test_a_file_that_is_missing_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    """A wrong name or a wrong file is an error of input, with advice."""
    (tmp_path / "other").write_bytes(b'{"kind": "verdict"}\n')
    for name, cause in (("none", "cannot be read"), ("other", "does not begin with a header"), (".", "cannot be read")):
        with pytest.raises(IllFormedError, match=cause):
            read_transcript(tmp_path / name)


def test_an_endless_line_is_refused(tmp_path: Path, header: RunHeader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line over the cap is neither read nor written."""
    path = tmp_path / "t"
    write(path, header, [note(1), Note(id="n2", situation="", at=0, name="x" * 2_000)])
    monkeypatch.setattr(ndjson, "LINE_CAP", 1_000)
    with pytest.raises(IllFormedError, match="longer than 1000 bytes") as caught:
        read_transcript(path)
    assert caught.value.place == "line 3"
    monkeypatch.setattr(transcripts, "LINE_CAP", 1_000)
    writer = TranscriptWriter(path, header)
    with pytest.raises(HookproofError, match="over the cap"):
        writer.write(Note(id="n2", situation="", at=0, name="x" * 2_000))
    writer.close(complete=True)


def test_a_refused_record_leaves_the_file_whole(tmp_path: Path, header: RunHeader) -> None:
    """A record that JSON cannot say is an error of ours and spoils nothing that was written."""
    writer = TranscriptWriter(tmp_path / "t", header)
    writer.write(note(1))
    with pytest.raises(HookproofError, match="cannot be written as JSON"):
        writer.write(Note(id="n2", situation="", at=0, name="x", facts={"f": float("nan")}))
    writer.close(complete=True)
    assert len(read_transcript(tmp_path / "t")[0].records) == 1


def test_a_closed_transcript_stays_as_it_is(tmp_path: Path, header: RunHeader) -> None:
    """Closing twice changes nothing, and a late record is an error of ours."""
    writer = TranscriptWriter(tmp_path / "t", header)
    digest = writer.close(complete=False, aborted="cut")
    raw = (tmp_path / "t").read_bytes()
    assert writer.close(complete=True) == digest
    with pytest.raises(HookproofError, match="after the transcript was closed"):
        writer.write(note(1))
    assert (tmp_path / "t").read_bytes() == raw


def test_many_threads_write_whole_lines(tmp_path: Path, header: RunHeader) -> None:
    """Records written by many threads at once are all there, whole, under a right digest."""
    writer = TranscriptWriter(tmp_path / "t", header)

    def write_some(start: int) -> None:
        for number in range(start, start + 50):
            writer.write(note(number))

    threads = [Thread(target=write_some, args=(start,)) for start in range(0, 400, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close(complete=True)
    assert sorted(record.at for record in read_transcript(tmp_path / "t")[0].records) == list(range(400))


def test_a_folder_that_is_missing_is_named(tmp_path: Path, header: RunHeader) -> None:
    """A transcript that cannot be opened is an error of configuration."""
    with pytest.raises(IllFormedError, match="cannot be written"):
        TranscriptWriter(tmp_path / "none" / "t", header)

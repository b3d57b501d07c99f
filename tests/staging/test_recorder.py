"""One order for all records whoever makes them, and each situation staged once, also when it fails."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from hookproof.judge import Judge
from hookproof.model.capabilities import Capabilities
from hookproof.model.errors import CapabilityError
from hookproof.model.transcript import Answer, Attempt, Note, Record, RunHeader
from hookproof.model.verdict import Outcome
from hookproof.ports import Listener, Platform
from hookproof.staging.profile import PROFILES
from hookproof.staging.recorder import RunRecorder
from hookproof.staging.run import Run
from hookproof.staging.situation import Situation
from hookproof.staging.stage import Stage, Tools
from tests.suites.courtroom import item, orbit

THREADS, EACH = 8, 250


def header(capabilities: Capabilities | None = None) -> RunHeader:
    """Make the header of a run that never leaves this process."""
    return RunHeader(
        contract="orbit",
        contract_digest=orbit().digest,
        role="platform",
        target={},
        capabilities=(capabilities or Capabilities()).to_json(),
        seed=0,
        profile="quick",
        started_at="2027-01-01T00:00:00+00:00",
        salt="recorder",
        hookproof="0",
    )


def note(name: str) -> Callable[[str, int], Note]:
    """Make the maker of a note."""
    return lambda record_id, at: Note(id=record_id, situation="", at=at, name=name)


def test_many_threads_make_one_order() -> None:
    """Under eight threads ids are unique and without gaps per kind, and ids, times and file have the order of the transcript."""
    written: list[Record] = []
    recorder = RunRecorder(header(), written.append)
    together = threading.Barrier(THREADS)

    def work(number: int) -> list[str]:
        together.wait()
        return [recorder.add("nx"[turn % 2], note(f"{number}")).id for turn in range(EACH)]

    with ThreadPoolExecutor(THREADS) as pool:
        given = list(pool.map(work, range(THREADS)))
    records = recorder.transcript().records
    assert tuple(written) == records
    for kind in "nx":
        ids = [record.id for record in records if record.id[0] == kind]
        assert ids == [f"{kind}{number}" for number in range(1, THREADS * EACH // 2 + 1)]
    assert Counter(record.id for record in records) == Counter(name for ids in given for name in ids)
    assert [record.at for record in records] == sorted(record.at for record in records)
    for number, ids in enumerate(given):
        assert [record.id for record in records if isinstance(record, Note) and record.name == str(number)] == ids


def test_a_record_with_its_own_id_is_kept_as_it_is() -> None:
    """A record that has its id already keeps it and takes its place at the end."""
    recorder = RunRecorder(header())
    first = recorder.add("n", note("first"))
    own = Note(id="a17", situation="s", at=1, name="own")
    recorder.keep(own)
    last = recorder.add("n", note("last"))
    assert recorder.transcript().records == (first, own, last)
    assert (first.id, last.id) == ("n1", "n2")


def test_what_was_given_out_does_not_change() -> None:
    """A transcript that was taken is not changed by records that come after."""
    recorder = RunRecorder(header())
    recorder.add("n", note("before"))
    taken = recorder.transcript()
    recorder.add("n", note("after"))
    assert len(taken.records) == 1


def test_a_sink_that_fails_is_not_hidden() -> None:
    """When the transcript file cannot be written, whoever records learns of it."""

    def full(_record: Record) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        RunRecorder(header(), full).add("n", note("lost"))


def arrival(number: int, body: bytes) -> Attempt:
    """Make an attempt as the listener hands it over."""
    return Attempt(
        id=f"a{number}",
        situation="s",
        at=number,
        endpoint="e1",
        connection="c1",
        method="POST",
        target="/t/e1",
        http_version="1.1",
        headers=(),
        body=body,
        answer=Answer(),
        accepted_at=number,
        accepted_wall=number,
    )


def test_a_secret_that_arrives_is_never_kept() -> None:
    """An attempt with a known secret is kept and written with the secret's name, followed by a note; others stay as they are."""
    written: list[Record] = []
    recorder = RunRecorder(header(), written.append)
    recorder.secrets["secret of e1"] = "a secret of the first"
    plain = arrival(1, b"{}")
    recorder.keep(plain)
    recorder.keep(arrival(2, b'{"x": "a secret of the first"}'))
    first, told, told_of = recorder.transcript().records
    assert tuple(written) == (first, told, told_of)
    assert first is plain
    assert isinstance(told, Attempt)
    assert told.body == b'{"x": "{{secret of e1}}"}'
    assert isinstance(told_of, Note)
    assert (told_of.name, told_of.situation) == ("hidden", "s")
    assert told_of.facts == {"attempt": "a2", "names": ["secret of e1"], "places": ["body"]}
    assert recorder.add("n", note("next")).id == "n2"


def test_what_is_held_back_is_kept_in_order_with_what_was_learnt_meanwhile() -> None:
    """A secret that is learnt while records are held back is hidden in them too; nothing is kept before the last hold ends."""
    recorder = RunRecorder(header())
    with recorder.holding():
        recorder.keep(arrival(1, b"issued just now"))
        with recorder.holding():
            recorder.add("n", note("inner"))
            recorder.secrets["issued secret for e1"] = "issued just now"
        assert recorder.transcript().records == ()
    kept = recorder.transcript().records
    assert [record.id for record in kept] == ["a1", "n2", "n1"]
    assert isinstance(kept[0], Attempt)
    assert kept[0].body == b"{{issued secret for e1}}"


# --- the run ------------------------------------------------------------------------------------------------------------------------


class Nobody:
    """Stands in for the listener of a run in which nothing arrives; keeps what it was asked to release."""

    dropped = 0

    def __init__(self) -> None:
        self.released: list[Sequence[str]] = []

    def release(self, names: Sequence[str]) -> None:
        """Keep the names."""
        self.released.append(names)


def run_of(*situations: Situation, capabilities: Capabilities, progress: Callable[[str], None] | None = None) -> tuple[Run[Tools], Nobody]:
    """Open a run of these situations without any target."""
    listener = Nobody()
    tools = Tools(
        contract=orbit(),
        capabilities=capabilities,
        platform=cast("Platform", None),
        listener=cast("Listener", listener),
        recorder=RunRecorder(header(capabilities)),
        profile=PROFILES["quick"],
        api_key="k",
        seed=0,
    )
    if progress is not None:
        tools.progress = progress
    return Run(tools, {found.name: found for found in situations}), listener


EMITS = Capabilities(emit="pipeline", scopes=True)


def notes(run: Run[Tools]) -> list[tuple[str, str]]:
    """Give situation and name of every note."""
    return [(record.situation, record.name) for record in run.tools.recorder.transcript().records if isinstance(record, Note)]


def test_a_situation_is_staged_once() -> None:
    """However many items need a situation, it is staged once, between its begin and its end, and told to whoever watches."""
    told: list[str] = []
    staged: list[str] = []
    values = Situation(name="values", needs=("emit",), act=lambda stage: staged.append(stage.situation))
    run, listener = run_of(values, capabilities=EMITS, progress=told.append)
    for name in ("payload/text", "payload/numbers", "payload/text"):
        assert run.verdict(item(name)).outcome is Outcome.NOT_OBSERVED
    assert staged == ["values"]
    assert told == ["staging values"]
    assert notes(run) == [("values", "begin"), ("values", "end")]
    assert listener.released == [[]]


def test_what_the_target_lacks_is_not_staged() -> None:
    """A situation whose needs the target does not meet is not staged, and its items say what is missing."""
    staged: list[str] = []
    values = Situation(name="values", needs=("emit",), act=lambda stage: staged.append(stage.situation))
    run, _ = run_of(values, capabilities=Capabilities())
    verdict = run.verdict(item("payload/text"))
    assert (verdict.outcome, verdict.judgement.reason) == (Outcome.NOT_OBSERVED, "needs emit")
    assert (staged, notes(run)) == ([], [])


@pytest.mark.parametrize("error", [CapabilityError("the target", "it lied"), KeyError("a bug")], ids=["target", "bug"])
def test_a_failed_situation_is_noted_and_nothing_of_it_is_kept(error: Exception) -> None:
    """A situation that fails says so in the transcript, is not tried again, and no item that needs it is judged, live or offline."""
    staged: list[str] = []

    def act(stage: Stage) -> None:
        staged.append(stage.situation)
        raise error

    run, listener = run_of(Situation(name="values", needs=("emit",), act=act), capabilities=EMITS)
    with pytest.raises(type(error)):
        run.verdict(item("payload/text"))
    assert notes(run) == [("values", "begin"), ("values", "failed"), ("values", "end")]
    assert listener.released == [[]]
    live = [run.verdict(item(name)) for name in ("payload/text", "payload/numbers")]
    offline = Judge(orbit(), run.tools.recorder.transcript())
    assert live == [offline.verdict(item(name)) for name in ("payload/text", "payload/numbers")]
    for verdict in live:
        assert verdict.outcome is Outcome.NOT_OBSERVED
        assert "staging of 'values' failed" in verdict.judgement.reason
    assert staged == ["values"]


def test_foreign_traffic_is_counted_in_the_transcript() -> None:
    """How many requests belonged to nobody is noted, outside of every situation."""
    run, _ = run_of(capabilities=EMITS)
    run.foreign(3)
    (found,) = run.tools.recorder.transcript().records
    assert isinstance(found, Note)
    assert (found.situation, found.name, found.facts) == ("", "foreign", {"count": 3})

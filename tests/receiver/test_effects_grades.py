"""Effects under each grade: the right receiver passes, broken ones are found, and nothing is believed that nobody saw."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import sqlite3
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from hookproof.model.errors import CapabilityError
from hookproof.model.transcript import Effect, Exchange, Note, Record
from hookproof.model.verdict import Outcome
from hookproof.reference.receiver.desk import Desk
from hookproof.reference.receiver.faces import ReceiverControl
from hookproof.reference.receiver.ledger import Ledger
from hookproof.reference.receiver.reception import Arrival
from hookproof.reference.refusals import Answer
from hookproof.wire.effects_sink import TOKEN
from tests.degenerate.servers import free_port
from tests.receiver.told import EFFECTS, run, tell_sink

SEEING = ("control", "command", "url", "url-many", "sink")
NAMED = {"url-many": "url"}
INSIDE = (
    "receiver/after-failure",
    "receiver/dedupe-by-id",
    "receiver/dedupe-across-restart",
    "receiver/kept-at-kill",
    "receiver/failure-told",
)
"""What only a control profile shows."""
ONE = ("receiver/idempotent",)


class Twice(Ledger):
    """Every effect is applied twice."""

    def record(self, *given: Any, **more: Any) -> None:
        """Apply, and apply again."""
        super().record(*given, **more)
        super().record(*given, **more)


class Idle(Ledger):
    """Nothing is applied, and 2xx is said all the same."""

    def apply(self, *_given: Any, **_more: Any) -> bool:
        """Do nothing."""
        return False


class Repeating(Ledger):
    """No event is remembered."""

    def seen(self, *_given: Any) -> bool:
        """Know nothing."""
        return False


class Later(Desk):
    """Answer first and work 0.2 s later: legal, since nobody promises when an event takes effect."""

    @cached_property
    def waiting(self) -> set[asyncio.Task[None]]:
        """What is still to be done."""
        return set()

    async def applied(self, arrival: Arrival, event: dict[str, Any]) -> None:
        """Put it off."""
        self.waiting.add(asyncio.create_task(self._later(super().applied(arrival, event))))

    async def _later(self, work: Any) -> None:
        await asyncio.sleep(0.2)
        await work

    async def rest(self) -> None:
        """Finish."""
        await asyncio.gather(*self.waiting)
        await super().rest()


@pytest.mark.parametrize("grade", SEEING)
def test_a_right_receiver_passes_under_each_grade(grade: str, tmp_path: Path) -> None:
    """What was applied once is kept, and the verdict names who told of it and for how long it was looked at."""
    told = run(grade, tmp_path)
    assert told.error is None
    for clause in EFFECTS:
        assert told.outcome(clause) is Outcome.KEPT, told.reason(clause)
        assert told.reading(clause).startswith(f"effects seen by {NAMED.get(grade, grade)}, last looked at ")
    assert told.vias == {NAMED.get(grade, grade)}
    assert any(text.startswith("effects are counted at http://127.0.0.1:") for text in told.announced) == (grade == "sink")


@pytest.mark.parametrize(
    ("grade", "part", "words"),
    [
        *((grade, Twice, "took effect 2 times") for grade in SEEING),
        *((grade, Idle, "took effect 0 times") for grade in SEEING if grade not in NAMED),
        *((grade, Repeating, "took effect 2 times") for grade in ("command", "sink")),
    ],
)
def test_a_broken_receiver_is_found_under_each_grade(grade: str, part: type, words: str, tmp_path: Path) -> None:
    """An event that is applied twice, or never, breaks the promise whoever tells of it."""
    told = run(grade, tmp_path, part, clauses=ONE)
    assert told.outcome("receiver/idempotent") is Outcome.BROKEN
    assert words in told.reason("receiver/idempotent")


@pytest.mark.parametrize("part", [None, Twice, Idle])
def test_answers_alone_say_nothing_of_effects(part: type | None, tmp_path: Path) -> None:
    """Where nobody tells of effects they are not observed: no 2xx proves one, and none is blamed."""
    told = run("nobody", tmp_path, *filter(None, [part]))
    assert {told.outcome(clause) for clause in EFFECTS} == {Outcome.NOT_OBSERVED}
    assert {told.reason(clause) for clause in EFFECTS} == {"needs effects"}


@pytest.mark.parametrize("grade", ["command", "sink"])
def test_a_receiver_that_works_later_is_waited_for(grade: str, tmp_path: Path) -> None:
    """Effects that come after the answer are waited for; that they come late is no fault."""
    told = run(grade, tmp_path, Later)
    assert told.error is None
    assert {told.outcome(clause) for clause in EFFECTS} == {Outcome.KEPT}


def test_late_repeats_are_found(tmp_path: Path) -> None:
    """Before a receiver that works late a second effect is waited for as long as it takes to come."""
    told = run("command", tmp_path, Later, Repeating, clauses=ONE)
    assert told.outcome("receiver/idempotent") is Outcome.BROKEN


def test_what_only_a_control_profile_shows_is_not_observed_with_the_reason(tmp_path: Path) -> None:
    """A command tells of effects, and does not make the receiver fail, restart or move its clock."""
    told = run("command", tmp_path, clauses=INSIDE)
    assert {told.outcome(clause) for clause in INSIDE} == {Outcome.NOT_OBSERVED}
    assert [told.reason(clause).partition(",")[0] for clause in INSIDE] == [
        "needs faults",
        "needs time",
        "needs restart",
        "needs kill",
        "needs faults",
    ]


def test_an_import_batch_is_asked_of_by_the_control_profile_alone(tmp_path: Path) -> None:
    """A command that knows events by their ids is not asked of a batch, and nobody is blamed for what it cannot know."""
    clause = ("receiver/dedupe-by-batch",)
    told = run("command", tmp_path, clauses=clause)
    assert told.outcome(*clause) is Outcome.NOT_OBSERVED
    (tmp_path / "control").mkdir()
    assert run("control", tmp_path / "control", clauses=clause).outcome(*clause) is Outcome.KEPT


def _saying(text: str) -> str:
    return shlex.join([sys.executable, "-c", f"print({text!r})"])


def test_a_command_that_always_says_one_keeps_nothing(tmp_path: Path) -> None:
    """Who says that an event that was never sent took effect is not believed: the run ends before anything is sent."""
    told = run("command", tmp_path, clauses=ONE, options={"effects_command": _saying("1")})
    assert isinstance(told.error, CapabilityError)
    assert "--effects-command" in str(told.error)
    assert "never sent took effect 1 times" in str(told.error)
    assert not told.verdicts
    assert not told.records


class AlwaysOne(ReceiverControl):
    """A control profile that says 1 of everything."""

    async def effects(self, _request: Request) -> Response:
        """Say so."""
        return Answer({"count": 1})


def test_a_control_profile_that_always_says_one_keeps_nothing(tmp_path: Path) -> None:
    """It is held to the same control as everybody else."""
    told = run("control", tmp_path, AlwaysOne, clauses=ONE)
    assert isinstance(told.error, CapabilityError)
    assert "(control) says that an event that was never sent took effect 1 times" in str(told.error)
    assert not told.verdicts


ONCE_HONEST = """
import pathlib, sys
mark = pathlib.Path(sys.argv[1])
print(1 if mark.exists() else 0)
mark.touch()
"""


def test_a_command_that_says_one_from_the_second_question_on_keeps_nothing(tmp_path: Path) -> None:
    """An event that was never sent is asked of again with each batch, so the control cannot be told from the rest."""
    command = shlex.join([sys.executable, "-c", ONCE_HONEST, str(tmp_path / "mark"), "{id}"])
    told = run("command", tmp_path, clauses=ONE, options={"effects_command": command})
    assert isinstance(told.error, CapabilityError)
    assert not told.verdicts
    assert [record.facts["reason"] for record in told.records if isinstance(record, Note) and record.name == "failed"]


def test_a_command_that_always_says_zero_keeps_nothing(tmp_path: Path) -> None:
    """Zero for what was accepted is an effect that never came."""
    told = run("command", tmp_path, clauses=ONE, options={"effects_command": _saying("0")})
    assert told.outcome("receiver/idempotent") is Outcome.BROKEN


def test_a_command_that_cannot_say_leaves_effects_unobserved(tmp_path: Path) -> None:
    """Null is no count."""
    told = run("command", tmp_path, clauses=ONE, options={"effects_command": _saying('{"count": null}')})
    assert told.outcome("receiver/idempotent") is Outcome.NOT_OBSERVED


def test_the_guides_example_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script in the guide, saved and named as it says, tells of effects."""
    guide = (Path(__file__).parents[2] / "docs" / "effects.md").read_text(encoding="utf-8")
    (tmp_path / "effects.py").write_text(guide.partition("```python\n")[2].partition("```")[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    told = run("command", tmp_path, clauses=ONE, options={"effects_command": f"{sys.executable} effects.py {{ids}}"})
    assert told.error is None
    assert told.outcome("receiver/idempotent") is Outcome.KEPT


def test_the_guides_url_of_a_sink_is_the_one_that_is_printed() -> None:
    """A receiver can be configured before the run."""
    guide = (Path(__file__).parents[2] / "docs" / "effects.md").read_text(encoding="utf-8")
    assert f"POST http://127.0.0.1:8098/{TOKEN}/effects" in guide


def _apply_once_more(database: Path, records: tuple[Record, ...]) -> None:
    repeated = next(x.event_id for x in records if isinstance(x, Exchange) and x.purpose == "repeated")
    with contextlib.closing(sqlite3.connect(database)) as rows:
        rows.execute("INSERT INTO effects (event_id) VALUES (?)", (repeated,))
        rows.commit()


@pytest.mark.parametrize("grade", ["control", "command", "url"])
def test_an_effect_after_the_verdict_is_reported(grade: str, tmp_path: Path) -> None:
    """What takes effect once more after it was judged ends the run with an error, and stands in the transcript."""
    told = run(grade, tmp_path, clauses=ONE, meanwhile=_apply_once_more)
    assert isinstance(told.error, CapabilityError)
    assert "took effect 2 times by the end of the run, 1 times when it was judged" in str(told.error)
    late = [record for record in told.records if isinstance(record, Note) and record.name == "late-effect"]
    assert [(note.facts["before"], note.facts["after"]) for note in late] == [(1, 2)]
    assert any(isinstance(record, Effect) and record.id == late[0].facts["effect"] and record.count == 2 for record in told.records)


def test_a_call_of_the_sink_after_the_verdict_is_reported(tmp_path: Path) -> None:
    """The sink listens until the run is closed."""
    address = f"127.0.0.1:{free_port()}"

    def call(_database: Path, records: tuple[Record, ...]) -> None:
        repeated = next(x.event_id for x in records if isinstance(x, Exchange) and x.purpose == "repeated")
        for name in (repeated, "evt_of_nobody"):  # when the second call is answered the first one was counted
            tell_sink(f"http://{address}/{TOKEN}/effects", name)

    told = run("sink", tmp_path, clauses=ONE, options={"effects_sink": address}, meanwhile=call)
    assert isinstance(told.error, CapabilityError)
    assert "took effect 2 times by the end of the run, 1 times when it was judged" in str(told.error)


def test_a_sink_that_is_called_with_nonsense_ends_the_run(tmp_path: Path) -> None:
    """With its URL and what was said; nothing is kept or broken by it."""

    class Babbling(Ledger):
        def record(self, event_id: str, *given: Any, **more: Any) -> None:
            super().record(event_id[:0], *given, **more)

    told = run("sink", tmp_path, Babbling, clauses=ONE)
    assert isinstance(told.error, CapabilityError)
    assert f"/{TOKEN}/effects: a call (POST, " in str(told.error)
    assert not told.verdicts

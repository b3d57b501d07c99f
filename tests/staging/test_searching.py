"""The search finds flaws without being told where, shortens what it found, and holds nothing against who keeps all promises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hookproof.generate.schedules import Emit, Fall, Pass, Schedule, Step, Subscribe, Switch, Turn, Update, shorter
from hookproof.model.errors import CapabilityError, UnreachableError
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.staging.fairness import ADVISED, ALTERED, CROWDED, FALLEN, HUNG, KILLED, STRANGE
from hookproof.staging.options import read_options
from hookproof.staging.playing import Player
from hookproof.staging.searching import Breadth, Ground, Search, ground
from tests.suites.courtroom import orbit

ONE, TWO = "agent.conversation.ended", "agent.conversation.started"
OPENED = Subscribe(events=(ONE,))
FAILING = Subscribe(events=(ONE,), answer="error")


@contextmanager
def before(*flaws: str) -> Iterator[Ground]:
    """Stand before an embedded platform with these flaws."""
    options = read_options({"role": "platform", "profile": "quick", "seed": 0})
    with ground(options, orbit(), Departures(flaws=flaws)) as place:
        yield place


@pytest.fixture(scope="module")
def honest() -> Iterator[Ground]:
    """Stand before the reference."""
    with before() as place:
        yield place


@pytest.mark.parametrize(
    ("flaw", "clause", "steps"),
    [("unsigned-retries", "orbit/signature/signed", 2), ("accepts-unlisted-names", "orbit/subscription-api/unknown-names", 1)],
)
def test_a_flaw_is_found_and_shortened(monkeypatch: pytest.MonkeyPatch, flaw: str, clause: str, steps: int) -> None:
    """What is found breaks the clause of the flaw, no step of it can be left out, and its file breaks it again on a fresh platform."""
    monkeypatch.setenv(ALLOWING, "1")
    with before(flaw) as place:
        search = Search(place, Breadth(examples=30, steps=6, shortening=25))
        found = search.run(1)
        assert found is not None
        assert (found.clause, len(found.schedule.steps)) == (clause, steps)
        lighter = [schedule for schedule in shorter(found.schedule) if len(schedule.steps) < steps]
        assert all(search.known[schedule] is None for schedule in lighter)
    written = json.loads(json.dumps(found.to_json("orbit")))
    with before(flaw) as place:
        again = place.play(Schedule.from_json(written, subject="file"))
    assert again is not None
    assert again.clause == written["breaks"] == clause


def test_nothing_is_held_against_the_reference(honest: Ground) -> None:
    """A platform that keeps its promises keeps them in any order of steps, and enough of them are seen."""
    assert Search(honest, Breadth(examples=12, steps=6)).run(0) is None
    assert len(honest.observed) > 25


@pytest.mark.parametrize(
    ("steps", "features"),
    [
        ((OPENED, Emit(event=ONE), Switch(endpoint=0, active=False)), set()),
        ((FAILING, Emit(event=ONE), Switch(endpoint=0, active=False)), {ALTERED}),
        ((FAILING, Emit(event=ONE), Update(endpoint=0, events=(TWO,))), {ALTERED}),
        ((FAILING, Emit(event=ONE), Emit(event=ONE)), {CROWDED}),
        ((FAILING, Emit(event=ONE), Emit(event=TWO)), set()),
        ((OPENED, Turn(endpoint=0, answer="error", times=1), Emit(event=ONE), Pass(span="retry"), Emit(event=ONE)), set()),
        ((OPENED, Turn(endpoint=0, answer="come back", times=1)), {ADVISED}),
        ((OPENED, Turn(endpoint=0, answer="hang")), {HUNG}),
        ((OPENED, Emit(event=ONE, values="text")), {STRANGE}),
        ((OPENED, Emit(event=ONE), Fall(action="restart")), set()),
        ((FAILING, Emit(event=ONE), Fall(action="kill")), {FALLEN, KILLED}),
    ],
)
def test_what_makes_a_rule_unfair_is_noticed(
    monkeypatch: pytest.MonkeyPatch, honest: Ground, steps: tuple[Step, ...], features: set[str]
) -> None:
    """A schedule is known by what it does while something is owed, not by its words."""
    players: list[Player] = []
    honestly = Player.play

    def play(player: Player, schedule: Schedule) -> None:
        players.append(player)
        honestly(player, schedule)

    monkeypatch.setattr(Player, "play", play)
    assert honest.play(Schedule(steps=steps)) is None
    assert {feature for feature, endpoints in players[0].features.items() if endpoints} == features


def test_a_schedule_is_performed_once(honest: Ground) -> None:
    """What was judged is remembered."""
    search, schedule = Search(honest, Breadth(examples=1, steps=1)), Schedule(steps=(OPENED,))
    played = honest.played
    assert [search.judged(schedule) for _ in range(3)] == [None] * 3
    assert honest.played == played + 1


def test_schedules_do_not_meet(honest: Ground) -> None:
    """What an earlier schedule left to be sent is in no later one's recording."""
    honest.play(Schedule(steps=(FAILING, Emit(event=ONE))))
    late = honest.listener.attempts([f"e{number}" for number in range(1, honest.counter[0] + 1)])[-1]
    honest.play(Schedule(steps=(OPENED,)))
    kept = honest.taker[0].transcript().records
    honest.listener._ledger._on_attempt(late)  # type: ignore[misc] # the recorder is there, or nothing could be searched
    assert honest.taker[0].transcript().records == kept


def test_a_dead_target_is_an_error(honest: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that stops answering ends the search with an error, not with a verdict."""

    def unreachable(*_: object) -> None:
        raise UnreachableError("target", "it is gone")

    monkeypatch.setattr(type(honest.platform), "open_scope", unreachable)
    with pytest.raises(UnreachableError):
        Search(honest, Breadth(examples=5, steps=3)).run(0)


def test_a_target_that_can_be_told_nothing_is_refused() -> None:
    """Without a way to emit there is nothing to search."""
    options = read_options({"role": "platform", "profile": "quick", "seed": 0})
    with pytest.raises(CapabilityError, match="emit"), ground(options, orbit(), Departures(variants=("a-black-box",))):
        pass

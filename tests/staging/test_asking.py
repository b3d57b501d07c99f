"""Effects are awaited, looked at until they are settled, and asked for once more at the end; who tells wrongly ends the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hookproof.model.capabilities import Capabilities
from hookproof.model.errors import CapabilityError
from hookproof.model.transcript import Effect, Note, RunHeader
from hookproof.ports import Asked, Seen
from hookproof.staging.asking import late
from hookproof.staging.delivering import Delivering, Mailroom
from hookproof.staging.profile import Profile
from hookproof.staging.recorder import RunRecorder
from tests.rules.recording import Recording
from tests.suites.courtroom import orbit

Counting = Callable[[int, str], int | None]
"""What is said of an event at the nth question, from 1."""


class Telling:
    """Somebody who tells by the number of the question; of events that were never sent, what ``unsent`` says."""

    url = "http://127.0.0.1:9"

    def __init__(self, says: Counting, unsent: int | None = 0) -> None:
        self.says = says
        self.unsent = unsent
        self.questions: list[list[str]] = []

    def effects(self, asked: Sequence[Asked]) -> list[Seen]:
        """Tell of those that were sent by their number, and of others alike."""
        self.questions.append([each.event_id for each in asked])
        number = len(self.questions)
        return [
            Seen(count=self.says(number, each.event_id) if each.event_id in ("one", "two") else self.unsent, via="command")
            for each in asked
        ]


def stage_before(
    teller: Telling, *, accepted: Sequence[str] = ("one", "two"), faulty: Sequence[str] = (), patience: float = 5.0
) -> Delivering:
    """Open a stage on which some events were accepted, correct or faulty ones."""
    header = RunHeader(
        contract="orbit", contract_digest="", role="receiver", target={}, capabilities={}, seed=0, profile="quick",
        started_at="", salt="asking", hookproof="0",
    )  # fmt: skip
    receiver: Any = teller
    sender: Any = None
    tools = Mailroom(
        contract=orbit(), capabilities=Capabilities(effects=True), receiver=receiver, sender=sender, recorder=RunRecorder(header),
        profile=Profile(name="quick", samples=0, real_wait=0.0, patience=patience), seed=0, scheme=None, patience=patience,
    )  # fmt: skip
    stage = tools.enter("asking")
    told = Recording("asking")
    stage.seen += [told.exchange("deliver", 202, event_id=name, event_type="rose.bloomed") for name in accepted]
    stage.seen += [told.exchange("deliver", 202, event_id=name, event_type="rose.bloomed", fault="other-method") for name in faulty]
    return stage


@pytest.mark.parametrize("comes", [1, 2, 3, 6])
def test_an_effect_is_awaited(comes: int) -> None:
    """Whenever it comes, question by question, and only those that are missing are asked of again."""
    teller = Telling(lambda number, name: int(name == "one" or number >= comes))
    assert [effect.count for effect in stage_before(teller).effects(["one", "two"])] == [1, 1]
    assert all(asked == ["two"] for asked in teller.questions[1 : comes - 1])


@pytest.mark.parametrize("changes", [1, 2, 3])
def test_what_changes_is_looked_at_until_it_is_settled(changes: int) -> None:
    """A second effect, and a third, are seen although the first one was there at once."""
    teller = Telling(lambda number, _name: min(number, changes + 1), unsent=0)
    stage = stage_before(teller, patience=0.4)
    assert stage.effects(["one"])[0].count in range(max(2, changes), changes + 2)
    recorded = [record for record in stage.tools.recorder.transcript().records if isinstance(record, Effect)]
    assert [(effect.event_id == "one", effect.via) for effect in recorded] == [(True, "command"), (False, "command")]


def test_a_count_that_never_settles_ends_all_the_same() -> None:
    """The patience bounds it, and the last word counts."""
    teller = Telling(lambda number, _name: number)
    count = stage_before(teller, patience=0.2).effects(["one"])[0].count
    assert count == len(teller.questions)


def test_an_effect_that_never_comes_is_zero() -> None:
    """After the patience, and that it was in vain is remembered."""
    stage = stage_before(Telling(lambda _number, _name: 0), patience=0.1)
    assert [effect.count for effect in stage.effects(["one", "two"])] == [0, 0]
    assert stage.tools.vain == 1


@pytest.mark.parametrize(("accepted", "faulty", "says"), [(("one",), (), None), ((), (), 0), ((), ("one",), 0)])
def test_nothing_is_awaited_that_need_not_come(accepted: Sequence[str], faulty: Sequence[str], says: int | None) -> None:
    """What nobody can tell, what was never accepted, and what must have no effect: none of them counts as waited for in vain."""
    stage = stage_before(Telling(lambda _number, _name: says), accepted=accepted, faulty=faulty)
    assert stage.effects(["one"])[0].count == says
    assert stage.tools.vain == 0


@pytest.mark.parametrize("unsent", [1, 7])
def test_who_tells_of_what_was_never_sent_ends_the_run(unsent: int) -> None:
    """What was told is recorded first."""
    stage = stage_before(Telling(lambda _number, _name: 1, unsent=unsent))
    with pytest.raises(CapabilityError, match=f"never sent took effect {unsent} times"):
        stage.effects(["one"])
    assert [record.count for record in stage.tools.recorder.transcript().records if isinstance(record, Effect)] == [1, unsent]


def test_every_batch_has_a_control_of_its_own() -> None:
    """It looks like any other event, and is never the same twice."""
    teller = Telling(lambda _number, _name: 1)
    stage = stage_before(teller)
    stage.effects(["one"])
    stage.effects(["two"])
    controls = {name for asked in teller.questions for name in asked} - {"one", "two"}
    assert len(controls) == 2
    assert all(name.startswith("evt_") for name in controls)


@pytest.mark.parametrize(("at_end", "words"), [(1, 0), (0, 0), (None, 0), (2, 1)])
def test_only_what_came_after_the_verdict_is_late(at_end: int | None, words: int) -> None:
    """One effect more is told and noted; the same, less, and nothing that can be said are not."""
    teller = Telling(lambda _number, _name: 1)
    stage = stage_before(teller)
    stage.effects(["one"])
    teller.says = lambda _number, _name: at_end
    found = late(stage.tools)
    notes = [record for record in stage.tools.recorder.transcript().records if isinstance(record, Note)]
    assert len(found) == len(notes) == words
    assert all("took effect 2 times by the end of the run, 1 times when it was judged" in text for text in found)


def test_nobody_is_asked_at_the_end_who_was_never_asked() -> None:
    """A run without effects costs nothing more."""
    teller = Telling(lambda _number, _name: 1)
    assert late(stage_before(teller).tools) == []
    assert teller.questions == []

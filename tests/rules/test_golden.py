"""A recording that is judged again is judged the same: 160 told stories, each on a fine and on a coarse clock, against what was agreed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hookproof.model.transcript import Transcript
from hookproof.rules.catalogue import RULES
from tests.rules.golden import BLOCK, STORIES, agreed, said
from tests.rules.stories import coarse, story


@pytest.mark.parametrize("tell", [story, coarse])
@pytest.mark.parametrize("block", range(STORIES // BLOCK))
def test_every_story_is_judged_as_was_agreed(block: int, tell: Callable[[int], Transcript]) -> None:
    """Outcomes, evidence, findings, readings and grades of every agreed rule are what they were, also where moments fall together."""
    before = agreed(tell)[block]
    assert before.keys() <= RULES.keys(), "a rule is gone"
    now = said(block, frozenset(before), tell)
    assert {name: told for name, told in now.items() if told != before[name]} == {}, "meant? then python -m tests.rules.golden"


def test_the_stories_are_worth_judging() -> None:
    """Every story holds subscriptions, events and attempts, and most rules are both kept and broken in some story."""
    outcomes = {name: "".join(block[name]["outcomes"] for block in agreed()) for name in agreed()[0]}
    both = [name for name, letters in outcomes.items() if {"k", "b"} <= set(letters)]
    assert len(both) > 40
    for seed in range(STORIES):
        kinds = {type(record).__name__ for record in story(seed).records}
        assert {"Subscription", "Emission", "Attempt", "Exchange"} <= kinds

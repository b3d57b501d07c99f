"""The 25 known defects of judges, seeded into ours one at a time: each is noticed by laws that hold as long as it is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.judge_defects.door_defects import DEFECTS as AT_THE_DOORS
from tests.judge_defects.rule_defects import DEFECTS as IN_THE_RULES
from tests.judge_defects.seeding import Defect, Law, Surroundings

DEFECTS = sorted((*IN_THE_RULES, *AT_THE_DOORS), key=lambda defect: defect.id)
CASES = [(defect, number) for defect in DEFECTS for number in range(len(defect.laws))]
NAMES = [f"{defect.id}-{defect.name.replace(' ', '-')}-{number + 1}" for defect, number in CASES]


def test_every_known_defect_of_judges_is_seeded() -> None:
    """J01 to J25 each have at least one seed, every seed has a name of its own and at least one law."""
    assert {defect.id for defect in DEFECTS} == {f"J{number:02}" for number in range(1, 26)}
    assert len({(defect.id, defect.name) for defect in DEFECTS}) == len(DEFECTS)
    assert [defect.name for defect in DEFECTS if not defect.laws] == []


@pytest.mark.parametrize(("defect", "number"), CASES, ids=NAMES)
def test_the_engine_is_honest(defect: Defect, number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the seed the law holds."""
    defect.laws[number](Surroundings(patch=monkeypatch, folder=tmp_path))


@pytest.mark.parametrize(("defect", "number"), CASES, ids=NAMES)
def test_the_defect_is_caught(defect: Defect, number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the seed the law does not hold, and says so as a failed test does, not by a crash."""
    ask: Law = defect.laws[number]
    around = Surroundings(patch=monkeypatch, folder=tmp_path)
    defect.seed(around)
    with pytest.raises(defect.noticed):
        ask(around)

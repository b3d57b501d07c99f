"""Strategies: as valid as corpora, shrinking to the barest payload, and the same whatever the environment says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from hookproof.generate.corpora import PROFILES
from hookproof.generate.deliveries import compact
from hookproof.generate.strategies import EXAMPLES, event_bodies, event_payloads, settings_of
from hookproof.judge import check_body
from hookproof.model.errors import IllFormedError
from hookproof.rules.bodies import validator
from tests.generate.test_payloads import DEFS, HARD, made_up
from tests.suites.courtroom import orbit

ROOT = Path(__file__).resolve().parents[2]
ORBIT = orbit()
FEW = settings(settings_of("ci"), max_examples=60)


def smallest(schema: dict[str, Any], wrong: Any) -> Any:
    """Give the payload to which a failure shrinks."""
    found: list[Any] = []

    @seed(1)  # how far a shrink comes depends on where it began
    @settings(settings_of("ci"), max_examples=2000, report_multiple_bugs=False)
    @given(event_payloads(made_up(schema)))
    def judged(payload: Any) -> None:
        if wrong(payload):
            found.append(payload)
            raise NoSuchExample(payload)

    with pytest.raises(NoSuchExample):
        judged()
    return found[-1]


@FEW
@given(st.sampled_from(sorted(ORBIT.events)), st.data())
def test_bodies_are_right(name: str, data: st.DataObject) -> None:
    """Whatever Hypothesis chooses, the body of any event is kept by the judge."""
    body = data.draw(event_bodies(ORBIT, ORBIT.events[name]))
    assert check_body(ORBIT, compact(body))[1] == ()


@FEW
@given(st.sampled_from(sorted(HARD)), st.data())
def test_payloads_of_every_keyword_are_valid(name: str, data: st.DataObject) -> None:
    """Whatever Hypothesis chooses, a payload of any keyword is valid."""
    schema = {"$defs": DEFS, "type": "object", "properties": {"member": HARD[name]}, "required": ["member"]}
    assert validator(schema).is_valid(data.draw(event_payloads(made_up(schema))))


def test_a_failure_shrinks_to_the_barest_payload() -> None:
    """What is left of a failing payload is what makes it fail: no other optional member, the least number, the shortest text."""
    members = {name: {"type": "string"} for name in "abcdef"}
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "n": {"type": "integer"}, **members}}
    assert smallest(schema, lambda payload: "d" in payload) == {"id": "", "d": ""}
    assert smallest(schema, lambda payload: len(payload.get("e", "")) > 2)["e"] in ("日本語テキスト", "Grüße", "null", "true")
    least = smallest(schema, lambda payload: payload.get("n", 0) > 1000)
    assert least.keys() == {"id", "n"}
    assert least["n"] == 65_536


def test_a_failure_in_a_branch_shrinks_to_that_branch() -> None:
    """Lists shrink to the items that fail, recursion to one level, choices to the first that fails."""
    tree = {"$defs": DEFS, "$ref": "#/$defs/tree"}
    assert smallest(tree, lambda payload: "kids" in payload and payload["kids"]) == {"v": 0, "kids": [{"v": 0}]}
    branch = {"type": "object", "oneOf": HARD["oneOf by constants"]["oneOf"]}
    assert smallest(branch, lambda payload: payload.get("k") in ("b", "c")) == {"k": "b"}


def test_settings_say_everything_themselves() -> None:
    """With CI set, and without, the settings of every profile are the same: random, and remembering what failed."""
    code = (
        "from hookproof.generate.strategies import EXAMPLES, settings_of\n"
        "from pathlib import Path\n"
        "print([repr(settings_of(name, database=Path('here'))) for name in EXAMPLES])"
    )
    said = []
    for more in ({}, {"CI": "true", "GITHUB_ACTIONS": "true"}):
        environment = {name: value for name, value in os.environ.items() if name not in ("CI", "GITHUB_ACTIONS", "TF_BUILD")}
        environment |= {"PYTHONPATH": str(ROOT / "src"), **more}
        said.append(subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout)
    assert said[0] == said[1]
    assert "derandomize=False" in said[0]
    assert "DirectoryBasedExampleDatabase" in said[0]


def test_profiles_are_those_of_corpora() -> None:
    """Every profile has its number of examples; another name is refused."""
    assert EXAMPLES.keys() == PROFILES.keys()
    with pytest.raises(IllFormedError, match="unknown profile"):
        settings_of("huge")


def test_nobody_pays_for_hypothesis_who_does_not_use_it() -> None:
    """Making payloads, corpora and the command line load no Hypothesis."""
    code = "import sys, hookproof.cli, hookproof.generate.corpora, hookproof.generate.marks\nprint('hypothesis' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

"""The door of `hookproof generate`: what it writes is read by `hookproof validate`, and is the same for the same seed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from hookproof.cli import door
from hookproof.contract_commands.generating import generate
from hookproof.contracts import known_contracts
from hookproof.model.errors import IllFormedError
from tests.generate.test_corpora import small
from tests.suites.courtroom import orbit

ONE = "message.delivered"


def said(*words: str) -> str:
    """Give what the command writes."""
    done = CliRunner().invoke(generate, [*words], catch_exceptions=False, standalone_mode=False)
    return done.output


def judged(name: str, bodies: str) -> list[dict[str, Any]]:
    """Give the lines in which `hookproof validate` judges bodies."""
    done = CliRunner().invoke(door, ["validate", "--contract", name, "-"], input=bodies, catch_exceptions=False, standalone_mode=False)
    return [json.loads(line) for line in done.output.splitlines()]


@pytest.mark.parametrize("name", known_contracts())
def test_bodies_are_kept_and_faulty_ones_broken(name: str) -> None:
    """`generate --ndjson | validate` keeps all of any contract, and with --invalid breaks all."""
    event = max(small_names(name), key=len)
    right = judged(name, said("--contract", name, event, "-n", "15", "--ndjson"))
    wrong = judged(name, said("--contract", name, event, "--invalid", "--ndjson"))
    assert len(right) == 15
    assert {line["outcome"] for line in right} == {"kept"}
    assert wrong
    assert {line["outcome"] for line in wrong} == {"broken"}


def small_names(name: str) -> list[str]:
    """Give some events of a contract."""
    listed = json.loads(said("--contract", name, "-n", "1"))
    return [each["event"] for each in listed]


def test_a_document_lists_events_numbers_and_faults() -> None:
    """Without --ndjson there is one JSON document: each body with its event and number, and with its fault where it has one."""
    right = json.loads(said(ONE, "-n", "3"))
    assert [(each["event"], each["number"]) for each in right] == [(ONE, 0), (ONE, 1), (ONE, 2)]
    assert all(each["body"]["type"] == ONE and "fault" not in each for each in right)
    wrong = json.loads(said(ONE, "--invalid"))
    assert {(each["fault"]["keyword"], each["fault"]["pointer"]) for each in wrong} >= {("required", "/data"), ("type", "/data/channel")}
    for each in wrong:
        (line,) = judged("orbit", json.dumps(each["body"]))
        assert each["fault"]["pointer"] in {violation["pointer"] for violation in line["violations"]}


def test_every_event_is_written_unless_one_is_named() -> None:
    """Without a name there are bodies of every event of the contract."""
    assert small_names("orbit") == sorted(orbit().events)
    assert small(orbit(), 1).events.keys() <= orbit().events.keys()


def test_the_seed_decides() -> None:
    """The same seed writes the same bytes, right or faulty; another writes others."""
    for more in ((), ("--invalid",)):
        assert said(ONE, *more) == said(ONE, *more, "--seed", "0") != said(ONE, *more, "--seed", "1")


def test_as_many_are_written_as_are_asked_for() -> None:
    """Faults are made anew on other payloads until there are enough."""
    assert len(json.loads(said(ONE, "--invalid", "-n", "25"))) == 25


def test_an_unknown_event_is_refused() -> None:
    """An event that the contract does not have is an error that says where to look."""
    with pytest.raises(IllFormedError, match="hookproof list"):
        said("no.such")

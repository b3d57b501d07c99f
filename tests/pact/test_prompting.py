"""The room's manners: Pact is told to report nothing home, and every question of its verifier is answered."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping
from typing import Any

import pytest

import hookproof.pact
from hookproof.model.errors import UnreachableError
from hookproof.pact.prompter import Produced, Prompter, Prompts, UnmetError, question
from hookproof.staging.pacts import spread
from tests.suites.courtroom import orbit


def test_pact_reports_nothing_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever enters the room has the switch set, whatever the environment said."""
    monkeypatch.setenv("PACT_DO_NOT_TRACK", "false")
    importlib.reload(hookproof.pact)
    assert os.environ["PACT_DO_NOT_TRACK"] == "true"


def prompter(failure: Exception | None = None) -> Prompter:
    """Make one whose states and messages fail, or are there."""

    def state(name: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if failure is not None:
            raise failure
        return {"name": name, **parameters}

    def message(name: str) -> Produced:
        if failure is not None:
            raise failure
        return Produced(body=name.encode(), fields={"content-type": "application/json"})

    return Prompter(Prompts(state=state, message=message))


def asked(found: Prompter, **document: Any) -> tuple[int, bytes]:
    """Ask."""
    status, _, body = found.answer(json.dumps(document).encode())
    return status, body


def test_states_and_messages_are_given() -> None:
    """A state gives its values, a message its bytes; what is torn down, or has no name, asks nobody."""
    found = prompter()
    with found:
        assert asked(found, state="s", action="setup", params={"a": 1}) == (200, b'{"name": "s", "a": 1}')
        assert asked(found, state="s", action="teardown", params={}) == (200, b"{}")
        assert asked(found, state="", action="setup") == (200, b"{}")
        assert asked(found, description="m") == (200, b"m")
    assert (found.unmet, found.error) == ({}, None)


def test_what_cannot_be_done_is_kept() -> None:
    """A refusal is kept under its question, and the next question is asked all the same; the verifier is told not to ask again."""
    found = prompter(UnmetError("it was refused"))
    with found:
        assert asked(found, state="s", action="setup", params={"b": 1, "a": 2}) == (422, b"it was refused")
        assert asked(found, description="m") == (422, b"it was refused")
    assert found.unmet == {question("s", {"a": 2, "b": 1}): "it was refused", "m": "it was refused"}


@pytest.mark.parametrize("failure", [UnreachableError("u", "gone"), KeyError("ours")])
def test_an_error_ends_the_verification(failure: Exception) -> None:
    """Errors of the target and of ours are kept for who verifies, and nobody is asked after that."""
    found = prompter(failure)
    with found:
        assert asked(found, description="m")[0] == 422
        assert asked(found, state="s", action="setup")[0] == 422
    assert found.error is failure


@pytest.mark.parametrize("most", [0, 1, 12, 10_000])
def test_a_spread_takes_every_group_before_any_twice(most: int) -> None:
    """As many events as are wanted, of as many groups as there are."""
    chosen = spread(orbit(), most)
    groups = {event.group for event in orbit().events.values()}
    assert len(chosen) == min(most, len(orbit().events))
    assert len({orbit().events[name].group for name in chosen}) == min(most, len(groups))

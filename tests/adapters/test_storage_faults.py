"""While a target's storage is broken by our order its refusals are answers; before and after they are errors."""

from __future__ import annotations

import json

import pytest

from hookproof.model.errors import CapabilityError, UnreachableError
from tests.adapters.test_http_adapter import SCOPE, answer, platform, server


@pytest.mark.parametrize("state", ["down", "full"])
@pytest.mark.parametrize(("reply", "status"), [(answer(503), 503), (answer(507), 507), (answer(500), 500), (answer(429), 429), (b"", 0)])
def test_a_refusal_counts_as_one_only_while_the_storage_is_broken(state: str, reply: bytes, status: int) -> None:
    """Any failing status, and no answer at all, is a refused emission between breaking and mending, and an error otherwise."""

    def replying(request: bytes) -> bytes:
        return answer(204) if b"/faults" in request else reply

    with server(replying) as (url, asked), platform(url) as target:
        with pytest.raises((CapabilityError, UnreachableError)):
            target.emit(SCOPE, "a.b", {})
        target.storage(state)
        made = target.emit(SCOPE, "a.b", {})
        assert (made.status, made.event_id) == (status, None)
        assert made.started_at <= made.done_at
        target.storage("ok")
        with pytest.raises((CapabilityError, UnreachableError)):
            target.emit(SCOPE, "a.b", {})
    told = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in asked if b"/faults" in request]
    assert told == [{"storage": state}, {"storage": "ok"}]


def test_an_accepted_emission_is_one_while_the_storage_is_broken() -> None:
    """What the target accepts against all odds is taken at its word."""
    with server(lambda _: answer(202, body=b'{"id": "e1"}')) as (url, _), platform(url) as target:
        target.storage("full")
        assert target.emit(SCOPE, "a.b", {}).event_id == "e1"


def test_a_target_that_cannot_break_its_storage_is_told_so() -> None:
    """A capability that is declared and refused is a mistake of the target's, with its name."""
    with server(lambda _: answer(422)) as (url, _), platform(url) as target, pytest.raises(CapabilityError, match="faults"):
        target.storage("down")

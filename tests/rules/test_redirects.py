"""Redirects that lead back to themselves end, and those that lead elsewhere take no secrets along."""

from __future__ import annotations

from typing import Any

import pytest

from hookproof.model.transcript import Answer, Attempt
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

LOOPS, ABROAD = "redirect-loops-end", "redirects-take-no-secrets-abroad"
GRADES: list[dict[str, Any]] = [{"time": "virtual"}, {"time": "scaled", "time_scale": 10.0}, {"time": "real"}]


def turning(rounds: int, *, pause: float = 0.0, **capabilities: Any) -> tuple[Recording, Attempt]:
    """Redirect an endpoint to itself, let it be followed so often, with so much promised time before each."""
    recording = Recording("http", **capabilities)
    recording.subscribe("e1")
    recording.note("turning", endpoint="e1", rounds=100)
    emission, back = recording.emit(), Answer(status=302, headers=(("Location", "/token/e1"),))
    first = recording.attempt("e1", emission, answer=back)
    for _ in range(rounds):
        if pause:
            recording.elapse(pause)
        recording.attempt("e1", emission, method="GET", body=b"", headers={}, answer=back)
    recording.elapse(1)
    return recording, first


@pytest.mark.parametrize("capabilities", GRADES, ids=lambda c: str(c["time"]))
def test_a_loop_without_bound_is_broken(capabilities: dict[str, Any]) -> None:
    """More rounds at once than any client follows are broken; fewer, or none, are kept with a canary and open without."""
    recording, first = turning(51, **capabilities)
    broken(recording.judge(LOOPS), "51 times in one attempt", first)
    for rounds in (0, 50):
        recording, first = turning(rounds, **capabilities)
        unseen(recording.judge(LOOPS))
        canary = recording.canary()
        kept(recording.judge(LOOPS), first, canary)


def test_retries_are_no_rounds() -> None:
    """Requests that come when a retry may be due do not add up."""
    recording, _ = turning(80, pause=30)
    recording.canary()
    kept(recording.judge(LOOPS))


def led_abroad(headers: dict[str, str] | None, *, abroad: bool = True) -> Recording:
    """Redirect to a trap and let a request with these fields fall into it, if any."""
    recording = Recording("http")
    recording.subscribe("e1")
    recording.note("trap", endpoint="e1", trap="t1", abroad=abroad)
    emission = recording.emit()
    recording.attempt("e1", emission, 307)
    if headers is not None:
        recording.attempt("t1", emission, headers=headers)
    return recording


@pytest.mark.parametrize("name", ["webhook-signature", "X-Any-Signature", "Authorization", "cookie"])
def test_secrets_that_go_abroad_are_broken(name: str) -> None:
    """A signature or credential at another origin is broken and named; at the same origin it is the business of others."""
    recording = led_abroad({"Host": "h", name: "s"})
    broken(recording.judge(ABROAD), f"{name.lower()} went along", recording.records[-1])
    at_home = led_abroad({"Host": "h", name: "s"}, abroad=False)
    at_home.canary()
    unseen(at_home.judge(ABROAD))


@pytest.mark.parametrize("headers", [None, {"Host": "h", "Accept": "*/*"}])
def test_whoever_goes_abroad_empty_handed_takes_nothing(headers: dict[str, str] | None) -> None:
    """No request, or one without secrets, is kept by a canary afterwards and open without."""
    recording = led_abroad(headers)
    unseen(recording.judge(ABROAD))
    canary = recording.canary()
    kept(recording.judge(ABROAD), canary)

"""Redirects that lead back to themselves end, and those that lead elsewhere take no secrets along."""

from __future__ import annotations

from typing import Any

import pytest

from hookproof.model.transcript import Answer, Attempt, Emission
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


def test_an_endless_loop_is_shown_by_its_beginning_and_its_end() -> None:
    """The first delivery, the first two rounds and the last are the evidence."""
    recording, first = turning(60)
    rounds = [record.id for record in recording.records if isinstance(record, Attempt) and record is not first]
    assert broken(recording.judge(LOOPS), "60 times").evidence == (first.id, *rounds[:2], rounds[-1])


def test_rounds_are_counted_until_the_first_retry_may_be_due() -> None:
    """What comes after the first wait of the schedule is no round, however soon the later waits would be over."""
    recording, _ = turning(80, pause=0.31, time="real")
    broken(recording.judge(LOOPS), "80 times in one attempt")
    recording, _ = turning(52, pause=0.7, time="real")
    recording.canary()
    kept(recording.judge(LOOPS))


def test_a_canary_from_before_is_no_witness_of_a_loop_or_of_a_trap() -> None:
    """It must have been emitted after the redirect was answered."""
    recording = Recording("http")
    for name, note in (("e1", "turning"), ("e2", "trap")):
        recording.subscribe(name)
        recording.note(note, endpoint=name, trap="t1", abroad=True)
    recording.canary()
    for name in ("e1", "e2"):
        recording.attempt(name, recording.emit(), 302)
    unseen(recording.judge(LOOPS))
    unseen(recording.judge(ABROAD))


def test_what_fell_into_the_trap_empty_handed_is_evidence_and_trips_at_home_hide_nothing() -> None:
    """A redirect that stays at home does not end the search, and each harmless request abroad is shown."""
    recording = Recording("http")
    for name, abroad in (("home", False), ("e1", True)):
        recording.subscribe(name)
        recording.note("trap", endpoint=name, trap=f"t-{name}", abroad=abroad)
        recording.attempt(name, recording.emit(), 307)
    caught = [recording.attempt("t-e1", recording.emit(), headers={"Host": "h"}) for _ in range(2)]
    canary = recording.canary()
    kept(recording.judge(ABROAD), *caught, canary)


def test_the_redirected_delivery_is_shown_by_its_first_attempt() -> None:
    """However often it was sent again, with what went along told of its first answer."""
    recording = led_abroad(None)
    first = next(record for record in recording.records if isinstance(record, Attempt))
    emission = next(record for record in recording.records if isinstance(record, Emission))
    recording.elapse(30)
    recording.attempt("e1", emission, 308)
    canary = recording.canary()
    assert kept(recording.judge(ABROAD)).evidence == (first.id, canary.id)
    thief = recording.attempt("t1", emission, headers={"Authorization": "s"})
    broken(recording.judge(ABROAD), "307 was followed to another origin", first, thief)

"""Idempotency keys: one key makes one event, two keys make two, and no repeat is an error of the server."""

from __future__ import annotations

from hookproof.model.transcript import Emission
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

KEYS = "one-key-makes-one-event"


def keyed(*ids: str | int, key: str = "k1", recording: Recording | None = None) -> tuple[Recording, list[Emission]]:
    """Emit under one key; each emission is answered with an id, or refused with a status."""
    recording = recording or Recording("ingest", idempotency=True)
    recording.subscribe("e1") if "e1" not in recording.endpoints else None
    made = [recording.emit(event_id=name) if isinstance(name, str) else recording.emit(refused=name) for name in ids]
    recording.note("same-key", key=key, emissions=[emission.id for emission in made])
    return recording, made


def test_one_id_for_one_key_is_kept_with_a_canary() -> None:
    """Repeats that get the same id, or are refused as conflicts, are kept; without a canary nothing is said."""
    recording, made = keyed("evt_1", "evt_1", 409)
    recording.attempt("e1", made[0])
    unseen(recording.judge(KEYS))
    recording.canary()
    kept(recording.judge(KEYS), *made)


def test_another_id_for_the_same_key_is_broken() -> None:
    """A repeat that makes another event is broken, and both are the evidence."""
    recording, made = keyed("evt_1", "evt_1", "evt_2")
    recording.canary()
    broken(recording.judge(KEYS), "were given 2 ids", made[0], made[2])


def test_an_error_of_the_server_is_no_answer_to_a_repeat() -> None:
    """A repeat that is answered 500 is broken."""
    recording, made = keyed("evt_1", 500)
    recording.canary()
    broken(recording.judge(KEYS), "was answered 500", made[1])


def test_a_key_that_is_always_refused_makes_no_event() -> None:
    """If none of the emissions is accepted the key works for nobody."""
    recording, made = keyed(409, 409)
    recording.canary()
    broken(recording.judge(KEYS), "none of 2 emissions", *made)


def test_an_event_that_nobody_was_told_of_is_broken() -> None:
    """An arrival whose id was returned to no emission was made by a repeat."""
    recording, made = keyed("evt_1", "evt_1")
    stray = recording.attempt("e1", made[0], body=recording.body(made[0], id="evt_stray"))
    recording.canary()
    broken(recording.judge(KEYS), "no emission was told of it", stray)


def test_two_keys_are_two_events() -> None:
    """A platform that answers everything with one id confuses keys."""
    recording, made = keyed("evt_1", "evt_1")
    _, other = keyed("evt_1", "evt_1", key="k2", recording=recording)
    recording.canary()
    broken(recording.judge(KEYS), "two keys were given one event", made[0], other[0])


def test_without_a_repeat_nothing_is_judged() -> None:
    """One emission under a key says nothing."""
    recording, _ = keyed("evt_1")
    recording.canary()
    unseen(recording.judge(KEYS))

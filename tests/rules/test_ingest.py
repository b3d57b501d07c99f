"""Idempotency keys: one key makes one event, two keys make two, and no repeat is an error of the server."""

from __future__ import annotations

from dataclasses import replace

import pytest

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


@pytest.mark.parametrize(("status", "served"), [(499, True), (500, False), (501, False), (599, False)])
def test_every_5xx_is_an_error_of_the_server(status: int, served: bool) -> None:  # noqa: FBT001 -- a table
    """A refusal below 500 is an answer, one from 500 on is none; at most five of them are shown."""
    recording, made = keyed("evt_1", *[status] * 7)
    recording.canary()
    judgement = recording.judge(KEYS)
    if served:
        assert kept(judgement).evidence == tuple(emission.id for emission in made)
    else:
        assert broken(judgement, f"was answered {status}").findings[0].evidence == tuple(emission.id for emission in made[1:6])


def test_at_most_five_of_many_culprits_are_shown() -> None:
    """Many ids under one key, and many refusals, are shown by the first five."""
    recording, made = keyed(*(f"evt_{n}" for n in range(7)))
    recording.canary()
    assert len(broken(recording.judge(KEYS), "were given 7 ids").findings[0].evidence) == 5
    recording, made = keyed(*[409] * 7)
    recording.canary()
    assert broken(recording.judge(KEYS), "none of 7").findings[0].evidence == tuple(emission.id for emission in made[:5])


def test_each_key_is_judged_alone() -> None:
    """A key that was used once, and one whose emissions were not recorded, hide no other; the canary follows the last emission."""
    recording, _ = keyed("evt_0", key="k0")
    recording.note("same-key", key="lost", emissions=["nobody"])
    recording.canary()
    _, made = keyed("evt_1", "evt_2", recording=recording)
    unseen(recording.judge(KEYS))
    recording.canary()
    assert broken(recording.judge(KEYS), "were given 2 ids").evidence == tuple(emission.id for emission in reversed(made))


def test_only_what_could_come_of_a_repeat_is_a_stray() -> None:
    """An arrival of another type or of another tenant was not made by a repeat; one that was is told against the first emission."""
    recording, made = keyed("evt_1", "evt_1")
    recording.subscribe("f1", scope="other")
    recording.attempt("e1", made[0], body=recording.body(made[0], id="evt_a", type="rose.faded"))
    recording.attempt("f1", made[0], body=recording.body(made[0], id="evt_b"))
    recording.canary()
    kept(recording.judge(KEYS))
    strays = [recording.attempt("e1", made[0], body=recording.body(made[0], id="evt_c")) for _ in range(2)]
    assert broken(recording.judge(KEYS), "no emission was told of it").evidence == (made[0].id, strays[0].id)


def test_a_key_is_confused_with_the_last_that_had_its_event() -> None:
    """Each key is told against the one before it."""
    recording, _ = keyed("evt_1", "evt_1")
    firsts = [keyed("evt_1", "evt_1", key=f"k{n}", recording=recording)[1][0].id for n in (2, 3)]
    recording.canary()
    assert broken(recording.judge(KEYS), "two keys").findings[1].evidence == tuple(firsts)


def test_the_canary_follows_the_last_of_the_repeats() -> None:
    """One that was emitted between the second and the third says nothing; other notes name no emissions."""
    recording, made = keyed("evt_1", "evt_1")
    recording.note("seen")
    recording.canary()
    late = recording.emit(event_id="evt_2")
    note = recording.records[3]
    recording.records[3] = replace(note, facts={"key": "k1", "emissions": [*(e.id for e in made), late.id]})  # type: ignore[call-arg] # a note
    unseen(recording.judge(KEYS))
    recording.canary()
    broken(recording.judge(KEYS), "were given 2 ids", made[0], late)


def test_refusals_under_two_keys_are_no_event_of_both() -> None:
    """What was refused has no id that could be confused."""
    recording, _ = keyed("evt_1", 409)
    keyed("evt_2", 409, key="k2", recording=recording)
    recording.canary()
    kept(recording.judge(KEYS))

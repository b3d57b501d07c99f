"""Who is who: one id wherever an event goes, and secrets by what was noted of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

ONE, STRONG = "one-id-at-every-endpoint", "issued-secrets-are-strong"


def twice(*ids: str | None) -> Recording:
    """Send one event to as many endpoints as there are ids, twice to each under that id; None is the accepted one."""
    recording = Recording()
    for number in range(len(ids)):
        recording.subscribe(f"e{number}")
    emission = recording.emit()
    for status in (500, 200):
        for number, told in enumerate(ids):
            recording.attempt(f"e{number}", emission, status, body=recording.body(emission, **({"id": told} if told else {})))
        recording.elapse(30)
    return recording


def test_one_id_at_every_endpoint_is_kept() -> None:
    """Endpoints that all get the accepted id are the evidence."""
    recording = twice(None, None)
    kept(recording.judge(ONE), *[r for r in recording.records if r.id.startswith("a")][:2])


@pytest.mark.parametrize("ids", [(None, "another"), ("one", "another"), ("another", "another")])
def test_another_id_at_an_endpoint_is_broken(ids: tuple[str | None, ...]) -> None:
    """An id that an event was not accepted under is broken where it came, also if all endpoints agree on it."""
    recording = twice(*ids)
    broken(recording.judge(ONE), "carries id", next(r for r in recording.records if r.id.startswith("a") and r.endpoint == "e1"))  # type: ignore[attr-defined] # attempts


def test_an_id_that_changes_is_not_told_of_twice() -> None:
    """What a retry changes is no question of the endpoint, and a single send leaves open which of the two it is."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, 500, body=recording.body(emission, id="one"))
    unseen(recording.judge(ONE))
    recording.attempt("e1", emission, body=recording.body(emission, id="another"))
    unseen(recording.judge(ONE))


def issued(*sizes: int | None, bits: float | None = None, twin: str = "", **capabilities: Any) -> Recording:
    """Note secrets of these sizes, None for another form; ``twin``: the last one is that endpoint's."""
    recording = Recording("issued", **capabilities)
    for number, size in enumerate(sizes):
        form = "another" if size is None else "whsec_ and base64"
        same = twin if number == len(sizes) - 1 else ""
        recording.note("issued-secret", endpoint=f"e{number}", same_as=same, form=form, bytes=size)
    recording.note("issued-secrets", count=len(sizes), bits_at_most=bits)
    return recording


@pytest.mark.parametrize("sizes", [(24, 32, 64), (None, None), (24, None)])
def test_secrets_of_legal_size_or_of_another_form_are_kept(sizes: tuple[int | None, ...]) -> None:
    """24 to 64 bytes are legal, and a form that is not known is not measured but named."""
    recording = issued(*sizes, bits=192.0)
    judgement = kept(recording.judge(STRONG), recording.records[0])
    assert ("another" in judgement.reading) is (None in sizes)


@pytest.mark.parametrize("size", [0, 23, 65, 96])
def test_secrets_of_another_size_are_broken(size: int) -> None:
    """One byte less or more than promised is too short or too long, and the endpoint is named."""
    recording = issued(32, size, bits=10.0)
    judgement = broken(recording.judge(STRONG), f"e1 holds {size} bytes", recording.records[1])
    assert len(judgement.findings) == 1


@pytest.mark.parametrize("size", [32, None])
def test_a_secret_that_two_endpoints_have_is_broken(size: int | None) -> None:
    """Whatever its form, a secret is made once."""
    recording = issued(size, size, twin="e0")
    broken(recording.judge(STRONG), "e1 is the one made for e0", recording.records[1])


@pytest.mark.parametrize(("bits", "legal"), [(0.0, False), (128.0, False), (171.0, False), (173.0, True), (256.0, True)])
def test_secrets_in_which_little_varies_are_broken(*, bits: float, legal: bool) -> None:
    """Less than 24 random bytes, with room for what a sample does not show, is a pattern."""
    recording = issued(*[32] * 20, bits=bits)
    if legal:
        kept(recording.judge(STRONG))
    else:
        broken(recording.judge(STRONG), f"no more than {bits:.0f} bits vary", recording.records[-1])


def test_who_declares_another_scheme_is_not_measured_by_standard_webhooks() -> None:
    """Sizes are a promise of one scheme; that secrets differ is one of all."""
    kept(issued(16, 16, bits=0.0, signing={"profile": "stripe"}).judge(STRONG))
    broken(issued(16, 16, twin="e0", signing={"profile": "stripe"}).judge(STRONG), "is the one made for")


def test_a_target_that_makes_no_secrets_is_not_observed() -> None:
    """No secret made is no observation."""
    unseen(Recording("issued").judge(STRONG), "made no secret")


@pytest.mark.parametrize(("bits", "strong"), [(171.9, False), (172.0, True), (172.5, True)])
@pytest.mark.parametrize("profile", [None, "standard-webhooks"])
def test_too_few_bits_are_172(bits: float, profile: str | None, *, strong: bool) -> None:
    """From 172 on a sample of a few dozen may fail to show what varies; the count of secrets is told."""
    recording = issued(32, 32, bits=bits, signing={"profile": profile} if profile else None)
    judgement = recording.judge(STRONG)
    kept(judgement) if strong else broken(judgement, "in 2 secrets no more than 172 bits vary")

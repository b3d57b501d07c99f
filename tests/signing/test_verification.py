"""What a strict receiver refuses, and in which words."""

from __future__ import annotations

import pytest

from hookproof.model.transcript import HeaderPairs
from hookproof.signing.schemes import SCHEMES
from hookproof.signing.verification import refusal

TEXT, NOW, BODY = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", 1_700_000_000, b"{}"


def said(name: str, fields: HeaderPairs, *, now: float = NOW, secrets: tuple[str, ...] = (TEXT,)) -> str | None:
    """What is said of a delivery."""
    return refusal(SCHEMES[name], secrets, fields, BODY, now=now, tolerance=300)


def signed(name: str, seconds: int = NOW) -> HeaderPairs:
    """A correct delivery."""
    return SCHEMES[name].sign([TEXT], "i", str(seconds), BODY)


@pytest.mark.parametrize("name", ["standard-webhooks", "stripe", "ghost", "box", "hook0"])
def test_the_window_has_two_sides(name: str) -> None:
    """A signed time is taken up to the tolerance, before and after, in every unit, and no further."""
    for late in (-300, -299, 0, 300):
        assert said(name, signed(name), now=NOW + late) is None
    for late in (-301, 301, 86_400, 366 * 86_400):
        assert said(name, signed(name), now=NOW + late) == "the timestamp is too old or too new"


@pytest.mark.parametrize("name", ["github", "outpost", "shopify", "ghost-body", "spatie"])
def test_a_time_that_is_not_signed_decides_nothing(name: str) -> None:
    """Where the time is not signed anyone could write it anew, so it is not looked at."""
    assert said(name, signed(name), now=NOW + 10**9) is None


def test_each_field_is_there_once() -> None:
    """A missing, an empty and a doubled field are named."""
    fields = signed("standard-webhooks")
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        rest = tuple(pair for pair in fields if pair[0] != name)
        for odd in (rest, (*rest, (name, "")), (*fields, (name.upper(), "x"))):
            assert said("standard-webhooks", odd) == f"{name} is missing, empty or repeated"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("standard-webhooks", "+1700000000"),
        ("standard-webhooks", "01700000000"),
        ("standard-webhooks", "1700000000.0"),
        ("standard-webhooks", "\u0661\u0667" + "\u0660" * 8),
        ("box", "2023-11-14 22:13:20Z"),
        ("box", "2023-11-14T22:13:20"),
        ("box", "2023-13-14T22:13:20Z"),
        ("box", "1700000000s"),
    ],
)
def test_a_time_is_plainly_written(name: str, text: str) -> None:
    """What some readers take for a time and others do not is refused, though it is signed."""
    assert said(name, SCHEMES[name].sign([TEXT], "i", text, BODY)) == "the timestamp is not plainly written"


def test_other_secrets_and_key_lengths_are_told_apart() -> None:
    """A wrong secret is no right signature; a key of illegal length is named before anything is compared."""
    other, short = "whsec_" + "A" * 32, "whsec_AAAA"
    fields = signed("standard-webhooks")
    assert said("standard-webhooks", fields, secrets=(other,)) == "no signature is right"
    assert said("standard-webhooks", fields, secrets=(other, TEXT)) is None
    assert said("standard-webhooks", fields, secrets=(TEXT, short)) == "a key is too short or too long"
    assert said("standard-webhooks", fields, secrets=()) == "no signature is right"

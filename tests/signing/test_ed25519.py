"""Ed25519 as strict as RFC 8032: nothing but the reduced scalar, the honest key and the signed bytes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.signing.ed25519 import ED25519, FIELD, ORDER, SMALL_ORDER, pair

ROOT = Path(__file__).parents[2] / "src" / "hookproof"
KEY = pair(b"k" * 32)
SIGNATURE = ED25519.make(KEY, b"content")
_CURVE = -121665 * pow(121666, FIELD - 2, FIELD) % FIELD


def right(key: bytes, content: bytes, raw: bytes) -> bool:
    """Ask the scheme's check."""
    assert ED25519.check is not None
    return ED25519.check(key, content, raw)


def _added(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    (x1, y1), (x2, y2) = one, two
    product = _CURVE * x1 * x2 * y1 * y2 % FIELD
    x = (x1 * y2 + x2 * y1) * pow(1 + product, FIELD - 2, FIELD)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, FIELD - 2, FIELD)
    return x % FIELD, y % FIELD


def _point(height: int) -> tuple[int, int]:
    square = (height * height - 1) * pow(_CURVE * height * height + 1, FIELD - 2, FIELD) % FIELD
    root = pow(square, (FIELD + 3) // 8, FIELD)
    x = root if root * root % FIELD == square else root * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    assert x * x % FIELD == square
    return x, height


@pytest.mark.parametrize("height", sorted(SMALL_ORDER))
def test_points_of_small_order_are_of_small_order(height: int) -> None:
    """Eight times each listed point is the neutral one, by arithmetic on the curve."""
    point = _point(height)
    for _ in range(3):
        point = _added(point, point)
    assert point == (0, 1)


@given(
    st.sampled_from(sorted(SMALL_ORDER | {FIELD, FIELD + 1})),
    st.booleans(),
    st.sampled_from([*sorted(SMALL_ORDER)]),
    st.binary(max_size=50),
)
def test_a_key_of_small_order_verifies_nothing(height: int, sign: bool, commitment: int, content: bytes) -> None:  # noqa: FBT001 -- drawn
    """A key of small order, also one that is not reduced, makes no signature right, whatever was signed."""
    key = (height | sign << 255).to_bytes(32, "little")
    assert not right(key, content, commitment.to_bytes(32, "little") + bytes(32))


@given(st.integers(1, 14))
def test_a_scalar_that_is_not_reduced_is_refused(times: int) -> None:
    """The group's order added to the scalar makes other bytes of the same equation: refused."""
    scalar = int.from_bytes(SIGNATURE[32:], "little") + times * ORDER
    assert right(KEY, b"content", SIGNATURE)
    assert not right(KEY, b"content", SIGNATURE[:32] + scalar.to_bytes(32, "little"))


@given(st.integers(0, 511))
def test_every_bit_of_a_signature_counts(bit: int) -> None:
    """One bit of the signature flipped: refused."""
    flipped = bytearray(SIGNATURE)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not right(KEY, b"content", bytes(flipped))


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_nothing_crashes_the_check(key: bytes, raw: bytes) -> None:
    """Any bytes as key and signature are refused, not raised."""
    assert not right(key, b"content", raw)
    assert not right(KEY, b"content", raw)


def test_halves_that_do_not_belong_together_verify_nothing() -> None:
    """A pair whose public key is another one's is no pair."""
    other = pair(b"o" * 32)
    assert not right(KEY[:32] + other[32:], b"content", SIGNATURE)
    assert right(KEY[32:], b"content", SIGNATURE)


def test_one_module_knows_the_library() -> None:
    """No other module of the package imports ``cryptography``."""
    imported = re.compile(r"^\s*(?:from|import) cryptography\b", re.MULTILINE)
    knowing = [path for path in sorted(ROOT.rglob("*.py")) if imported.search(path.read_text(encoding="utf-8"))]
    assert [path.relative_to(ROOT).as_posix() for path in knowing] == ["signing/ed25519.py"]

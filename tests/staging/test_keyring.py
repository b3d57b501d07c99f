"""Names of secrets, and what is told of those that the target makes."""

from __future__ import annotations

import base64
import json
import secrets as random_secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.signing.scheme import decoded_secret
from hookproof.staging import keyring

NUMBERS = st.integers(min_value=1, max_value=10_000)


def written(key: bytes) -> str:
    """Write a key as Standard Webhooks does."""
    return "whsec_" + base64.b64encode(key).decode()


@given(number=NUMBERS, salt=st.text(max_size=10))
def test_every_other_secret_can_be_decoded_once_more(number: int, salt: str) -> None:
    """Of two endpoints in a row one has a key that is base64 itself and one has not; both keys are of legal size."""
    secrets: dict[str, str] = {}
    decodable = []
    for each in (number, number + 1):
        key = decoded_secret(secrets[keyring.give(secrets, salt, f"e{each}", each)])
        assert key is not None
        assert len(key) == 32
        decodable.append(_is_base64(key))
    assert sorted(decodable) == [False, True]


def _is_base64(key: bytes) -> bool:
    try:
        base64.b64decode(key, validate=True)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("member", ["signing_secret", "secret"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_a_secret_that_the_target_makes_is_known_by_name(*, member: str, wrapped: bool) -> None:
    """What an answer shows is learnt; afterwards the recorded answer, with the name in its place, says which secret is in force."""
    secrets = {"secret of e1": "whsec_ours"}
    shown = {member: "whsec_theirs"}
    keyring.learn(secrets, json.dumps({"data": shown} if wrapped else shown).encode(), "e1")
    assert secrets["issued secret for e1"] == "whsec_theirs"
    recorded = json.dumps({member: "{{issued secret for e1}}"}).encode()
    assert keyring.in_force(secrets, recorded, "secret of e1") == "issued secret for e1"


@pytest.mark.parametrize(
    "answer", [b"", b"no JSON", b"[]", b'{"data": 7}', b'{"secret": null}', b'{"secret": "whsec_****"}', b'{"secret": "ab..."}']
)
def test_an_answer_that_shows_no_secret_leaves_ours_in_force(answer: bytes) -> None:
    """Nothing, and what is masked, is no secret of the target."""
    secrets = {"secret of e1": "whsec_ours"}
    keyring.learn(secrets, answer, "e1")
    assert list(secrets) == ["secret of e1"]
    assert keyring.in_force(secrets, answer, "secret of e1") == "secret of e1"


def test_an_answer_that_shows_another_endpoints_secret_says_so() -> None:
    """A secret that two endpoints share keeps the name under which it was first known."""
    secrets = {"secret of e1": "whsec_first", "secret of e2": "whsec_second"}
    keyring.learn(secrets, b'{"signing_secret": "whsec_first"}', "e2")
    assert len(secrets) == 2
    assert keyring.in_force(secrets, b'{"signing_secret": "{{secret of e1}}"}', "secret of e2") == "secret of e1"


def test_a_secret_that_was_given_for_the_whole_target_is_in_force_everywhere() -> None:
    """Who runs the suite knows better than any answer."""
    assert keyring.in_force({keyring.ISSUED: "x"}, b'{"secret": "{{issued secret for e1}}"}', "secret of e1") == keyring.ISSUED


def test_a_secret_is_described_by_form_and_size_alone() -> None:
    """The value is nowhere in what is noted."""
    assert keyring.described(written(b"k" * 24)) == {"form": keyring.SERIALISED, "bytes": 24}
    for value in ("7f3a", "whsec_no base64!", "whsec_" + "0" * 63):
        assert keyring.described(value) == {"form": "another", "bytes": None}


@given(size=st.integers(24, 64), count=st.integers(32, 60))
def test_random_secrets_are_never_called_a_pattern(size: int, count: int) -> None:
    """Of a few dozen random keys of legal size enough is seen to vary."""
    bits = keyring.bits_at_most([written(random_secrets.token_bytes(size)) for _ in range(count)])
    assert bits is not None
    assert bits > 172


@given(count=st.integers(16, 200), width=st.integers(1, 4))
def test_a_running_number_varies_in_few_bits(count: int, width: int) -> None:
    """A fixed text and a number, in any width, is seen for what it is."""
    bits = keyring.bits_at_most([written(b"fixed text of a legal size.." + number.to_bytes(width, "big")) for number in range(count)])
    assert bits is not None
    assert bits < 9


def test_too_few_or_foreign_secrets_say_nothing() -> None:
    """Below sixteen different keys of one size nothing is said of what varies."""
    assert keyring.bits_at_most([written(b"k" * 24)] * 40) is None
    assert keyring.bits_at_most(["not a secret"] * 40) is None
    assert keyring.bits_at_most([]) is None

"""Laws that hold for every scheme, whatever its columns say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookproof.model.transcript import HeaderPairs
from hookproof.signing.scheme import Scheme
from hookproof.signing.schemes import SCHEMES
from hookproof.signing.verification import refusal
from tests.signing.secrets_of import checking_secret, signing_secret

ALL = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
FEW = settings(max_examples=30, deadline=None)  # for each of many schemes, on hosts of any speed
KEYS, BODIES = st.binary(min_size=32, max_size=32), st.binary(max_size=200)
NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=",= "), min_size=1, max_size=40)
TIMES = st.integers(10**9, 2 * 10**9).map(str)


def matched(scheme: Scheme, secret: str, fields: HeaderPairs, body: bytes) -> bool:
    """Whether a tag is right."""
    return scheme.match(secret, scheme.read(fields), body) is not None


def altered(drawn: st.DataObject, raw: bytes) -> bytes:
    """Draw the same bytes with one of them changed, removed or added."""
    place = drawn.draw(st.integers(0, len(raw)))
    if place == len(raw):
        return raw + drawn.draw(st.binary(min_size=1, max_size=3))
    new = drawn.draw(st.sampled_from([b"", bytes([raw[place] ^ drawn.draw(st.integers(1, 255))])]))
    return raw[:place] + new + raw[place + 1 :]


@ALL
@FEW
@given(raw=KEYS, message_id=NAMES, timestamp=TIMES, body=BODIES)
def test_what_a_scheme_signs_it_takes(scheme: Scheme, raw: bytes, message_id: str, timestamp: str, body: bytes) -> None:
    """A signed delivery shows the scheme, has no fault, and verifies with the secret that receivers hold, at its own time."""
    fields = scheme.sign([signing_secret(scheme, raw)], message_id, timestamp, body)
    assert scheme.present(fields)
    assert scheme.present({name.lower(): value for name, value in fields})
    assert scheme.read(fields).fault is None
    assert matched(scheme, checking_secret(scheme, raw), fields, body)
    secrets = [checking_secret(scheme, raw)]
    assert refusal(scheme, secrets, fields, body, now=float(timestamp), tolerance=0) is None
    assert {name for name, _ in fields} <= set(scheme.headers)
    assert scheme.header in dict(fields)


@ALL
@FEW
@given(drawn=st.data(), raw=KEYS, message_id=NAMES, timestamp=TIMES, body=BODIES)
def test_a_changed_body_does_not_verify(
    scheme: Scheme, drawn: st.DataObject, raw: bytes, message_id: str, timestamp: str, body: bytes
) -> None:
    """One byte of the body changed, removed or added: nothing matches."""
    fields = scheme.sign([signing_secret(scheme, raw)], message_id, timestamp, body)
    changed = altered(drawn, body)
    assert not matched(scheme, checking_secret(scheme, raw), fields, changed)


@ALL
@FEW
@given(drawn=st.data(), raw=KEYS, timestamp=TIMES, body=BODIES)
def test_another_secret_does_not_verify(scheme: Scheme, drawn: st.DataObject, raw: bytes, timestamp: str, body: bytes) -> None:
    """One byte of the key changed: nothing matches."""
    place, flip = drawn.draw(st.integers(0, 31)), drawn.draw(st.integers(1, 255))
    other = raw[:place] + bytes([raw[place] ^ flip]) + raw[place + 1 :]
    fields = scheme.sign([signing_secret(scheme, raw)], "i", timestamp, body)
    assert not matched(scheme, checking_secret(scheme, other), fields, body)


@ALL
@FEW
@given(raw=KEYS, message_id=NAMES, timestamp=TIMES, body=BODIES, step=st.integers(1, 10**6), suffix=NAMES)
def test_signed_columns_are_signed_and_others_are_not(
    scheme: Scheme, raw: bytes, message_id: str, timestamp: str, body: bytes, step: int, suffix: str
) -> None:
    """Another id or time breaks the signature exactly where the scheme's columns say that it is signed."""
    secret, held = signing_secret(scheme, raw), checking_secret(scheme, raw)
    tags = scheme.read(scheme.sign([secret], message_id, timestamp, body)).tags
    later = scheme.fields(message_id, scheme.written_time(str(int(timestamp) + step)), tags)
    assert matched(scheme, held, later, body) is not (scheme.stamp is not None and scheme.stamp.signed)
    renamed = scheme.fields(message_id + suffix, scheme.written_time(timestamp), tags)
    assert matched(scheme, held, renamed, body) is not (scheme.message_id is not None and scheme.message_id.signed)


@ALL
@FEW
@given(drawn=st.data(), timestamp=TIMES, body=BODIES)
def test_any_of_several_tags_in_any_place_is_enough(scheme: Scheme, drawn: st.DataObject, timestamp: str, body: bytes) -> None:
    """Where a scheme carries several tags, each of the secrets that signed verifies alone, in any order, and no other does."""
    raws = drawn.draw(st.lists(KEYS, min_size=2, max_size=4, unique=True))
    several = scheme.rotation != "none"
    limit = 2 if scheme.rotation == "the two headers" else len(raws) if several else 1
    fields = scheme.sign([signing_secret(scheme, raw) for raw in raws], "i", timestamp, body)
    for place, raw in enumerate(raws):
        assert matched(scheme, checking_secret(scheme, raw), fields, body) is (place < limit)


@ALL
@FEW
@given(text=st.text(st.characters(max_codepoint=255)), body=BODIES, raw=KEYS)
def test_no_text_crashes_a_scheme_or_is_taken(scheme: Scheme, text: str, body: bytes, raw: bytes) -> None:
    """Whatever stands in the scheme's fields is read without a crash, and is not a signature."""
    fields = tuple((name, text) for name in scheme.headers)
    assert not matched(scheme, checking_secret(scheme, raw), fields, body)
    assert refusal(scheme, [checking_secret(scheme, raw)], fields, body, now=0, tolerance=300) is not None


@ALL
def test_a_secret_of_another_form_is_named(scheme: Scheme) -> None:
    """A secret from which no signing key can be read is refused in words; any text is a key only where the columns say so."""
    for secret in ("whsec_not base64!", "whpk_AAAA", "whsk_AAAA", "zz"):
        if not scheme.keys(secret):
            with pytest.raises(ValueError, match="must be"):
                scheme.sign([secret], "i", "1700000000", b"")
        else:
            assert scheme.key.name.startswith(("the whole text", "undocumented"))


def test_a_public_key_cannot_sign() -> None:
    """Who holds the public half alone cannot make a tag."""
    for name in ("standard-webhooks-v1a", "discord"):
        scheme = SCHEMES[name]
        with pytest.raises(ValueError, match="cannot sign"):
            scheme.sign([checking_secret(scheme, b"k" * 32)], "i", "1700000000", b"")

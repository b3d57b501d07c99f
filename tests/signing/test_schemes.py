"""Signature schemes against published vectors and the official library, and what a diagnosis says of wrong recipes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from hookproof.signing.diagnosis import diagnose
from hookproof.signing.scheme import throwaway_secret
from hookproof.signing.schemes import SCHEMES

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTORS = [
    (
        SECRET,
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    (
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        "1649367553",
        b'{"email":"test@example.com","username":"test_user"}',
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ),
]
STANDARD, STAMPED, BARE = SCHEMES["standard-webhooks"], SCHEMES["devotel-t-v1"], SCHEMES["devotel-body-hex"]


def standard(signature: str, message_id: str = "i", timestamp: str = "1700000000") -> tuple[tuple[str, str], ...]:
    """The three headers of Standard Webhooks."""
    return (("Webhook-Id", message_id), ("Webhook-Timestamp", timestamp), ("Webhook-Signature", signature))


def matches(secret: str, headers: tuple[tuple[str, str], ...], body: bytes, scheme: str = "standard-webhooks") -> str | None:
    """The key reading under which the headers verify."""
    chosen = SCHEMES[scheme]
    return chosen.match(secret, chosen.read(headers), body)


@pytest.mark.parametrize(("secret", "message_id", "timestamp", "body", "signature"), VECTORS)
def test_published_vectors_verify_and_anything_else_does_not(
    secret: str, message_id: str, timestamp: str, body: bytes, signature: str
) -> None:
    """Each published vector verifies; a change of id, time, body, secret or one character of the tag does not."""
    good = standard(signature, message_id, timestamp)
    assert matches(secret, good, body) == "base64-decoded"
    other = "whsec_" + base64.b64encode(b"x" * 24).decode()
    swapped = signature[:8] + ("A" if signature[8] != "A" else "B") + signature[9:]
    assert matches(other, good, body) is None
    assert matches(secret, good, body + b"\n") is None
    assert matches(secret, standard(signature, message_id + "x", timestamp), body) is None
    assert matches(secret, standard(signature, message_id, str(int(timestamp) + 1)), body) is None
    assert matches(secret, standard(swapped, message_id, timestamp), body) is None


@given(
    key=st.binary(min_size=24, max_size=64),
    message_id=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
    seconds=st.integers(0, 2**33),
    body=st.text(),
)
def test_the_official_library_agrees(key: bytes, message_id: str, seconds: int, body: str) -> None:
    """Whatever the official library signs, for any id, time and text, verifies here, and only with that secret."""
    secret = "whsec_" + base64.b64encode(key).decode()
    signature = Webhook(secret).sign(message_id, datetime.fromtimestamp(seconds, UTC), body)
    headers = standard(signature, message_id, str(seconds))
    assert STANDARD.read(headers).fault is None
    assert matches(secret, headers, body.encode()) == "base64-decoded"
    assert matches("whsec_" + base64.b64encode(key + b"!").decode(), headers, body.encode()) is None


@given(message_id=st.text(min_size=1), body=st.binary())
def test_header_bytes_are_signed_as_they_crossed_the_wire(message_id: str, body: bytes) -> None:
    """An id beyond ASCII, recorded byte by byte as Latin-1, is signed as those bytes."""
    raw = message_id.encode("utf-8", "replace")
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    tag = base64.b64encode(hmac.digest(key, raw + b".1700000000." + body, "sha256")).decode()
    assert matches(SECRET, standard(f"v1,{tag}", raw.decode("latin-1")), body) == "base64-decoded"


def test_a_rotation_list_verifies_with_either_secret_in_any_place() -> None:
    """Of a list of tags any may match, unknown versions before it included."""
    other = "whsec_" + base64.b64encode(b"y" * 32).decode()
    moment = datetime.fromtimestamp(1_700_000_000, UTC)
    one, two = (Webhook(secret).sign("i", moment, "b") for secret in (SECRET, other))
    for listed in (f"{one} {two}", f"{two} {one}", f"v1a,eA== {one} {two}", f"v2,?? v10,x {two} {one}"):
        headers = standard(listed)
        assert STANDARD.read(headers).fault is None
        assert matches(SECRET, headers, b"b") == matches(other, headers, b"b") == "base64-decoded"


@pytest.mark.parametrize(
    "value",
    ["", "v1", "v1,", ",", " ", "v1,abc", "v1, " + "A" * 43 + "=", "V1," + "A" * 43 + "=", "v1," + "A" * 44, "v1,é", "v2,x", "x" * 9999],
)
def test_malformed_headers_have_a_fault_that_stays_short(value: str) -> None:
    """Every departure from the grammar is a fault in a line, never a crash and never a match."""
    signed = STANDARD.read(standard(value))
    assert signed.fault is not None
    assert len(signed.fault) < 120
    assert matches(SECRET, standard(value), b"") is None


def test_a_malformed_entry_beside_a_good_one_is_a_fault_and_still_verifies() -> None:
    """Grammar and verification are two questions."""
    good = Webhook(SECRET).sign("i", datetime.fromtimestamp(1_700_000_000, UTC), "b")
    headers = standard(f"nonsense {good}")
    assert STANDARD.read(headers).fault is not None
    assert matches(SECRET, headers, b"b") == "base64-decoded"


@given(
    headers=st.lists(
        st.tuples(st.sampled_from(["webhook-id", "WEBHOOK-SIGNATURE", "webhook-timestamp", "X-Devotel-Signature"]), st.text())
    ),
    body=st.binary(),
)
def test_no_header_crashes_a_scheme(headers: list[tuple[str, str]], body: bytes) -> None:
    """Any texts in any of the fields are read, found wanting and do not verify."""
    for scheme in SCHEMES.values():
        scheme.present(tuple(headers))
        signed = scheme.read(tuple(headers))
        assert scheme.match(SECRET, signed, body) is None
    for signed in {STANDARD.read(tuple(headers)), STAMPED.read(tuple(headers))}:
        diagnose(" ".join(v for _, v in headers), SECRET, message_id=signed.message_id or "", timestamp=signed.timestamp or "", body=body)


@pytest.mark.parametrize(
    ("reading", "key"),
    [
        ("whole text", SECRET.encode()),
        ("text without prefix", SECRET.removeprefix("whsec_").encode()),
        ("base64-decoded", base64.b64decode(SECRET.removeprefix("whsec_"))),
    ],
)
def test_three_key_readings_of_the_hex_family_are_told_apart(reading: str, key: bytes) -> None:
    """Each key reading seen in the wild verifies, in both forms, and is named."""
    tag = hmac.digest(key, b"1700000000.body", "sha256").hex()
    for value in (f"t=1700000000,v1={tag}", f"t=1700000000, v1={'0' * 64}, v1={tag}", f"v1={tag},t=1700000000"):
        headers = (("X-Devotel-Signature", value),)
        assert STAMPED.read(headers).fault is None
        assert matches(SECRET, headers, b"body", "devotel-t-v1") == reading
        assert matches(SECRET, headers, b"Body", "devotel-t-v1") is None
    bare = (("x-devotel-signature", hmac.digest(key, b"body", "sha256").hex()),)
    assert BARE.present(bare)
    assert not STAMPED.present(bare)
    assert matches(SECRET, bare, b"body", "devotel-body-hex") == reading


@pytest.mark.parametrize(
    "value", ["", "t=1", "v1=" + "0" * 64, "t=1,t=2,v1=" + "0" * 64, "t=1,v1=" + "A" * 64, "t=1;v1=" + "0" * 64, "t=1,v1=00"]
)
def test_malformed_hex_headers_have_a_fault(value: str) -> None:
    """No time, two times, upper case, other separators and short tags are faults."""
    assert STAMPED.read((("X-Devotel-Signature", value),)).fault is not None
    assert BARE.read((("X-Devotel-Signature", value),)).fault is not None


def _key(form: str) -> tuple[str, bytes]:
    inner = base64.b64encode(b"0123456789abcdef01234567").decode()
    secret = "whsec_" + base64.b64encode(inner.encode()).decode()
    keys = {
        "the decoded secret": inner.encode(),
        "the whole secret as text": secret.encode(),
        "the secret's text without prefix": secret.removeprefix("whsec_").encode(),
        "the secret decoded twice": base64.b64decode(inner),
        "an empty secret": b"",
    }
    return secret, keys[form]


CONTENTS = {
    "id.timestamp.body": b"i.1700000000.b",
    "timestamp.body (id not covered)": b"1700000000.b",
    "id.body (timestamp not covered)": b"i.b",
    "body alone": b"b",
    "id.timestamp (body not covered)": b"i.1700000000",
    "id alone": b"i",
    "timestamp alone": b"1700000000",
}
ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda raw: base64.b64encode(raw).decode(),
    "base64 without padding": lambda raw: base64.b64encode(raw).decode().rstrip("="),
    "hex": lambda raw: raw.hex(),
    "upper-case hex": lambda raw: raw.hex().upper(),
}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize(
    "key",
    ["the decoded secret", "the whole secret as text", "the secret's text without prefix", "the secret decoded twice", "an empty secret"],
)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_wrong_recipe_is_named_and_neither_secret_nor_tag_shown(content: str, key: str, encoding: str) -> None:
    """The diagnosis names content, key and encoding, and shows nothing that could sign."""
    secret, raw = _key(key)
    tag = ENCODINGS[encoding](hmac.digest(raw, CONTENTS[content], hashlib.sha256))
    said = diagnose(f"v1,{tag}", secret, message_id="i", timestamp="1700000000", body=b"b")
    assert said == f"it is HMAC-SHA256 of {content}, keyed with {key}, in {encoding}"
    assert tag not in said
    assert secret not in said


def test_url_safe_tags_are_told_apart_where_they_differ() -> None:
    """A tag with a character of the URL-safe alphabet is named as such, with padding and without."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    for number in range(40):
        tag = base64.urlsafe_b64encode(hmac.digest(key, b"i.%d.b" % number, "sha256")).decode()
        if "-" in tag or "_" in tag:
            for text, name in ((tag, "base64url"), (tag.rstrip("="), "base64url without padding")):
                assert diagnose(text, SECRET, message_id="i", timestamp=str(number), body=b"b").endswith(f"in {name}")


def test_an_unknown_recipe_is_not_guessed_and_an_ill_formed_secret_is_no_crash() -> None:
    """Nothing known: said so; a secret that is not base64 has no decoded reading."""
    for secret in (SECRET, "whsec_not base64!", "", "é"):
        assert diagnose("v1,nothing", secret, message_id="i", timestamp="t", body=b"").startswith("none of the known recipes")
        assert STANDARD.match("whsec_not base64!", STANDARD.read(standard("v1," + "A" * 43 + "=")), b"") is None


@given(salt=st.text(st.characters(codec="utf-8")), name=st.text(st.characters(codec="utf-8")))
def test_throwaway_secrets_follow_from_salt_and_name(salt: str, name: str) -> None:
    """The same salt and name give the same 32-byte secret, another name another one."""
    secret = throwaway_secret(salt, name)
    assert secret == throwaway_secret(salt, name) != throwaway_secret(salt, name + "'")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32

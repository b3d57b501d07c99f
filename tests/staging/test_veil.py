"""Secrets in what arrives: found in every usual encoding, wherever they stand, and nothing else is touched."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hookproof.model.transcript import Answer, Attempt
from hookproof.signing.scheme import throwaway_secret
from hookproof.staging.veil import LEAST, Veil

NAMES = [f"secret of e{number}" for number in range(1, 60)]
SECRETS = {name: throwaway_secret("veil", name) for name in NAMES} | {"key of main": "key_Zt3-_wonderful/+"}
ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "hex": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(b"u:" + text.encode()).decode(),
    "URL": lambda text: quote(text, safe=""),
    "JSON": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "Unicode escapes": lambda text: text.replace("+", "\\u002B").replace("/", "\\u002f"),
    "bare": lambda text: text.removeprefix("whsec_"),
    "key": lambda text: base64.b64decode(text.removeprefix("whsec_")).hex() if text.startswith("whsec_") else text,
}


def veil() -> Veil:
    """A veil that knows all secrets."""
    made = Veil()
    for name, value in SECRETS.items():
        made[name] = value
    return made


KNOWING = veil()


def attempt(body: bytes = b"{}", head: bytes = b"", headers: tuple[tuple[str, str], ...] = ()) -> Attempt:
    """One attempt as it arrived."""
    told = {"method": "POST", "target": "/t/e1", "http_version": "1.1", "answer": Answer(), "accepted_at": 1, "accepted_wall": 1}
    return Attempt(id="a1", situation="s", at=1, endpoint="e1", connection="c1", headers=headers, body=body, head=head, **told)  # type: ignore[arg-type] # members of many types


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS.keys())
@pytest.mark.parametrize("name", [NAMES[0], NAMES[1], NAMES[-1], "key of main"])
@pytest.mark.parametrize("before", range(9))
def test_a_secret_is_found_at_every_place_in_every_encoding(encoding: Callable[[str], str], name: str, before: int) -> None:
    """Wherever it begins and however it is written, its name is told and no form of it is left."""
    shown = encoding(SECRETS[name]).encode()
    body = b'"' + b"x" * before + b": " + shown + b'"'
    found = KNOWING.found(attempt(body))
    assert found is not None
    assert (found.names, found.places) == ((name,), ("body",))
    assert b"{{" + name.encode() + b"}}" in found.attempt.body
    assert KNOWING.found(found.attempt) is None


@given(body=st.binary(max_size=300) | st.text(max_size=100).map(lambda text: json.dumps(text).encode()))
@example(b"whsec_")
@example(SECRETS[NAMES[0]].encode()[:-9])
def test_what_holds_no_secret_is_not_touched(body: bytes) -> None:
    """Bytes without a secret are recorded as they came, also where they begin like one."""
    assert KNOWING.found(attempt(body, head=body)) is None


def test_every_part_of_a_head_is_scrubbed() -> None:
    """A secret in the target and in a field is hidden in the raw head and in what was read of it, byte for byte beside it."""
    value = SECRETS[NAMES[3]]
    fields = (("X-Told", f"\xe9 {value}"), ("X-Plain", "\xff"))
    head = f"POST /t?k={value} HTTP/1.1\r\nX-Told: \xe9 {value}\r\nX-Plain: \xff\r\n\r\n".encode("latin-1")
    found = KNOWING.found(attempt(head=head, headers=fields))
    assert found is not None
    mark = "{{" + NAMES[3] + "}}"
    assert found.attempt.head == head.replace(value.encode(), mark.encode())
    assert found.attempt.headers == (("X-Told", f"\xe9 {mark}"), ("X-Plain", "\xff"))
    assert found.places == ("head",)


def test_several_secrets_are_all_named() -> None:
    """Each secret of a delivery leaves its own name, plain or escaped."""
    body = (SECRETS[NAMES[5]] + " " + ENCODINGS["Unicode escapes"](SECRETS["key of main"]) + " " + SECRETS["key of main"]).encode()
    found = KNOWING.found(attempt(body))
    assert found is not None
    assert found.names == ("key of main", NAMES[5])
    assert found.attempt.body == b"{{secret of e6}} {{key of main}} {{key of main}}"


def test_a_short_secret_is_not_looked_for() -> None:
    """What might stand anywhere by chance is kept by name and never searched."""
    made = Veil()
    made["key of main"] = "x" * (LEAST - 1)
    assert made.found(attempt(b"x" * 200)) is None
    made["key of other"] = "y" * LEAST
    assert (found := made.found(attempt(b"y" * LEAST))) is not None
    assert found.names == ("key of other",)


def test_a_value_under_two_names_is_found_under_both() -> None:
    """Two names of one value are two secrets; one of them takes its place."""
    made = Veil()
    made["a"] = made["b"] = "a secret of two"
    found = made.found(attempt(b"a secret of two"))
    assert found is not None
    assert found.attempt.body in (b"{{a}}", b"{{b}}")
    assert set(found.names) == {"a", "b"}

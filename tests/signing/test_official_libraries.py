"""Second opinions on the vectors: the official libraries in Python and JavaScript, and OpenSSL.

Law: each disagreement is listed with its cause; one that is not listed fails, and so does a listed one that is gone.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as openssl_hmac

from hookproof.generate.vectors import vectors
from hookproof.generate.vectors.vector import Result, Vector
from hookproof.signing.schemes import SCHEMES
from tests.official.node import javascript_home
from tests.signing.official import javascript_outcomes, python_outcomes
from tests.signing.test_published_pins import RFC4231

LISTED: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "disagreements.yaml").read_text(encoding="utf-8"))
EXPECTED = {Result.VALID: {"accepted"}, Result.INVALID: {"refused"}, Result.ACCEPTABLE: {"accepted", "refused"}}
STANDARD = SCHEMES["standard-webhooks"]


def _disagreements(library: str, outcomes: Iterable[str]) -> set[tuple[str, str, str]]:
    pairs = zip(vectors(), outcomes, strict=True)
    return {(library, vector.id, outcome) for vector, outcome in pairs if outcome not in EXPECTED[vector.result]}


def _listed(library: str) -> set[tuple[str, str, str]]:
    entries = [entry for entry in LISTED if entry["library"] == library]
    return {(library, name, entry["outcome"]) for entry in entries for name in entry["vectors"]}


def test_the_official_python_library_disagrees_where_it_is_known_to() -> None:
    """The Python library takes and refuses as the vectors say, but for the listed ones."""
    assert version("standardwebhooks") == "1.1.0"
    assert _disagreements("python", python_outcomes(vectors())) == _listed("python")


def test_the_official_javascript_library_disagrees_where_it_is_known_to() -> None:
    """The JavaScript library takes and refuses as the vectors say, but for the listed ones."""
    assert '"version": "1.1.1"' in (javascript_home() / "node_modules" / "standardwebhooks" / "package.json").read_text()
    assert _disagreements("javascript", javascript_outcomes(vectors())) == _listed("javascript")


def test_each_listed_disagreement_has_a_cause_and_its_vectors_the_flag() -> None:
    """No entry is idle, no vector listed twice for a library, and what is listed under a flag carries it."""
    flags = {vector.id: vector.flags for vector in vectors()}
    for entry in LISTED:
        assert entry["cause"]
        assert entry["vectors"]
        assert all(entry["flag"] in flags[name] for name in entry["vectors"]), entry["flag"]
    names = [(entry["library"], name) for entry in LISTED for name in entry["vectors"]]
    assert len(names) == len(set(names))


def _by_command(key: bytes, content: bytes) -> bytes:
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
    return subprocess.run(command, input=content, capture_output=True, check=True, timeout=60).stdout


def _by_library(key: bytes, content: bytes) -> bytes:
    made = openssl_hmac.HMAC(key, hashes.SHA256())
    made.update(content)
    return made.finalize()


def _opinion() -> tuple[str, Callable[[bytes, bytes], bytes]]:
    return ("the command openssl", _by_command) if shutil.which("openssl") else ("OpenSSL inside cryptography", _by_library)


def _content(vector: Vector) -> bytes:
    fields = {name.lower(): value for name, value in vector.headers}
    return f"{fields['webhook-id']}.{fields['webhook-timestamp']}.".encode("latin-1") + vector.body


def test_openssl_makes_the_same_hmacs(record_property: Callable[[str, object], None]) -> None:
    """OpenSSL makes the tags of RFC 4231 and, for keys of every legal length and every plain body, the one that stands in the header."""
    name, make = _opinion()
    record_property("second opinion", name)
    for key, content, expected, _ in RFC4231.values():
        assert make(key, content).hex() == expected, name
    chosen = [vector for vector in vectors() if {"KEY_SIZE", "BODY_PLAIN"} & set(vector.flags)]
    assert len(chosen) >= 60
    for vector in chosen:
        key = base64.b64decode(vector.secrets[0].removeprefix("whsec_"))
        assert f"v1,{base64.b64encode(make(key, _content(vector))).decode()}" == dict(vector.headers)["webhook-signature"], vector.id


def test_openssl_inside_the_library_makes_every_valid_tag() -> None:
    """For each valid symmetric vector one entry of the list is the tag that OpenSSL makes of id, timestamp and body."""
    valid = [vector for vector in vectors() if vector.result is Result.VALID and vector.scheme == STANDARD.name]
    assert len(valid) >= 150
    for vector in valid:
        keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in vector.secrets]
        entries = {name.lower(): value for name, value in vector.headers}["webhook-signature"].split(" ")
        assert {f"v1,{base64.b64encode(_by_library(key, _content(vector))).decode()}" for key in keys} & set(entries), vector.id

"""The published vectors: whole, current, of their format, and decided alike by our own schemes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.contracts import known_contracts, load_format_schema
from hookproof.generate.vectors import vectors, written
from hookproof.generate.vectors.vector import Result, Vector
from hookproof.reference.receiver.reception import Arrival, Keyring, Reception, RefusedError
from hookproof.signing.schemes import SCHEMES
from hookproof.signing.verification import refusal

FILE = Path(__file__).parents[2] / "contracts" / "standard_webhooks" / "vectors" / "signatures.json"
SCHEMA = jsonschema_rs.Draft202012Validator(load_format_schema("vectors"), offline=True)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The file as it stands."""
    found: dict[str, Any] = json.loads(FILE.read_bytes())
    return found


def test_the_file_is_what_the_generator_writes() -> None:
    """Whoever changes a vector writes the file anew: python -m hookproof.generate.vectors > the file."""
    assert FILE.read_text(encoding="utf-8") == written()


def test_the_file_is_of_its_format(document: dict[str, Any]) -> None:
    """The file is of ``vectors.schema.json``; each flag is explained, each explanation used, and nothing was cut off."""
    assert [str(error) for error in SCHEMA.iter_errors(document)] == []
    assert document["count"] == len(document["vectors"])
    assert {flag for vector in document["vectors"] for flag in vector["flags"]} == document["flags"].keys()


@given(
    st.sampled_from(["id", "result", "flags", "comment", "scheme", "secrets", "headers", "body", "now", "tolerance", "source"]),
    st.sampled_from([None, [], {}, "", "other", -1, 1.5, [["one"]], ["lower"]]),
)
def test_the_format_refuses_what_is_no_vector(member: str, value: Any) -> None:
    """A vector without a member, or with nonsense in one, is refused."""
    whole = json.loads(json.dumps(vectors()[0].record()))
    cut = {name: part for name, part in whole.items() if name != member}
    head = {"title": "t", "meaning": "m", "count": 1, "flags": {"PLAIN": "p"}}
    assert SCHEMA.is_valid({**head, "vectors": [whole]})
    assert not SCHEMA.is_valid({**head, "vectors": [cut]})
    right = {"now": (-1,), "headers": ([],), "secrets": (["lower"],), "body": ("", "other"), "id": ("other",), "comment": ("other",)}
    if value not in (*right.get(member, ()), *(("other",) if member == "source" else ())):
        assert not SCHEMA.is_valid({**head, "vectors": [{**cut, member: value}]})


def test_there_are_many_vectors_and_few_in_doubt() -> None:
    """At least 400 vectors, at most 5 % acceptable, at least a quarter valid; no id and no delivery stands twice."""
    counted = Counter(vector.result for vector in vectors())
    assert len(vectors()) >= 400
    assert counted[Result.ACCEPTABLE] <= len(vectors()) * 0.05
    assert counted[Result.VALID] >= len(vectors()) / 4
    assert len({vector.id for vector in vectors()}) == len(vectors())
    deliveries = Counter((v.scheme, v.secrets, v.headers, v.body, v.now) for v in vectors())
    assert [delivery for delivery, count in deliveries.items() if count > 1] == []


def _taken(vector: Vector) -> bool:
    told = refusal(SCHEMES[vector.scheme], vector.secrets, vector.headers, vector.body, now=vector.now, tolerance=vector.tolerance)
    return told is None


def test_our_schemes_decide_every_vector() -> None:
    """A strict receiver made of our schemes takes what is valid and refuses what is invalid; the rest it answers without a crash."""
    answers = {vector.id: (vector.result, _taken(vector)) for vector in vectors()}
    wrong = [name for name, (result, taken) in answers.items() if taken is not (result is Result.VALID) and result is not Result.ACCEPTABLE]
    assert wrong == []


def test_a_folder_of_vectors_is_no_contract() -> None:
    """The vectors stand beside the contracts and are not listed as one before they are one."""
    assert (FILE.parents[1] / "provider.yaml").is_file() is ("standard_webhooks" in known_contracts())
    assert "orbit" in known_contracts()


def _reference_takes(vector: Vector) -> bool:
    reception = Reception()
    arrival = Arrival(method="POST", target="/", fields=vector.headers, body=vector.body, now=float(vector.now))
    try:
        reception.verify(reception, arrival, Keyring(secrets=vector.secrets, tolerance=float(vector.tolerance)))
    except RefusedError:
        return False
    return True


def test_the_reference_receiver_decides_alike() -> None:
    """The reference shares no code with our schemes and decides the same, but for keys of illegal length, which its configuration takes."""
    chosen = [vector for vector in vectors() if vector.scheme == "standard-webhooks" and vector.result is not Result.ACCEPTABLE]
    wrong = [vector for vector in chosen if _reference_takes(vector) is not (vector.result is Result.VALID)]
    assert {vector.id for vector in wrong} == {vector.id for vector in chosen if "KEY_SIZE_ILLEGAL" in vector.flags}

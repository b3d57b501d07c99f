"""Files that people write: a consumer's needs, and pacts of any origin. Whatever they hold, the outcome is a value or one error.

Law: what `init` writes is read without a change; what a contract does not promise cannot be read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.contracts import known_contracts
from hookproof.model.errors import IllFormedError
from hookproof.pact.consumer import parsed_consumer, read_consumer, started, whole_consumer
from hookproof.pact.pactfile import PactFile, parsed_pact, read_pact
from hookproof.staging.pacts import interactions, pact_of
from hookproof.staging.session import read_contract
from tests.suites.courtroom import orbit


@pytest.mark.parametrize("name", known_contracts())
def test_what_is_begun_can_be_read(name: str) -> None:
    """Of every contract: the file that a consumer begins with is read back, and demands what the whole contract requires."""
    contract = read_contract(name)
    told = parsed_consumer("c", started(contract, "hookproof", sorted(contract.events)).encode(), contract)
    assert (told.name, told.provider, told.subscriptions, set(told.reads)) == ("hookproof", name, True, set(contract.events))
    flat = [event.name for event in contract.events.values() if all("properties" not in part for part in _parts(event.schema))]
    wanted = {each.id: each for each in interactions(contract, whole_consumer(contract))}
    found = {each.id: each for each in interactions(contract, told)}
    assert found.keys() == wanted.keys()
    differing = [event for event in flat if found[f"message/{event}"].body.example != wanted[f"message/{event}"].body.example]  # type: ignore[union-attr] # messages
    assert differing == []


def _parts(schema: Any) -> list[Any]:
    return list(schema.get("properties", {}).values())


WRONG = {
    "consumer: c\nevents: {contact.craeted: required}": "Did you mean 'contact.created'",
    "consumer: c\nevents: {contact.created: [/shoe_size]}": "has no member '/shoe_size'",
    "consumer: c\nevents: {contact.created: [contact_id]}": "contact_id",
    "consumer: c\nevents: {contact.created: some}": "events",
    "consumer: a b\nevents: {}": "a b",
    "events: {}": "'consumer' is missing",
    "consumer: c\nevent: {}\nevents: {}": "'event' is unknown",
    "consumer: c\nconsumer: d\nevents: {}": "occurs twice",
    "[": "not YAML",
}


@pytest.mark.parametrize(("text", "words"), WRONG.items())
def test_a_consumer_that_cannot_be_is_refused(text: str, words: str) -> None:
    """An unknown event or member, a wrong form and a key too many are refused with the place."""
    with pytest.raises(IllFormedError, match=words.replace("(", r"\(")):
        parsed_consumer("c", text.encode(), orbit())


def test_a_consumer_reads_what_it_names(tmp_path: Path) -> None:
    """Of an event only the named members are in its pact, beside the envelope; without subscriptions there are no HTTP interactions."""
    file = tmp_path / "c.yaml"
    file.write_text('{"consumer": "c", "subscriptions": false, "events": {"call.answered": ["/call_id", "/status"]}}')
    (said,) = interactions(orbit(), read_consumer(file, orbit()))
    assert set(said.body.example) == {"id", "type", "created_at", "data"}  # type: ignore[union-attr] # a message
    assert set(said.body.example["data"]) == {"call_id", "status"}  # type: ignore[union-attr] # the same
    assert {"/data/from", "/data/to"} <= {loss.pointer for loss in said.body.losses}  # type: ignore[union-attr] # the same
    with pytest.raises(IllFormedError, match="cannot be read"):
        read_consumer(tmp_path / "none", orbit())


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["interactions", "metadata", "consumer", "provider", "name", "type", "request", "response", "providerStates"]),
            inner,
        ),
    ),
    max_leaves=12,
)
SOUND: dict[str, Any] = {
    "consumer": {"name": "c"},
    "provider": {"name": "p"},
    "metadata": {"pactSpecification": {"version": "4.0"}},
    "interactions": [
        {"type": "Synchronous/HTTP", "description": "d", "request": {"method": "GET", "path": "/"}, "response": {"status": 200}}
    ],
}


@given(st.one_of(st.binary(max_size=60), JSON.map(lambda value: json.dumps(value).encode())))
def test_any_text_is_a_pact_or_one_error(raw: bytes) -> None:
    """Whatever bytes come: a pact, or an error of the file."""
    try:
        assert isinstance(parsed_pact(raw, "it"), PactFile)
    except IllFormedError as error:
        assert "\n" not in str(error)  # noqa: PT017 -- either outcome is right


@given(
    st.sampled_from([["interactions"], ["interactions", 0], ["interactions", 0, "type"], ["metadata"], ["consumer"], ["provider", "name"]]),
    JSON,
)
def test_a_sound_pact_with_a_part_replaced_is_a_pact_or_one_error(path: list[Any], value: Any) -> None:
    """Replacing any part of a sound pact never ends in anything else."""
    document = json.loads(json.dumps(SOUND))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    try:
        found = parsed_pact(json.dumps(document).encode(), "it")
    except IllFormedError:
        return
    assert all(entry.description for entry in found.entries)


@pytest.mark.parametrize("version", ["3.0.0", "2.0.0", None, 4])
def test_other_versions_are_refused(version: Any) -> None:
    """Files of other specifications are refused by their version, and are not half understood."""
    with pytest.raises(IllFormedError, match="specification"):
        parsed_pact(json.dumps({**SOUND, "metadata": {"pactSpecification": {"version": version}}}).encode(), "it")


def test_our_own_pacts_are_read_back(tmp_path: Path) -> None:
    """The pact that we write is sound, holds every interaction once, lists its losses, and holds no key of anybody."""
    contract = read_contract("whatsapp_crm")
    pact = pact_of(contract, whole_consumer(contract))
    assert parsed_pact(json.dumps(SOUND).encode(), "it").entries[0].id == "http/d"
    assert {entry.id for entry in pact.entries} == {each.id for each in interactions(contract, whole_consumer(contract))}
    assert b"not checked: " in pact.text()
    (tmp_path / "p.json").write_bytes(pact.text())
    assert read_pact(tmp_path / "p.json").entries == pact.entries
    with pytest.raises(IllFormedError, match="cannot be read"):
        read_pact(tmp_path / "none.json")

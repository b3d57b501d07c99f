"""The contracts beside orbit keep to their documents, and state what no document says as assumed.

Where the source documents lie beside the checkout, names, fields and samples are compared with them too.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hookproof.contracts import known_contracts
from hookproof.generate.deliveries import compact, enveloped
from hookproof.generate.payloads import payloads
from hookproof.judge import check_body
from hookproof.model.contract import Contract
from hookproof.model.verdict import Level
from hookproof.staging.session import read_contract

ROOT = Path(__file__).resolve().parents[2]
FURTHER = ("active_reach", "mobtexting", "standard_webhooks", "whatsapp_crm")
COUNTS: dict[str, dict[str, int]] = {
    "active_reach": {"documented": 19},
    "whatsapp_crm": {"documented": 6, "catalog-only": 3},
    "mobtexting": {"documented": 15},
    "standard_webhooks": {"sample": 5},
}
SEVERAL_READINGS = {"sent|delivered|read|failed|deleted": ("sent", "delivered", "read", "failed", "deleted")}
NOT_JSON = {"sms:message:status": 1, "voice:message:out": 1, "viber:message:in": 1}
"""How many samples are not JSON as printed."""
PRINTED = (
    *("sms:message:status", "sms:unsubscription"),
    *("whatsapp:message:status", "whatsapp:message:in", "whatsapp:message:in", "whatsapp:unsubscription"),
    *("rcs:message:status", "rcs:message:in", "rcs:message:in", "rcs:unsubscription"),
    *("voice:message:out", "voice:unsubscription"),
    *("viber:message:status", "viber:message:in", "viber:message:in", "viber:unsubscription"),
    *("vmn:message:in", "contacts:subscriber:subscription", "contacts:subscriber:subscription"),
)
"""Whose sample is printed when, by the products of the table."""
LEND = 9
"""Words in a row that a sentence of ours may share with a document's."""
each_contract = pytest.mark.parametrize("name", FURTHER)


@cache
def contract(name: str) -> Contract:
    """Load one contract."""
    return read_contract(name)


def document(number: str) -> str | None:
    """Give the text of a source document, None where there is none."""
    found = next((ROOT.parent / "shared" / "seeds").glob(f"{number}_*.txt"), None)
    return found.read_text() if found else None


def objects(text: str) -> Iterator[str]:
    """Give each outermost text in braces, in order."""
    depth = start = 0
    for at, letter in enumerate(text):
        start = at if letter == "{" and depth == 0 else start
        depth += (letter == "{") - (letter == "}")
        if letter == "}" and depth == 0:
            yield text[start : at + 1]


def parsed(text: str) -> Any:
    """Read JSON, None if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def meant(printed: str) -> Any:
    """Read what a sample means: without trailing commas, and with masked numbers as texts."""
    quoted = re.sub(r": ([0-9]+X+)", r': "\1"', printed)
    return json.loads(re.sub(r",\s*}", "}", quoted))


def alternatives(body: Any) -> list[Any]:
    """Write out a sample that shows several values in one text."""
    shown = body.get("payload", body)
    several = SEVERAL_READINGS.get(shown.get("status"), (shown.get("status"),))
    return [{**body, "payload": {**shown, "status": one}} if "payload" in body else {**body, "status": one} for one in several]


def faults(name: str, body: Any) -> list[str]:
    """Give what the contract says against a body."""
    return [f"{fault.clause} {fault.pointer}: {fault.message}" for fault in check_body(contract(name), json.dumps(body).encode())[1]]


def test_every_contract_is_known() -> None:
    """These and orbit are all the contracts there are."""
    assert known_contracts() == tuple(sorted((*FURTHER, "orbit")))


@each_contract
def test_counts(name: str) -> None:
    """A contract has the events of its document, and says of each how its payload is known."""
    assert Counter(event.provenance.value for event in contract(name).events.values()) == COUNTS[name]
    assert contract(name).open_catalog == (name == "standard_webhooks")


@each_contract
def test_every_payload_passes(name: str) -> None:
    """Every example, and every payload that is made from a schema, passes in the provider's own envelope as what it is."""
    for event in contract(name).events.values():
        for data in (*event.examples, *payloads(event, 6, 0)):
            raw = compact(enveloped(contract(name), "evt_1", event.name, "2027-01-01T00:00:00Z", data))
            found, wrong = check_body(contract(name), raw)
            assert not wrong
            assert found == event.name or len(contract(name).shapes(json.loads(raw))) > 1


@each_contract
def test_companion_pages_bind_nobody(name: str) -> None:
    """No clause from pages beside the documents is above SHOULD, unless the target declares what it speaks of."""
    bold = [c.id for c in contract(name).clauses if c.source.document == "companion" and c.level is Level.MUST]
    assert not bold


@each_contract
def test_nothing_is_asked_of_what_is_assumed(name: str) -> None:
    """Schedules, totals and time-outs are clauses only where they are promised; a time-out may be mentioned with its ambiguity."""
    strict = {
        "retry": {"waits-follow-the-schedule", "sends-are-as-many-as-promised"},
        "timeout_seconds": {"answers-are-awaited-as-long-as-promised"},
    }
    for member in contract(name).policy.assumed:
        assert not [c.id for c in contract(name).clauses if c.rule in strict.get(member, ())]
    if "timeout_seconds" in contract(name).policy.assumed:
        assert all(c.ambiguity for c in contract(name).clauses if c.rule == "answers-come-in-time")


@each_contract
def test_sources_are_named(name: str) -> None:
    """Every clause of a provider's own is in a document that the contract names; the others are in published standards."""
    named = {source.document for source in contract(name).sources}
    others = {c.source.document for c in contract(name).clauses} - named
    assert all(other.startswith("RFC ") for other in others)


def test_the_table_of_active_reach() -> None:
    """Every line of the tables names its event and the members of its schema, in their order."""
    text = document("001")
    for event in contract("active_reach").events.values() if text else ():
        line = next(line for line in (text or "").splitlines() if re.match(rf"{re.escape(event.name)}[A-Z]", line))
        members = list(event.schema["properties"])
        fields = [field.partition(" (")[0].strip() for field in line.split(", ")[-len(members) :]]
        assert fields[1:] == members[1:]
        assert fields[0].endswith(members[0])
        assert not line.split(", ")[: -len(members)] or "(" in line.split(", ")[0]


def test_two_encodings_give_one_contract() -> None:
    """Both prints of the article have the same events in the same order, the same samples, triggers and advice: those of the contract."""
    plain, state = document("002"), document("004")
    if plain is None or state is None:
        return
    texts = [each for each in json.loads(state) if isinstance(each, str)]
    one, other = _facts(plain.splitlines(), [parsed(part) for part in objects(plain)]), _facts(texts, [parsed(text) for text in texts])
    assert one == other
    names, samples, _, _ = one
    assert sorted(names) == list(contract("whatsapp_crm").catalog)
    assert {sample["event"] for sample in samples} == {
        event.name for event in contract("whatsapp_crm").events.values() if event.provenance.value == "documented"
    }
    assert not [fault for sample in samples for fault in faults("whatsapp_crm", sample)]


def _facts(texts: list[str], values: list[Any]) -> tuple[list[str], list[Any], list[str], list[str]]:
    names = [text for text in texts if re.fullmatch(r"[a-z]+\.[a-z]+", text)]
    samples = [value for value in values if isinstance(value, dict) and "event" in value]
    triggers = [text for text in texts if text.startswith("Fired when")]
    advice = [text.partition(" — ")[0].removeprefix("- ") for text in texts]
    known = ("Respond with", "Use message_id", "Filter by", "Log raw", "Handle unknown")
    return names, samples, triggers, [text for text in advice if text.startswith(known)]


def test_the_samples_of_mobtexting() -> None:
    """Every printed sample, read for its meaning, passes as its own event; the three that are not JSON as printed are these."""
    text = document("003")
    if text is None:
        return
    printed = list(objects(text))
    assert len(printed) == len(PRINTED)
    assert Counter(name for name, sample in zip(PRINTED, printed, strict=True) if parsed(sample) is None) == NOT_JSON
    for name, sample in zip(PRINTED, printed, strict=True):
        for body in alternatives(meant(sample)):
            assert not faults("mobtexting", body)
            assert body.get("event", name) == name
            assert "event" in body or name in contract("mobtexting").shapes(body)
    assert sorted(set(PRINTED)) == list(contract("mobtexting").catalog)


@each_contract
def test_facts_carry_over_and_sentences_do_not(name: str) -> None:
    """No long run of words of a source document stands in a contract."""
    folder = ROOT / "contracts" / name
    said = [text for file in sorted(folder.glob("events/*.json")) for text in _descriptions(json.loads(file.read_text()))]
    ours = _runs("\n".join([*said, *(file.read_text() for file in sorted(folder.glob("*.yaml")))]))
    for number in ("001", "002", "003", "004"):
        assert not ours & _runs(document(number) or "")


def _descriptions(schema: Any) -> Iterator[str]:
    for key, value in schema.items() if isinstance(schema, dict) else ():
        if key in ("title", "description") and isinstance(value, str):
            yield value
        yield from _descriptions(value)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z]+", text.lower())
    return {tuple(words[at : at + LEND]) for at in range(len(words) - LEND + 1)}

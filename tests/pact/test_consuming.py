"""The consumer's side: our client and our receiver get what every pact shows, and one that does not is told apart.

Law: what its consumer did not get is not written, and so never verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hookproof.adapters.http import HttpPlatform
from hookproof.contracts import known_contracts
from hookproof.model.contract import Contract
from hookproof.pact.client import RefusedError, SubscriptionClient, UnreadableError
from hookproof.pact.consuming import heard, spoken
from hookproof.pact.contents import message
from hookproof.pact.subscriptions import Ask, asks
from hookproof.ports import Call
from hookproof.staging.options import read_options
from hookproof.staging.pact_events import example_body
from hookproof.staging.pact_receiving import ReferenceConsumer
from hookproof.staging.pact_run import PactRun
from hookproof.staging.session import read_contract
from tests.suites.courtroom import orbit


def ask(description: str) -> Ask:
    """Find an interaction."""
    return next(each for each in asks(orbit()) if each.description == description)


def calling(url: str) -> Any:
    """Open our real caller."""
    return closing(HttpPlatform(url, api_key="none", timeout=5.0))


@pytest.mark.parametrize("name", known_contracts())
def test_every_message_takes_effect_in_the_reference_receiver(name: str) -> None:
    """Of every contract: each event, as its pact shows it, is taken by the receiver's own desk, signature and all."""
    contract = read_contract(name)
    with ReferenceConsumer(contract) as receiver:
        told = {
            event.name: heard(message(contract, event, example_body(contract, event), None), receiver.take)
            for event in list(contract.events.values())[:40]
        }
    assert (len(told) > 3, {event: fault for event, fault in told.items() if fault}) == (True, {})


def test_a_message_that_is_not_taken_is_told() -> None:
    """A receiver that refuses, one that fails, and one that is asked twice of the same event say so in the fault."""
    event = orbit().events["contact.created"]
    said = message(orbit(), event, example_body(orbit(), event), None)

    def failing(_raw: bytes, _metadata: Mapping[str, Any]) -> str:
        raise KeyError("contact_id")

    assert heard(said, lambda _raw, _metadata: "no") == "no"
    assert heard(said, failing) == "KeyError: 'contact_id'"
    with ReferenceConsumer(orbit()) as receiver:
        assert "400" in receiver.take(b"[]", {})
        assert receiver.take(b'{"id": "evt_1", "type": "contact.created", "data": {}}', {}) == ""


def _moved(contract: Contract) -> Contract:
    paths = {path.replace("webhooks", "hooks"): item for path, item in contract.subscription_api["paths"].items()}
    return replace(contract, subscription_api={**contract.subscription_api, "paths": paths})


def test_a_client_that_asks_otherwise_is_told() -> None:
    """A client that calls another path than the pact says gets no answer of it, and the interaction is not its own."""
    assert spoken(ask("read a webhook"), orbit(), calling) == ""
    fault = spoken(ask("read a webhook"), _moved(orbit()), calling)
    assert "refused with status 500" in fault
    assert "hooks" in fault


def test_a_client_that_needs_more_is_told() -> None:
    """An answer without what the client reads, a refusal that does not come, and an echo that differs are faults."""
    reading, refusal = ask("read a webhook"), ask("read a webhook of another account")
    assert reading.answer is not None
    poor = replace(reading, answer=replace(reading.answer, example={"data": {"id": "x"}}, rules={}))
    assert "lacks 'url'" in spoken(poor, orbit(), calling)
    other = replace(reading, echo={"events": ["another.event"]})
    assert "'another.event'" in spoken(other, orbit(), calling)
    assert spoken(replace(refusal, statuses=(200,), answer=reading.answer), orbit(), calling) == ""
    unrefused = replace(refusal, statuses=(404,))
    assert "refused with status 410" in unrefused.faults(client(410, b"{}"))
    assert unrefused.faults(client(200, b'{"data": {"id": "x", "url": "y", "events": []}}')) == "getWebhook was not refused"


def client(status: int, body: bytes) -> SubscriptionClient:
    """Give a client whose every call is answered alike."""

    class Answering:
        def call(self, method: str, path: str, **_: Any) -> Call:
            return Call(
                method=method,
                path=path,
                request_headers=(),
                request_body=b"",
                status=status,
                response_headers=(),
                response_body=body,
                started_at=0,
                done_at=0,
            )

    return SubscriptionClient(Answering(), orbit(), "key")


def test_the_client_reads_answers_and_refusals() -> None:
    """The members that it needs, a secret shown once, lists; refusals with status and code; anything else is unreadable."""
    shown = b'{"id": 7, "url": "u", "events": ["a"], "signing_secret": "s", "active": false}'
    made = client(201, b'{"data": ' + shown + b"}").create({"url": "u", "events": ["a"]})
    assert (made.id, made.url, made.events, made.active, made.secret) == ("7", "u", ("a",), False, "s")
    assert client(200, b'{"data": [' + shown + b"]}").list() == (made,)
    client(204, b"").delete("7")
    with pytest.raises(RefusedError) as refused:
        client(422, b'{"error": {"code": "unknown_event"}}').update("7", {})
    assert (refused.value.status, refused.value.code) == (422, "unknown_event")
    for status, body in ((200, b"<html>"), (200, b"[]"), (200, b'{"data": 1}'), (200, b'{"data": {"id": 1, "url": "u", "events": null}}')):
        with pytest.raises(UnreadableError):
            client(status, body).read("7")
    with pytest.raises(UnreadableError):
        client(200, shown).list()


def test_only_what_was_consumed_is_written_and_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interaction whose consumer failed is in no file and is not observed; the file is the same twice, and nothing is beside it."""
    monkeypatch.setattr(ReferenceConsumer, "take", lambda _self, raw, _metadata: "no" if b"contact.created" in raw else "")
    contract = read_contract("orbit")
    few = replace(contract, events={name: contract.events[name] for name in ("contact.created", "contact.deleted")})
    run = PactRun(contract=few, options=read_options({"profile": "quick"}), folder=tmp_path / "pacts")
    assert {name for name, fault in run.consumed.items() if fault} == {"message/contact.created"}
    assert "message/contact.created" not in {entry.id for entry in run.pact.entries}
    assert run.checked("message/contact.created").unobserved.startswith("needs a consumer")
    (file,) = (tmp_path / "pacts").iterdir()
    first = file.read_bytes()
    again = PactRun(contract=few, options=None, folder=tmp_path / "pacts")
    assert (again.pact.text(), file.read_bytes()) == (run.pact.text(), first)
    assert again.checked("message/contact.deleted").unobserved == "needs a platform as target"

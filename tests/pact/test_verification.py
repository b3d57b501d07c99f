"""What verification finds: the honest platform keeps every pact, and each kind of departure breaks the interaction that promises it.

Law: a broken interaction tells what was promised and what was seen; what cannot be tried is not observed, with the capability.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from hookproof.adapters.http import HttpPlatform
from hookproof.model.contract import Contract
from hookproof.model.errors import IllFormedError, UnreachableError
from hookproof.pact.consumer import Consumer, whole_consumer
from hookproof.pact.pactfile import PactFile, parsed_pact
from hookproof.pact.verification import Checked
from hookproof.reference import envelope
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.platform import ReferencePlatform
from hookproof.staging.options import RunOptions, read_options
from hookproof.staging.pacts import broken_at, examined, pact_of, spread
from hookproof.staging.session import read_contract
from tests.suites.courtroom import KEY, orbit

EVENTS = ("call.answered", "contact.created", "message.delivered")
FURTHER = ("active_reach", "mobtexting", "standard_webhooks", "whatsapp_crm")


def consumer(*events: str, subscriptions: bool = False) -> Consumer:
    """Give a consumer of some events."""
    return replace(whole_consumer(orbit()), reads=dict.fromkeys(events), subscriptions=subscriptions)


def options(url: str | None = None, **capabilities: Any) -> RunOptions:
    """Give the options of a run before a target."""
    return replace(read_options({"profile": "quick"}), target=url, api_key=KEY, capabilities=capabilities)


@contextmanager
def platform(*flaws: str, conduct: Conduct | None = None) -> Iterator[str]:
    """Open a platform with flaws; give its URL."""
    with ReferencePlatform(orbit(), api_key=KEY, departures=Departures(flaws=flaws), conduct=conduct, real_timeout_cap=1.5) as reference:
        yield reference.url


def changed(pact: PactFile, change: Callable[[dict[str, Any]], object]) -> PactFile:
    """Give a pact with its text changed."""
    document = json.loads(pact.text())
    change(document)
    return parsed_pact(json.dumps(document).encode(), "partner.json")


def faults(found: Collection[Checked]) -> dict[str, tuple[str, ...]]:
    """Give what was broken."""
    return {checked.id: checked.faults for checked in found if checked.faults}


@pytest.mark.parametrize("name", FURTHER)
def test_the_reference_keeps_the_pact_of_every_contract(name: str) -> None:
    """Whatever the envelope: every interaction is tried before the embedded platform, and kept."""
    contract = read_contract(name)
    chosen = spread(contract, 6)
    told = replace(whole_consumer(contract), reads=dict.fromkeys(sorted(chosen)))
    found = examined(options(), contract, pact_of(contract, told))
    assert (len(found) > 20 + len(chosen), [checked for checked in found if not checked.kept]) == (True, [])


FOUND = {
    "accepts-unlisted-names": "http/create a webhook for an unknown event",
    "creations-are-answered-200": "http/create a webhook",
    "any-key-is-accepted": "http/create a webhook with a wrong key",
    "endpoints-are-read-by-id-alone": "http/read a webhook of another account",
    "deletions-are-not-made": "http/read a deleted webhook",
    "created-at-in-milliseconds": "message/contact.created",
}
"""Flaws and an interaction that fails by each."""


@pytest.mark.parametrize(("flaw", "interaction"), FOUND.items())
def test_flaws_are_found(flaw: str, interaction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A departure from what a consumer needs breaks the interaction that promises it."""
    monkeypatch.setenv(ALLOWING, "1")
    with platform(flaw) as url:
        assert interaction in broken_at(url, api_key=KEY, contract=orbit(), events=EVENTS)


def lacking(_contract: Contract, event_id: str, event_type: str, created_at: int, content: dict[str, Any]) -> bytes:
    """Leave out a required member of one event, and deliver another event's body empty."""
    if event_type == EVENTS[0]:
        return b""
    kept = {name: value for name, value in content.items() if name != "contact_id"}
    return envelope.render(orbit(), event_id, event_type, created_at, kept)


def test_what_is_missing_is_named() -> None:
    """A missing member is told with its path, an empty delivery as a failure, and the event beside them is kept."""
    with platform(conduct=Conduct(render=lacking)) as url:
        found = examined(options(url), orbit(), pact_of(orbit(), consumer(*EVENTS)))
    told = faults(found)
    assert set(told) == {"message/call.answered", "message/contact.created"}
    assert told["message/contact.created"] == (told["message/contact.created"][0],)
    assert "$.data: promised" in told["message/contact.created"][0]
    assert "contact_id" in told["message/contact.created"][0]


def test_an_event_that_never_comes_is_broken() -> None:
    """What the target refuses to send, and what it takes and does not deliver, is told in those words."""
    fewer = replace(orbit(), events={name: event for name, event in orbit().events.items() if name != "contact.created"})
    with ReferencePlatform(fewer, api_key=KEY) as reference:
        refused = examined(options(reference.url), orbit(), pact_of(orbit(), consumer(*EVENTS)))
    assert {text for (text,) in faults(refused).values()} == {"the target answered 422 to the subscription"}
    assert len(faults(refused)) == len(EVENTS)

    async def lost(*_: Any) -> Any:
        raise OSError("nobody is there")

    with platform(conduct=Conduct(post=lost)) as url:
        silent = examined(options(url), orbit(), pact_of(orbit(), consumer("contact.created")))
    assert faults(silent) == {"message/contact.created": ("the target took 'contact.created', and nothing was delivered",)}


def test_what_the_target_cannot_be_asked_is_not_observed() -> None:
    """Without emission no message is tried, without tenants no other account; the rest is, and nothing unobserved is kept."""
    pact = pact_of(orbit(), consumer("contact.created", subscriptions=True))
    with platform() as url:
        found = examined(options(url, emit="none", scopes=False, time="real"), orbit(), pact)
    unobserved = {checked.id: checked.unobserved for checked in found if checked.unobserved}
    assert unobserved.pop("message/contact.created") == "needs emit"
    assert set(unobserved.values()) == {"needs scopes"}
    assert all(name.endswith("of another account") for name in unobserved)
    assert faults(found) == {}
    assert all(checked.kept != bool(checked.unobserved) for checked in found)


def test_a_promise_that_nobody_made_is_broken() -> None:
    """A partner who reads a member that the contract does not have is told so; his literal examples are sent as far as they are legal."""

    def greedy(pact: dict[str, Any]) -> None:
        contents = pact["interactions"][0]["contents"]["content"]
        contents["data"]["contact_id"] = "con_of_the_partner"
        contents["data"]["shoe_size"] = 43
        del pact["interactions"][0]["matchingRules"]["body"]["$.data.contact_id"]

    with platform() as url:
        found = examined(options(url), orbit(), changed(pact_of(orbit(), consumer("contact.created")), greedy))
    (text,) = faults(found)["message/contact.created"]
    assert "shoe_size" in text


def test_a_recorded_key_and_id_stand_for_the_real_ones() -> None:
    """A pact of another tool, without generators, is verified with the key and the endpoint of the state; a promised refusal stays one."""

    def plain(pact: dict[str, Any]) -> None:
        for interaction in pact["interactions"]:
            generators = interaction["request"].pop("generators", {})
            if body := generators.get("body"):
                interaction["request"]["generators"] = {"body": body}

    with platform() as url:
        found = examined(options(url), orbit(), changed(pact_of(orbit(), consumer(subscriptions=True)), plain))
    assert (len(found) > 20, faults(found)) == (True, {})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda pact: _renamed(pact["interactions"][0]), "has no such event"),
        (lambda pact: pact["interactions"].append({**pact["interactions"][0], "description": "again"}), "several messages"),
        (lambda pact: pact["interactions"].append(dict(pact["interactions"][0])), "occurs twice"),
    ],
)
def test_messages_of_nothing_known_are_refused(change: Callable[[dict[str, Any]], object], words: str) -> None:
    """A message that names no event, or the event of another message, is an error of the file before anything is sent."""
    with pytest.raises(IllFormedError, match=words):
        examined(options("http://127.0.0.1:9"), orbit(), changed(pact_of(orbit(), consumer("contact.created")), change))


def _renamed(interaction: dict[str, Any]) -> object:
    interaction["contents"]["content"]["type"] = "of.nobody"
    return interaction.update(description="of nobody", key="none")


def test_unknown_states_are_refused() -> None:
    """A provider state that cannot be set up is an error that names those that can."""
    pact = changed(
        pact_of(orbit(), consumer(subscriptions=True)), lambda pact: pact["interactions"][0]["providerStates"][0].update(name="a full moon")
    )
    with pytest.raises(IllFormedError, match=r"'a full moon' is unknown.*an account with a webhook"):
        examined(options(), orbit(), pact)


def test_nobody_there_is_unreachable() -> None:
    """A target that does not answer is an error, and no list of broken interactions."""
    with pytest.raises(UnreachableError):
        examined(options("http://127.0.0.1:9"), orbit(), pact_of(orbit(), consumer(subscriptions=True)))


def test_no_key_is_shown(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither the results nor the terminal show a key of a tenant or a secret, even where an answer is broken that holds one."""
    made: list[str] = []
    pact = changed(pact_of(orbit(), consumer(subscriptions=True)), _secretive)
    with ReferencePlatform(orbit(), api_key=KEY) as reference:
        opened = HttpPlatform.open_scope

        def noting(self: HttpPlatform, name: str) -> Any:
            scope = opened(self, name)
            made.append(scope.api_key)
            return scope

        monkeypatch.setattr(HttpPlatform, "open_scope", noting)
        found = examined(options(reference.url), orbit(), pact)
    shown = str(found) + "".join(capfd.readouterr())
    assert faults(found)
    assert len(made) > 10
    assert [key for key in (*made, KEY) if key in shown] == []
    assert "whsec_" not in shown


def _secretive(pact: dict[str, Any]) -> None:
    """Promise a signing secret that nobody can give."""
    for interaction in pact["interactions"]:
        data = interaction["response"].get("body", {}).get("content", {}).get("data")
        if isinstance(data, dict) and "signing_secret" in data:
            data["signing_secret"] = "not this one"
            interaction["response"]["matchingRules"]["body"]["$.data.signing_secret"] = {
                "combine": "AND",
                "matchers": [{"match": "equality"}],
            }

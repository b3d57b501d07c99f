"""Laws of a whole run against somebody else's host: announced, within its caps, stopped at them, and rehearsed without a packet."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import suites.receiver.situations as receiver_situations
from hookproof.judge import judge
from hookproof.model.errors import HookproofError, IllFormedError
from hookproof.model.transcript import Exchange
from hookproof.model.verdict import Outcome
from hookproof.reporting.results import read_results
from hookproof.reporting.transcripts import read_transcript
from hookproof.staging.certifying import ReceiverSession, session_for
from hookproof.staging.consenting import Consent
from hookproof.staging.options import read_options
from hookproof.staging.session import read_contract
from hookproof.staging.situation import scan
from hookproof.wire import destination
from hookproof.wire.destination import Caps
from hookproof.wire.ownership import CHALLENGE_PATH
from tests.staging.partner import CHALLENGE, NAME, Partner, partner, resolver

SITUATIONS = scan(receiver_situations)


@pytest.fixture(autouse=True)
def _known_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what the options name, and let the name of the partner be known."""
    monkeypatch.setenv("CHALLENGE", CHALLENGE)
    monkeypatch.setenv("SECRET", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")
    monkeypatch.delenv("HOOKPROOF_API_KEY", raising=False)
    monkeypatch.setattr(ReceiverSession, "resolver", staticmethod(resolver()))


def capped(monkeypatch: pytest.MonkeyPatch, requests: int) -> None:
    """Bound foreign traffic by a total and by connections; rates, which take time, have their own laws."""
    monkeypatch.setattr(destination, "FOREIGN", Caps(requests_per_second=0.0, connections=8, bytes_per_second=0.0, requests=requests))


def opened(host: Partner, **flags: Any) -> ReceiverSession:
    """Make a run as the command line would; it is not open yet."""
    asked = {"target": host.url(), "role": "receiver", "profile": "quick", "secret_env": "SECRET"}
    told = {"allow_host": [NAME], "challenge_env": "CHALLENGE", **flags}
    options = read_options({**asked, **told})
    session = session_for(options, read_contract(options.contract))
    assert isinstance(session, ReceiverSession)
    return session


def judged_all(session: ReceiverSession) -> None:
    """Judge everything, as the suites would."""
    for item in session.items():
        session.run.verdict(item)


def test_the_caps_are_told_before_the_first_connection() -> None:
    """Host, address and caps are announced while nobody was connected to yet."""
    said: list[tuple[str, int]] = []
    with partner() as host:
        session = opened(host)
        session.announce = lambda text: said.append((text, len(host.connections)))
        session.open(SITUATIONS)
        session.close()
    ((text, connections),) = said
    assert connections == 0
    for words in (f"{NAME}:{host.port} (127.0.0.2)", "20,000 requests", "20 requests/s", "5 MB/s", "8 connections"):
        assert words in text


def test_a_run_stays_within_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """The crowd of equal deliveries is as large as the connections allow, and the run is whole."""
    capped(monkeypatch, 20_000)
    with partner() as host:
        session = opened(host)
        session.open(SITUATIONS)
        for item in session.items():
            if set(item.rule.situations) & {"duplicates", "http"}:
                session.run.verdict(item)
        records = session.run.tools.recorder.transcript().records
        crowd = [record for record in records if isinstance(record, Exchange) and record.purpose == "at-once"]
        session.close()
    assert len(crowd) == 6
    assert {record.status for record in crowd} == {200}
    assert host.asked[0] == f"GET {CHALLENGE_PATH}"


def test_what_is_over_the_cap_was_not_observed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run that would send too much stops with one line; it sent no more than the cap, and whatever it left out is kept nowhere."""
    most = 450  # all events are sent, and not much more
    capped(monkeypatch, most)
    with partner() as host:
        session = opened(host, reports=str(tmp_path))
        session.open(SITUATIONS)
        with pytest.raises(HookproofError, match="of at most 450 requests were sent") as caught:
            judged_all(session)
        assert (caught.value.exit_code, "\n" in str(caught.value)) == (4, False)
        session.aborted = str(caught.value)
        session.close()
    assert len(host.asked) <= most
    results = read_results(tmp_path / "results.ndjson")
    assert not results.footer.complete
    assert len(results.verdicts) == len(session.items())
    sent = {exchange.situation for exchange in session.run.tools.recorder.transcript().records if isinstance(exchange, Exchange)}
    assert sent < set(SITUATIONS)
    unsent = {item.id for item in session.items() if set(item.rule.situations) - {"events"}}
    judged = {f"{v.clause}{':' + v.event if v.event else ''}": v.judgement for v in results.verdicts}
    assert Counter(judged[name].outcome for name in judged.keys() - unsent)[Outcome.KEPT] > 100
    late = [judged[item.id] for item in session.items() if item.rule.situations and not set(item.rule.situations) & sent]
    assert late
    assert {judgement.outcome for judgement in late} == {Outcome.NOT_OBSERVED}
    assert any("cap on requests" in judgement.reason for judgement in late)
    loaded, footer = read_transcript(tmp_path / "transcript.ndjson")
    assert not footer.complete
    again = judge(session.contract, loaded, secrets={})
    assert [(v.clause, v.event, v.judgement.outcome) for v in again] == [
        (v.clause, v.event, v.judgement.outcome) for v in session.verdicts()
    ]


def test_nothing_is_sent_in_a_rehearsal() -> None:
    """A dry run prepares every delivery and makes no connection at all, not even for the challenge."""
    with partner() as host:
        told = opened(host, dry_run=True).rehearse(SITUATIONS, SITUATIONS)
        assert host.connections == []
    assert told.requests > 600
    assert f"{NAME}:{host.port} (127.0.0.2), for deliveries" in told.places
    assert any(CHALLENGE_PATH in place for place in told.places)
    assert max(portion.at_once for portion in told.portions) <= 6
    assert (told.most, told.per_second) == (20_000, 20.0)


def test_a_rehearsal_refuses_what_a_run_would() -> None:
    """A host that was not allowed, and a challenge that is none, are refused in a dry run too."""
    with partner() as host:
        with pytest.raises(IllFormedError, match="--allow-host"):
            opened(host, allow_host=[]).rehearse(SITUATIONS, SITUATIONS)
        assert host.connections == []


def test_a_rehearsal_counts_what_a_run_sends() -> None:
    """Situation by situation, the embedded receiver is sent as many requests as the rehearsal said; none is forgotten."""
    options = read_options({"role": "receiver", "profile": "quick"})
    contract = read_contract(options.contract)
    session = session_for(options, contract)
    assert isinstance(session, ReceiverSession)
    told = session.rehearse(SITUATIONS, SITUATIONS)
    session.open(SITUATIONS)
    judged_all(session)
    records = session.run.tools.recorder.transcript().records
    sent = Counter(record.situation for record in records if isinstance(record, Exchange))
    session.close()
    judged = {name for item in session.items() for name in item.rule.situations}
    assert {p.situation: p.requests for p in told.portions if p.situation in judged and p.requests} == dict(sent)
    sizes = Counter[str]()
    for record in records:
        if isinstance(record, Exchange) and record.situation != "hostile":
            sizes[record.situation] += len(record.request_head) + len(record.request_body)
    for portion in told.portions:
        if portion.situation in sizes:
            assert abs(portion.bytes - sizes[portion.situation]) <= 40 * portion.requests, portion.situation


def test_without_a_secret_the_rehearsal_says_what_is_missing() -> None:
    """What needs the secret is told as not sent, with the flag that gives it."""
    with partner() as host:
        told = opened(host, secret_env=None).rehearse(SITUATIONS, SITUATIONS)
    lacking = {portion.situation: portion.lacking for portion in told.portions if portion.lacking}
    assert "--secret-env" in lacking["verification"]


def test_a_control_url_elsewhere_is_refused_before_anybody_is_asked() -> None:
    """A control or effects URL on a third host ends the run before the receiver's own host is connected to."""
    third = "http://third.test/"
    with partner() as host:
        for more in ({"control_url": third}, {"effects_url": third}):
            session = opened(host, allow_host=[NAME, "third.test"], **more)
            session.consent = Consent((NAME, "third.test"), CHALLENGE, resolver=resolver(NAME, "third.test"))
            with pytest.raises(IllFormedError, match="neither the receiver's host"):
                session.open(SITUATIONS)
        assert host.connections == []

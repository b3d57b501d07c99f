"""Where a platform lets itself be sent: addresses behind names, certificates, and what endpoints answer."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from hookproof.model.transcript import Attempt, Emission, Note
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

INSIDE, REBOUND, CERTIFICATES, ANSWERS = (
    "names-do-not-lead-inside",
    "checked-addresses-are-connected-to",
    "bad-certificates-are-refused",
    "answers-are-not-shown",
)
OUTSIDE, TEN = "192.31.196.77", "10.0.0.1"


class Way(Recording):
    """A recording with names that lead somewhere; the first leads outside for ever."""

    def __init__(self, **capabilities: Any) -> None:
        super().__init__("network", **{"network": True, **capabilities})
        self.noted: dict[str, Note] = {}

    def leads(self, endpoint: str, *answers: list[str], accepted: bool = True) -> Note:
        """Open an endpoint at a name with such answers; the target may refuse it."""
        if accepted:
            self.subscribe(endpoint)
        facts = {"host": f"{endpoint}.test", "answers": list(answers), "inside": "in", "outside": "out"}
        self.noted[endpoint] = self.note("leads", endpoint=endpoint, **facts)
        return self.noted[endpoint]

    def certificate(self, endpoint: str, kind: str, *reasons: str) -> Note:
        """Open an endpoint with a certificate, at which handshakes were broken off for these reasons."""
        self.subscribe(endpoint)
        found = self.note("certificate", endpoint=endpoint, kind=kind)
        for reason in reasons:
            self.note("handshake", endpoint=endpoint, reason=reason)
        return found

    def come(self, endpoint: str, door: str = "out", **more: Any) -> Attempt:
        """Let the event arrive by a door."""
        emission = next((record for record in self.records if isinstance(record, Emission)), None) or self.emit()
        return self.attempt(endpoint, emission, door=door, **more)


def control(**capabilities: Any) -> Way:
    """Deliver to the name that leads outside."""
    way = Way(**capabilities)
    way.leads("out", [OUTSIDE])
    return way


def test_names_that_lead_inside_and_are_not_delivered_to_are_kept() -> None:
    """Silence at a private address means something once the public name was delivered to and a canary came, accepted or refused."""
    for accepted in (True, False):
        way = control()
        note = way.leads("ten", [TEN], accepted=accepted)
        way.emit()
        unseen(way.judge(INSIDE))
        came = way.come("out")
        unseen(way.judge(INSIDE))
        canary = way.canary()
        kept(way.judge(INSIDE), note, came, canary)


@pytest.mark.parametrize("door", ["in", "", "elsewhere"])
def test_a_delivery_to_a_name_that_leads_inside_is_broken(door: str) -> None:
    """By whatever port it came: the name has no address that may be connected to. No control is needed."""
    way = control()
    note = way.leads("ten", [TEN])
    came = way.come("ten", door)
    broken(way.judge(INSIDE), f"leads to {TEN}", note, came)
    unseen(way.judge(REBOUND))


@pytest.mark.parametrize("answers", [([OUTSIDE], [TEN]), ([OUTSIDE], [OUTSIDE], [TEN]), ([OUTSIDE, TEN],)])
def test_a_name_that_changes_its_mind_must_not_lead_inside(answers: tuple[list[str], ...]) -> None:
    """Deliveries to the public address are legal, and so are none; one to the private address is broken."""
    way = control()
    note = way.leads("changing", *answers)
    way.come("out")
    outside = way.come("changing")
    way.canary()
    kept(way.judge(REBOUND), note, outside)
    inside = way.come("changing", "in")
    broken(way.judge(REBOUND), "leads inside", note, inside)
    unseen(way.judge(INSIDE)) if len(answers) > 1 else None


def test_without_the_hook_nothing_is_said_of_names() -> None:
    """Where no name leads anywhere there is nothing to judge."""
    way = Way()
    way.canary()
    unseen(way.judge(INSIDE))
    unseen(way.judge(REBOUND))


@pytest.mark.parametrize("kind", ["self-signed", "wrong-host", "expired"])
def test_a_certificate_is_refused_by_breaking_off(kind: str) -> None:
    """A handshake that was begun and broken off is the evidence; without one there is none."""
    way = Way()
    way.certificate("e1", kind)
    unseen(way.judge(CERTIFICATES, kinds=[kind]))
    way = Way()
    note = way.certificate("e1", kind, "TLSV1_ALERT_UNKNOWN_CA")
    judgement = kept(way.judge(CERTIFICATES, kinds=[kind]), note)
    assert judgement.reading == "TLSV1_ALERT_UNKNOWN_CA"
    unseen(way.judge(CERTIFICATES, kinds=["another"]))


def test_where_a_right_certificate_is_shown_too_it_must_be_accepted() -> None:
    """Who refuses every certificate has verified none."""
    way = Way()
    way.certificate("good", "trusted", "ConnectionResetError")
    way.certificate("bad", "expired", "ConnectionResetError")
    unseen(way.judge(CERTIFICATES, kinds=["expired"]))
    came = way.come("good", "good", tls="TLSv1.3")
    kept(way.judge(CERTIFICATES, kinds=["expired"]), came)


@pytest.mark.parametrize(("tls", "words"), [("TLSv1.3", "through TLS"), ("", "in plain HTTP")])
def test_a_delivery_to_a_wrong_certificate_is_broken(tls: str, words: str) -> None:
    """Neither through TLS that proves nothing, nor without TLS, also after a handshake that was broken off."""
    way = Way()
    note = way.certificate("e1", "self-signed", "TLSV1_ALERT_UNKNOWN_CA")
    came = way.come("e1", "e1", tls=tls)
    broken(way.judge(CERTIFICATES, kinds=["self-signed"]), words, note, came)


MARK = "mark-0123456789abcdef"


def logged(answer: Any, status: int = 200) -> Recording:
    """Answer a delivery with a marked text, and let the log be read; ``answer`` makes it of the event's id."""
    recording = Recording("disclosure")
    recording.subscribe("e1")
    recording.note("mark", endpoint="e1", text=MARK)
    emission = recording.emit()
    recording.attempt("e1", emission)
    recording.exchange("listDeliveries", status, answer=answer(emission.event_id))
    return recording


def test_a_log_that_lists_the_delivery_and_not_its_answer_is_kept() -> None:
    """The delivery must be in the log, or its silence means nothing."""
    recording = logged(lambda event_id: {"data": [{"event_id": event_id, "response_status": 200}]})
    kept(recording.judge(ANSWERS), recording.records[-1])
    unseen(logged(lambda _id: {"data": []}).judge(ANSWERS))
    unseen(logged(lambda event_id: {"data": [event_id]}, 404).judge(ANSWERS))


@pytest.mark.parametrize("text", [MARK, f"<b>{MARK}</b>", base64.b64encode(MARK.encode()).decode(), MARK.encode().hex()])
def test_a_log_that_shows_the_answer_is_broken(text: str) -> None:
    """Plain, inside more, in base64 or in hex: what an endpoint answered is not for its registrant."""
    recording = logged(lambda event_id: {"data": [{"event_id": event_id, "body": text}]})
    broken(recording.judge(ANSWERS), "shows what e1 answered", recording.records[-1])

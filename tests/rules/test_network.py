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


ADDRESSES: dict[str, list[list[str]]] = {
    "out": [[OUTSIDE]],
    "twice": [[OUTSIDE], [OUTSIDE]],
    "both": [[OUTSIDE, OUTSIDE]],
    "none": [[]],
    "later": [[], [OUTSIDE]],
}


@pytest.mark.parametrize(("name", "fine"), [("out", True), ("twice", False), ("both", False), ("none", False), ("later", False)])
def test_the_control_leads_outside_by_one_answer_with_one_address(name: str, *, fine: bool) -> None:
    """A name with several answers, several addresses or none is no control; nor is a delivery that came in by another door."""
    for rule, answers in ((INSIDE, [[TEN]]), (REBOUND, [[OUTSIDE], [TEN]])):
        way = Way()
        way.leads(name, *ADDRESSES[name])
        way.leads("judged", *answers)
        way.come(name)
        way.canary()
        assert (way.noted["judged"].id in way.judge(rule).evidence) is fine
        way = Way()
        way.leads(name, *ADDRESSES[name])
        way.leads("judged", *answers)
        way.come(name, "elsewhere")
        way.canary()
        assert way.noted["judged"].id not in way.judge(rule).evidence


def test_the_first_delivery_through_a_door_is_the_evidence() -> None:
    """Of several deliveries to the control, and of several inside, the first is shown, with its head."""
    way = control()
    way.leads("ten", [TEN])
    first = way.come("out", head=b"first")
    way.come("out", head=b"second")
    canary = way.canary()
    kept(way.judge(INSIDE), first, canary)
    for rule, name, answers in ((INSIDE, "ten", None), (REBOUND, "changing", [[OUTSIDE], [TEN]])):
        if answers:
            way.leads(name, *answers)
        inside = way.come(name, "in", head=b"one")
        way.come(name, "in", head=b"two")
        judgement = broken(way.judge(rule), "")
        assert judgement.evidence == (way.noted[name].id, inside.id)
        assert judgement.findings[0].excerpt == b"one"


def test_names_of_other_kinds_hide_no_name_that_leads_inside() -> None:
    """Names with several answers, with several addresses or with none are left to another promise, and the search goes on."""
    for answers in (ADDRESSES["out"] + [[TEN]], [[OUTSIDE, TEN]], ADDRESSES["none"]):
        way = control()
        way.leads("odd", *answers)
        way.come("odd", "in")
        unseen(way.judge(INSIDE))
        way.leads("ten", [TEN])
        came = way.come("ten", "in")
        assert broken(way.judge(INSIDE), f"leads to {TEN}").evidence == (way.noted["ten"].id, came.id)


@pytest.mark.parametrize(("answers", "how"), [(([OUTSIDE], [TEN]), "after 1 other answers"), (([OUTSIDE, TEN],), "among others")])
def test_how_a_name_led_inside_is_told(answers: tuple[list[str], ...], how: str) -> None:
    """By a later answer, or beside a public address in the only one."""
    way = control()
    way.leads("changing", *answers)
    way.come("changing", "in")
    broken(way.judge(REBOUND), f"a name that leads inside {how} was delivered to there")


def test_nothing_is_said_of_a_name_before_a_canary_of_a_later_event() -> None:
    """The canary must come after an event that was emitted once the name was there; the control alone does not witness."""
    for rule, answers in ((INSIDE, [[TEN]]), (REBOUND, [[OUTSIDE], [TEN]])):
        way = control()
        way.come("out")
        way.leads("judged", *answers)
        way.canary()
        unseen(way.judge(rule))
        way.emit()
        unseen(way.judge(rule))
        canary = way.canary()
        kept(way.judge(rule), canary)
        alone = Way()
        alone.leads("judged", *answers)
        alone.emit()
        alone.canary()
        unseen(alone.judge(rule))


def test_one_delivery_beside_the_name_that_changes_is_shown() -> None:
    """The first delivery to the public address is part of the evidence, the others are not."""
    way = control()
    way.leads("changing", [OUTSIDE], [TEN])
    first, outside = way.come("out"), way.come("changing")
    way.come("changing")
    canary = way.canary()
    assert kept(way.judge(REBOUND)).evidence == (way.noted["changing"].id, first.id, canary.id, outside.id)


def test_a_broken_handshake_belongs_to_its_endpoint() -> None:
    """What was broken off elsewhere says nothing of this certificate; the first of several reasons is told."""
    way = Way()
    way.certificate("e1", "expired")
    note = way.certificate("e2", "wrong-host", "first", "second")
    unseen(way.judge(CERTIFICATES, kinds=["expired"]))
    judgement = kept(way.judge(CERTIFICATES, kinds=["wrong-host"]))
    assert judgement.reading == "first"
    assert judgement.evidence == (note.id, way.records[-2].id)
    came = [way.come("e2", "e2", tls="TLSv1.3") for _ in range(2)]
    assert broken(way.judge(CERTIFICATES, kinds=["wrong-host"]), "through TLS").evidence == (note.id, came[0].id)


def test_each_log_is_read_for_each_mark() -> None:
    """A log of before the mark, one that was refused and one of another operation hide no later one; the first delivery is shown."""
    recording = Recording("disclosure")
    recording.subscribe("e1")
    recording.subscribe("quiet")
    text = {"data": [{"body": MARK}]}
    recording.exchange("listDeliveries", 200, answer=text)
    recording.note("mark", endpoint="quiet", text=MARK)
    recording.note("mark", endpoint="e1", text=MARK)
    recording.exchange("listDeliveries", 200, answer=text)
    emission = recording.emit()
    unseen(recording.judge(ANSWERS))
    came = [recording.attempt("e1", emission) for _ in range(2)]
    del recording.records[5]
    for operation, status in (("getWebhook", 200), ("listDeliveries", 403)):
        recording.exchange(operation, status, answer=text)
    unseen(recording.judge(ANSWERS))
    fine = recording.exchange("listDeliveries", 200, answer={"data": [{"event_id": emission.event_id}]})
    assert kept(recording.judge(ANSWERS)).evidence == (fine.id, came[0].id)
    culprit = recording.exchange("listDeliveries", 200, answer=text)
    assert broken(recording.judge(ANSWERS), "shows what e1 answered").evidence == (culprit.id, came[0].id)

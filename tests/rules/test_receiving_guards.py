"""What is kept out before it is looked at: each rule breaks on what got in, and says nothing without its controls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.model.transcript import Exchange
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import SECOND, Recording
from tests.rules.test_receiving import deliver

BOMBS, STRANGERS, PLAIN = (
    "compressed-bodies-are-not-expanded-without-limit",
    "strangers-get-no-leave-to-send",
    "plain-http-is-not-accepted",
)


def between(situation: str, status: int, before: int = 202, after: int = 202, **more: Any) -> tuple[Recording, Exchange]:
    """Send a faulty delivery between two controls."""
    recording = Recording(situation)
    deliver(recording, before)
    sent = deliver(recording, status, "", **more)
    deliver(recording, after)
    return recording, sent


@pytest.mark.parametrize("status", [400, 401, 413, 415, 0])
def test_a_refused_bomb_does_no_harm(status: int) -> None:
    """Any 4xx, and hanging up, refuse a bomb."""
    recording, sent = between("bombs", status, fault="bomb")
    kept(recording.judge(BOMBS), sent)


@pytest.mark.parametrize(("status", "failure"), [(200, ""), (204, ""), (500, ""), (503, ""), (0, "timeout")])
def test_a_bomb_that_goes_off_is_broken(status: int, failure: str) -> None:
    """Accepting it, failing on it and falling silent are broken."""
    recording, sent = between("bombs", status, fault="bomb", failure=failure)
    broken(recording.judge(BOMBS), "a thousand times as large inside", sent)


def test_whoever_falls_after_a_bomb_is_broken() -> None:
    """A receiver that refuses the bomb and then fails was harmed; one that failed before says nothing."""
    recording, sent = between("bombs", 413, after=503, fault="bomb")
    broken(recording.judge(BOMBS), "a correct one got status 503", sent)
    unseen(between("bombs", 413, before=503, fault="bomb")[0].judge(BOMBS))
    unseen(Recording("bombs").judge(BOMBS), "hostile")


ASKED = (("WebHook-Request-Origin", "stranger.example"),)


@pytest.mark.parametrize(("status", "allowed"), [(200, ""), (204, "partner.example"), (405, ""), (403, "*")])
def test_a_stranger_without_leave_is_kept_out(status: int, allowed: str) -> None:
    """No leave, leave for somebody else and a refusal give a stranger nothing."""
    fields = (("WebHook-Allowed-Origin", allowed),) if allowed else ()
    recording, sent = between("asking_leave", status, fault="stranger-asks", request_headers=ASKED, response_headers=fields)
    kept(recording.judge(STRANGERS), sent)


@pytest.mark.parametrize("allowed", ["*", "stranger.example"])
def test_a_stranger_with_leave_is_broken(allowed: str) -> None:
    """Leave for anybody, and for the stranger by name, are leave."""
    fields = (("webhook-allowed-origin", allowed),)
    recording, sent = between("asking_leave", 200, fault="stranger-asks", request_headers=ASKED, response_headers=fields)
    broken(recording.judge(STRANGERS), "was given leave to send", sent)


@pytest.mark.parametrize("status", [301, 308, 400, 426, 0])
def test_plain_http_that_is_not_accepted_is_kept_out(status: int) -> None:
    """A redirect to https, a refusal and a closed connection accept nothing."""
    recording, sent = between("plainly", status, fault="without-tls")
    kept(recording.judge(PLAIN), sent)


def test_plain_http_that_is_accepted_is_broken() -> None:
    """A 2xx without TLS is broken; without accepted controls nothing is said."""
    recording, sent = between("plainly", 202, fault="without-tls")
    broken(recording.judge(PLAIN), "in plain HTTP got status 202", sent)
    unseen(between("plainly", 202, before=500, fault="without-tls")[0].judge(PLAIN))


@pytest.mark.parametrize(("took", "fine"), [(30 * SECOND, True), (30 * SECOND + 1000, False)])
def test_a_bomb_is_refused_in_time(took: int, *, fine: bool) -> None:
    """Exactly at the time-out is in time; where the end of sending was not seen nothing is said of time."""
    recording, sent = between("bombs", 413, fault="bomb")
    recording.records[1] = replace(sent, sent_at=sent.done_at - took)
    kept(recording.judge(BOMBS)) if fine else broken(recording.judge(BOMBS), "was refused after 30.000 s", sent)
    recording.contract = replace(CONTRACT, policy=replace(CONTRACT.policy, timeout_seconds=0.5))
    recording.records[1] = replace(sent, sent_at=0)
    kept(recording.judge(BOMBS))


def test_499_is_no_error_of_the_server() -> None:
    """The last client error refuses a bomb like any other."""
    recording, sent = between("bombs", 499, fault="bomb")
    kept(recording.judge(BOMBS), sent)


@pytest.mark.parametrize(("rule", "fault", "status"), [(BOMBS, "bomb", 202), (PLAIN, "without-tls", 202)])
def test_what_has_no_controls_hides_nothing(rule: str, fault: str, status: int) -> None:
    """A faulty delivery whose controls are missing does not end the search."""
    recording = Recording("bombs")
    deliver(recording, status, "", fault=fault, case="lonely")
    deliver(recording)
    culprit = deliver(recording, status, "", fault=fault)
    deliver(recording)
    broken(recording.judge(rule), "", culprit)


@pytest.mark.parametrize("more", [{"before": 500}, {"after": 500}, {"status": 0}])
def test_nobody_is_blamed_for_leave_without_controls_or_an_answer(more: dict[str, int]) -> None:
    """A receiver that does not work, and one that hangs up, give no leave."""
    fields = (("WebHook-Allowed-Origin", "*"),)
    told = {"status": 200, **more}
    recording, _ = between("asking_leave", **told, fault="stranger-asks", request_headers=ASKED, response_headers=fields)
    unseen(recording.judge(STRANGERS))


def test_leave_stands_in_its_own_field() -> None:
    """What other fields hold is no leave, and a question without a name gets none by an answer without one."""
    fields = (("Access-Control-Allow-Origin", "*"), ("WebHook-Allowed-Origin", "partner.example"))
    recording, sent = between("asking_leave", 200, fault="stranger-asks", request_headers=ASKED, response_headers=fields)
    kept(recording.judge(STRANGERS), sent)
    asked = (("Host", "partner.example"), *ASKED)
    recording, sent = between("asking_leave", 200, fault="stranger-asks", request_headers=asked, response_headers=fields)
    kept(recording.judge(STRANGERS), sent)

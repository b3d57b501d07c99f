"""Laws of failure texts: complete, harmless, and fit for XML."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.contract import Clause, Contract
from hookproof.model.transcript import Answer, Attempt, Emission, Exchange, Note, Record
from hookproof.model.verdict import Finding, Judgement, Level, Outcome, Verdict
from hookproof.reporting.markup import exchange_text, failure_text, xml_safe

HOSTILE = "\x1b]0;pwn\x07 \x00 \u202e [bold]x[/] \ud800 \ufffe\n::error::pwn\r\nreproduce: rm -rf /\n]]><x>&"
TAG = "K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="


def attempt(name: str = "a1", **facts: Any) -> Attempt:
    """One attempt as received."""
    usual: dict[str, Any] = {
        "id": name, "situation": "s", "at": 0, "endpoint": "e1", "connection": "c1", "method": "POST", "target": "/hook",
        "http_version": "1.1", "headers": (("Content-Type", "application/json"),), "body": b'{"a":1}', "answer": Answer(status=204),
        "accepted_at": 0, "accepted_wall": 0,
    }  # fmt: skip
    return Attempt(**usual | facts)


def exchange(**facts: Any) -> Exchange:
    """One exchange with a target."""
    usual: dict[str, Any] = {
        "id": "x1", "situation": "s", "at": 0, "scope": "t1", "method": "GET", "path": "/v1", "key": "own", "request_headers": (),
        "request_body": b"", "status": 200, "response_headers": (), "response_body": b"ok", "started_at": 0, "done_at": 0,
    }  # fmt: skip
    return Exchange(**usual | facts)


def broken(*findings: Finding) -> Verdict:
    """A broken MUST with these findings."""
    evidence = tuple(dict.fromkeys(name for finding in findings for name in finding.evidence))
    judged = Judgement(outcome=Outcome.BROKEN, reason=findings[0].message, evidence=evidence, findings=findings)
    return Verdict(clause="orbit/signing/signed", level=Level.MUST, judgement=judged, event="call.ended", reproduce="pytest -k 'signed'")


@pytest.fixture
def clause(contract: Contract) -> Clause:
    """The clause that is broken."""
    return contract.clauses_by_id["orbit/signing/signed"]


@given(st.text(alphabet=st.characters()))
def test_any_text_made_safe_is_xml(text: str) -> None:
    """Whatever a target sends, the text stands in an XML document; legal characters are unchanged."""
    safe = xml_safe(text)
    shown = ET.fromstring(f"<failure>{escape(safe)}</failure>").text or ""  # noqa: S314 -- it is our own document
    assert shown == safe.replace("\r\n", "\n").replace("\r", "\n")
    assert xml_safe(safe) == safe


@given(st.binary(max_size=600), st.text(alphabet=st.characters(), max_size=100))
def test_any_failure_is_junit(contract: Contract, raw: bytes, text: str) -> None:
    """A failure text about any bytes parses in a JUnit file and says the same there."""
    clause = contract.clauses_by_id["orbit/signing/signed"]
    record = attempt(body=raw, target=text, headers=((text, text),), malformed=text or None, head=raw)
    shown = failure_text(broken(Finding(message=text, evidence=("a1",), pointer=text, excerpt=raw)), clause, {"a1": record}.get)
    document = f'<testsuite><testcase name="t"><failure>{escape(xml_safe(shown))}</failure></testcase></testsuite>'
    assert ET.fromstring(document).findtext("testcase/failure") == shown  # noqa: S314 -- it is our own document


def test_a_failure_says_everything_that_one_needs(clause: Clause) -> None:
    """Promise, source, what was seen and where, the bytes, how to mend and one command are all there."""
    finding = Finding(message="no signature", evidence=("a1",), pointer="/type", excerpt=b"culprit")
    shown = failure_text(broken(finding), clause, {"a1": attempt()}.get)
    for part in (
        "broken MUST orbit/signing/signed, event call.ended", "promised: It keeps signed.", "Guide § Retries", "no signature at /type (a1)",
        "| culprit", "> POST /hook HTTP/1.1", "> Content-Type: application/json", '> {"a":1}', "< 204", "to mend: Mend it.",
        "reproduce: pytest -k 'signed'", "hookproof explain orbit/signing/signed",
    ):  # fmt: skip
        assert part in shown


def test_a_target_cannot_write_lines_of_ours(clause: Clause) -> None:
    """No line that a target made begins like one of ours or like a command to a CI system."""
    record = attempt(body=HOSTILE.encode("utf-8", "surrogatepass"), target=HOSTILE, headers=((HOSTILE, HOSTILE),))
    shown = failure_text(
        broken(Finding(message=HOSTILE, evidence=("a1",), excerpt=HOSTILE.encode("utf-8", "replace"))), clause, {"a1": record}.get
    )
    lines = shown.splitlines()
    assert [line for line in lines if line.startswith("reproduce:")] == ["reproduce: pytest -k 'signed'"]
    assert "::error" not in shown
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", shown)


def test_at_most_three_culprits_are_shown_each_cut(clause: Clause) -> None:
    """Bodies over 2,000 bytes are cut with a note of how much, and three records are enough."""
    names = ["a1", "a2", "a3", "a4"]
    records: dict[str, Record] = {name: attempt(name, body=b"x" * 5_000) for name in names}
    shown = failure_text(broken(*(Finding(message="m", evidence=(name,)) for name in names)), clause, records.get)
    assert shown.count("> POST /hook") == 3
    assert shown.count("(2000 of 5000 bytes of the body are shown, 3000 are cut here)") == 3
    assert max(len(line) for line in shown.splitlines()) <= 2_002


def test_a_long_head_is_cut(clause: Clause) -> None:
    """A head over 2,000 characters is cut with a note of how much."""
    record = attempt(headers=tuple((f"x-{n}", "v v v v") for n in range(1_000)))
    shown = failure_text(broken(Finding(message="m", evidence=("a1",))), clause, {"a1": record}.get)
    assert re.search(r"\(\d+ more characters of the head are cut\)", shown)
    assert len(shown) < 4_000


def test_unknown_evidence_is_named_only(clause: Clause) -> None:
    """Evidence that the transcript no longer has is still listed."""
    shown = failure_text(broken(Finding(message="m", evidence=("gone",))), clause, lambda _id: None)
    assert "evidence: gone" in shown


def test_many_findings_are_counted(clause: Clause) -> None:
    """Five findings are told, the others counted."""
    shown = failure_text(broken(*(Finding(message=f"m{n}") for n in range(9))), clause, lambda _id: None)
    assert "m4" in shown
    assert "m5" not in shown
    assert "and 4 more" in shown


def test_a_delivery_is_called_by_what_it_was_sent_for() -> None:
    """A faulty delivery by its fault, a correct one by its purpose; of scopes and credentials only what has some is told."""
    assert exchange_text(exchange(scope="", key="none", fault="downgraded")).startswith("exchange x1 (downgraded)\n")
    assert exchange_text(exchange(scope="", key="none", purpose="control")).startswith("exchange x1 (control)\n")
    assert exchange_text(exchange()).startswith("exchange x1, scope t1, credential own\n")


def test_what_crossed_the_wire_comes_before_what_we_asked(clause: Clause) -> None:
    """Attempts are shown before emissions, which only say what we asked for."""
    emission = Emission(
        id="m1", situation="s", at=0, scope="t1", type="call.ended", data={"k": "é"}, event_id="evt_1", status=202, started_at=0, done_at=0,
        started_wall=0,
    )  # fmt: skip
    records: dict[str, Record] = {"m1": emission, "a1": attempt(), "n1": Note(id="n1", situation="s", at=0, name="end")}
    shown = failure_text(broken(Finding(message="m", evidence=("m1", "n1", "a1"))), clause, records.get)
    assert shown.index("attempt a1") < shown.index("emission m1")
    assert "event id evt_1" in shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer abc", "(not shown)"),
        ("X-API-Key", "abc", "(not shown)"),
        ("Cookie", "s=abc", "(not shown)"),
        ("Set-Cookie", "s=abc", "(not shown)"),
        ("Proxy-Authorization", "abc", "(not shown)"),
        ("X-Auth-Token", "abc", "(not shown)"),
        ("Webhook-Signature", f"v1,{TAG} v1,{TAG}", "v1,K5oZfz... v1,K5oZfz..."),
        ("Stripe-Signature", f"t=1492774577,v1={'5257a869' * 8},v0={'6ffbb59b' * 8}", "t=1492774577,v1=5257a8...,v0=6ffbb5..."),
        ("X-Hub-Signature-256", "sha256=" + "0a" * 32, "sha256=0a0a0a..."),
        ("X-Signature", "hmac-sha256=" + "0a" * 32, "hmac-sha256=0a0a0a..."),
        ("X-Signature", "0a" * 32, "0a0a0a..."),
        ("Webhook-Id", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"),
        ("Webhook-Timestamp", "1674087231", "1674087231"),
        ("User-Agent", "Orbit-Webhooks/1.0 (platform)", "Orbit-Webhooks/1.0 (platform)"),
        ("X-Unknown", "eyJhbGciOiJIUzI1NiJ9eyJhbGciOiJIUzI1NiJ9", "eyJhbG..."),
        ("X-Unknown", "plain words only", "plain words only"),
    ],
)
def test_credentials_are_not_shown_and_signatures_only_begun(name: str, value: str, shown: str) -> None:
    """Secret header values are never shown, signatures by six characters, harmless values whole; in requests and answers."""
    assert f"> {name}: {shown}\n" in exchange_text(attempt(headers=((name, value),)))
    assert f"< {name}: {shown}\n" in exchange_text(exchange(response_headers=((name, value),)))
    head = f"POST / HTTP/1.1\r\n{name}: {value}\r\n\r\n".encode()
    assert f"> {name}: {shown}\n" in exchange_text(attempt(malformed="bad", head=head))


def test_a_folded_credential_is_not_shown() -> None:
    """Line folding in a malformed head does not reveal what follows a secret header's name."""
    shown = exchange_text(attempt(malformed="obs-fold", head=b"POST / HTTP/1.1\r\nAuthorization: Bearer\r\n  hunter2\r\nHost: h\r\n\r\n"))
    assert "hunter2" not in shown
    assert "> Host: h" in shown


def test_an_exchange_without_answer_says_why() -> None:
    """A request that got no answer shows the failure instead of a status."""
    shown = exchange_text(exchange(status=0, failure="timed out", purpose="probe"))
    assert "no HTTP answer: timed out" in shown
    assert "(probe)" in shown


def test_binary_bodies_are_shown_as_hex() -> None:
    """Compressed or broken bytes are shown as hex with text."""
    assert "> 0000  1f 8b 08 00" in exchange_text(attempt(body=b"\x1f\x8b\x08\x00"))


def test_an_answer_that_misbehaves_is_named() -> None:
    """How our listener answered is part of the story: mode and repeated body."""
    shown = exchange_text(attempt(answer=Answer(status=200, mode="drip", body=b"z", body_repeat=9)))
    assert "< 200, mode drip" in shown
    assert "(the body 9 times)" in shown


def test_other_records_are_told_by_their_facts() -> None:
    """A note has no wire text; its facts are given on one line."""
    assert exchange_text(Note(id="n1", situation="s\n", at=0, name="end")).count("\n") == 1

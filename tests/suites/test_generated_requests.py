"""The items of Schemathesis are ordinary items of pytest: stable ids, told at the right weight, and never with a secret."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hookproof.model.verdict import Level
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.platform import ReferencePlatform
from hookproof.schemathesis_hooks.exploring import Explored, Finding, Sent, Tried
from hookproof.staging.blaming import blame_text, reason
from hookproof.staging.exploring import Exploration, Probe, behind, probes
from hookproof.staging.session import read_contract
from tests.suites.courtroom import orbit

ROOT = Path(__file__).resolve().parents[2]
KEY, SECRET = "the-key-of-this-very-test", "whsec_c2VjcmV0IHRoYXQgbm9ib2R5IG1heSBzZWU="
SENT = Sent(
    method="POST",
    url="http://127.0.0.1:8080/api/v1/webhooks",
    headers=(("X-API-Key", KEY), ("Content-Type", "application/json")),
    body=b'{"url": "http://127.0.0.1:9/it\'s", "events": ["hookproof.never"], "secret": "%s"}' % SECRET.encode(),
    status=201,
    answer=b'{"data": {"signing_secret": "%s"}}' % SECRET.replace("/", "\\/").encode(),
)


def _exploration(check: str, words: str, sent: Sent = SENT) -> Exploration:
    tried = Tried(requests=3)
    tried.found(Finding(check=check, operation="createWebhook", words=words, sent=sent))
    explored = Explored(trials={("fuzzing", "createWebhook"): tried}, secrets=frozenset({SECRET}))
    secrets = {"explored 1": SECRET, "own key": KEY}
    return Exploration(contract=orbit(), explored=explored, secrets=secrets, reproduce="pytest suites/ --seed 7")


PROBE = Probe(phase="fuzzing", operation="createWebhook")


def test_every_operation_has_its_items() -> None:
    """Ids follow from the contract alone; a description that is ours alone is not probed."""
    ids = [probe.id for probe in probes(orbit())]
    assert ids[:2] == ["createWebhook-examples", "updateWebhook-examples"]
    assert ids[-1] == "stateful"
    assert len(set(ids)) == len(ids) == 2 + 2 * 7 + 1
    assert [probes(read_contract(name)) for name in ("active_reach", "mobtexting", "whatsapp_crm", "standard_webhooks")] == [()] * 4


@pytest.mark.parametrize(
    ("check", "operation", "level", "clause"),
    [
        ("unknown_names_are_refused", "createWebhook", Level.MUST, "orbit/subscription-api/unknown-names"),
        ("refusals_create_nothing", "createWebhook", Level.MUST, "orbit/subscription-api/nothing-created"),
        ("ignored_auth", "createWebhook", Level.MUST, "orbit/subscription-api/key-required"),
        ("ignored_auth", "getWebhook", Level.SHOULD, "orbit/subscription-api/key-required-everywhere"),
        ("other_tenants_are_shut_out", "createWebhook", Level.SHOULD, "orbit/subscription-api/other-tenants"),
        ("status_code_conformance", "getWebhook", Level.SHOULD, "orbit/subscription-api/described-answers"),
        ("not_a_server_error", "getWebhook", Level.MUST, "orbit/subscription-api/described-answers"),
    ],
)
def test_a_finding_weighs_as_much_as_the_clause_behind_it(check: str, operation: str, level: Level, clause: str) -> None:
    """The contract says how binding a promise is; only a crash needs no clause."""
    found = behind(check, operation, orbit())
    assert found[0] is not None
    assert (found[0].id, found[1]) == (clause, level)


def test_a_failure_tells_promise_sight_bytes_and_a_command_without_any_secret() -> None:
    """What is printed can be sent again by a shell, and holds neither key nor secret in any form."""
    exploration = _exploration("unknown_names_are_refused", "promised: no\nseen: status 201")
    (blame,) = exploration.blames(PROBE)
    text = blame_text(blame, exploration, PROBE)
    for line in ("broken MUST orbit/subscription-api/unknown-names", "promised: A subscription that names", "seen: status 201", "< 201"):
        assert f"\n{line}" in f"\n{text}"
    assert "-k 'test_schemathesis and createWebhook-fuzzing'" in text
    for secret in (KEY, SECRET, SECRET.removeprefix("whsec_"), SECRET.replace("/", "\\/")):
        assert secret not in text + reason(blame, exploration)
    command = re.search(r"^resend: curl (.*)$", text, re.MULTILINE)
    assert command is not None
    told = {"HOOKPROOF_API_KEY": KEY, "HOOKPROOF_SECRET": SECRET, "PATH": os.environ["PATH"]}
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {command[1]}"], env=told, capture_output=True, check=True).stdout  # noqa: S607 -- any bash
    assert SENT.body in words.split(b"\0")
    assert f"X-API-Key: {KEY}".encode() in words.split(b"\0")


def test_bytes_that_are_no_text_are_sent_again_all_the_same() -> None:
    """A body that no terminal can show travels in base64."""
    sent = Sent(method="PUT", url="http://127.0.0.1:8080/x", headers=(), body=b"\xff\x00\n", status=500)
    exploration = _exploration("not_a_server_error", "500", sent)
    text = blame_text(exploration.blames(PROBE)[0], exploration, PROBE)
    assert "printf %s /wAK | base64 -d | curl" in text


def test_nothing_tried_is_nothing_observed() -> None:
    """Where no request was made nothing is said."""
    silent = Exploration(contract=orbit(), explored=None, missing="needs scopes")
    assert silent.tried(PROBE) is None
    assert silent.blames(PROBE) == []
    assert _exploration("x", "y").tried(Probe(phase="coverage", operation="createWebhook")) is None


def test_a_broken_must_fails_and_a_broken_should_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a flawed target the items fail by what the contract demands alone; results are written, and no key is shown."""
    monkeypatch.setenv(ALLOWING, "1")
    flaws = ("accepts-unlisted-names", "secrets-are-shown-again")
    with ReferencePlatform(orbit(), api_key=KEY, departures=Departures(flaws=flaws)) as reference:
        words = ["suites", "-k", "test_schemathesis", "--target", reference.url, "--profile", "quick", "-rxs", "--require-complete"]
        env = {**os.environ, "HOOKPROOF_API_KEY": KEY, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words], cwd=ROOT, env=env, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test_operation[createWebhook-coverage] ____" in done.stdout
    assert "broken MUST orbit/subscription-api/unknown-names" in done.stdout
    assert re.search(r"XFAIL .*getWebhook-fuzzing\] - SHOULD secrets_are_shown_once", done.stdout)
    assert "2 failed" in done.stdout
    assert KEY not in done.stdout + done.stderr

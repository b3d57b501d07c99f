"""Platforms that make signing secrets themselves: judged live, hidden in the recording, not guessed offline."""

from __future__ import annotations

import json

import pytest

from hookproof.adapters.http import HttpPlatform
from hookproof.judge import Judge
from hookproof.model.codec import record_to_json
from hookproof.model.transcript import HeaderPairs
from hookproof.model.verdict import Outcome
from hookproof.ports import Call
from tests.suites.courtroom import courtroom, item

CLAUSES = ("signature/signed", "signature/valid", "signature/secret-per-endpoint")


def test_secrets_that_the_target_issues_are_used_and_never_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform that ignores our secret is judged by the one in its answer; the recording holds its name, and offline it is unknown."""
    honest = HttpPlatform.call

    def without_secret(
        self: HttpPlatform, method: str, path: str, *, api_key: str | None, body: bytes | None, headers: HeaderPairs = ()
    ) -> Call:
        if method == "POST" and body is not None:
            document = json.loads(body)
            document.pop("secret", None)
            body = json.dumps(document).encode()
        return honest(self, method, path, api_key=api_key, body=body, headers=headers)

    monkeypatch.setattr(HttpPlatform, "call", without_secret)
    with courtroom() as run:
        verdicts = [run.verdict(item(clause)) for clause in CLAUSES]
        assert [verdict.outcome for verdict in verdicts] == [Outcome.KEPT] * len(CLAUSES), [v.judgement.reason for v in verdicts]
        transcript = run.tools.recorder.transcript()
        issued = [value for name, value in run.tools.secrets.items() if name.startswith("issued secret")]
    assert len(issued) > 5
    recorded = json.dumps([record_to_json(record) for record in transcript.records])
    assert not [secret for secret in issued if secret in recorded]
    offline = Judge(run.tools.contract, transcript).verdict(item("signature/valid"))
    assert offline.outcome is not Outcome.BROKEN

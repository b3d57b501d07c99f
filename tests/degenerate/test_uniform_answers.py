"""Hypothesis looks for one answer that, given to everything, keeps a promise."""

from __future__ import annotations

import json
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import suites.platform.situations as platform_situations
from hookproof.judge import items
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Role
from hookproof.model.transcript import HeaderPairs, RunHeader
from hookproof.model.verdict import Level, Outcome, Verdict
from hookproof.ports import Call, Scope
from hookproof.reporting.tally import statement
from hookproof.staging.profile import PROFILES
from hookproof.staging.recorder import RunRecorder
from hookproof.staging.run import Run
from hookproof.staging.situation import scan
from hookproof.staging.stage import Tools
from hookproof.wire.listener import CaptureListener
from tests.degenerate.blunt import SUBSCRIPTION
from tests.degenerate.classes import Kind, kinds_of
from tests.suites.courtroom import orbit

EVERY = tuple(items(orbit(), Role.PLATFORM))


class Uniform:
    """A platform without control interface that gives one answer to everything; nothing else is ever asked of it."""

    url = "uniform"

    def __init__(self, status: int, body: bytes) -> None:
        self._status = status
        self._body = body

    def capabilities(self) -> Capabilities:
        """Declare nothing."""
        return Capabilities()

    def call(self, method: str, path: str, *, api_key: str | None, body: bytes | None, headers: HeaderPairs = ()) -> Call:  # noqa: ARG002 -- the port's names
        """Answer."""
        started = time.monotonic_ns()
        return Call(
            method=method,
            path=path,
            request_headers=headers,
            request_body=body or b"",
            status=self._status,
            response_headers=(),
            response_body=self._body,
            started_at=started,
            done_at=time.monotonic_ns(),
        )

    def close_scope(self, scope: Scope) -> None:
        """Forget a tenant."""


def _verdicts(status: int, body: bytes) -> list[Verdict]:
    target: Any = Uniform(status, body)
    header = RunHeader(
        contract="orbit",
        contract_digest=orbit().digest,
        role="platform",
        target={},
        capabilities=target.capabilities().to_json(),
        seed=0,
        profile="quick",
        started_at="2027-01-01T00:00:00+00:00",
        salt="uniform",
        hookproof="0",
        reproduce="",
    )
    recorder = RunRecorder(header)
    with CaptureListener(on_attempt=recorder.keep) as listener:
        tools = Tools(
            contract=orbit(),
            capabilities=target.capabilities(),
            platform=target,
            listener=listener,
            recorder=recorder,
            profile=PROFILES["quick"],
            api_key="k",
            seed=0,
        )
        run = Run(tools, scan(platform_situations))
        return [run.verdict(item) for item in EVERY]


MEMBERS = st.sampled_from(
    [
        SUBSCRIPTION,
        {**SUBSCRIPTION, "signing_secret": "whsec_" + "x" * 32},
        [SUBSCRIPTION],
        [],
        {"event_id": "evt_1"},
        {"id": "e1"},
        {"id": ""},
        {"id": 1, "url": "/e1", "events": []},
    ]
)
META = {"request_id": "req_1", "timestamp": "2027-01-01T00:00:00Z"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | MEMBERS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "id", "events", "error", "meta"]), inner, max_size=3)
    ),
    max_leaves=6,
)
BODIES = (
    st.binary(max_size=40)
    | JSON.map(lambda value: json.dumps(value).encode())
    | MEMBERS.map(lambda value: json.dumps({"data": value, "meta": META}).encode())
)
STATUSES = st.sampled_from([200, 201, 202, 204, 301, 400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 503]) | st.integers(200, 599)


@settings(deadline=None, max_examples=60)
@given(status=STATUSES, body=BODIES)
def test_no_single_answer_keeps_a_promise(status: int, body: bytes) -> None:
    """A platform that answers everything alike keeps nothing that says what is there or what stays away, and never conforms."""
    verdicts = _verdicts(status, body)
    rules = {item.clause.id: item.rule.name for item in EVERY}
    vain = [v for v in verdicts if v.outcome is Outcome.KEPT and kinds_of(rules[v.clause])[0] in (Kind.PRESENCE, Kind.NEGATIVE)]
    assert [(v.clause, v.judgement) for v in vain] == []
    assert any(v.fails and v.level is Level.MUST for v in verdicts)
    assert statement(verdicts).startswith("does not conform: ")

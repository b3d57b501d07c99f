"""One run of Schemathesis over a subscription API: every phase, in this thread, with its findings by phase and operation.

Law: what is sent follows from description, seed and budget (and what the platform answers) alone; no proxy, cache, database or redirect
has a part in it.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import CustomFailure
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.core import EventStream
from schemathesis.engine.recorder import CheckNode, Interaction, ScenarioRecorder

from hookproof.schemathesis_hooks.checks import OURS, operation_of, remove_all
from hookproof.schemathesis_hooks.description import key_header, plain
from hookproof.schemathesis_hooks.settings import Session, Settings, told

STATEFUL = "stateful"
_LONGEST = 900
"""Seconds after which a run ends by itself, whatever the platform does."""
_SILENT = ("allow_header_conformance", "unsupported_method", "missing_required_header", "object_level_authorization",
           "response_headers_conformance")  # fmt: skip
"""Checks of Schemathesis for which no contract has a promise."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request and what came back, as bytes; ``status`` 0 if nothing did."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int
    answer_headers: tuple[tuple[str, str], ...] = ()
    answer: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found of an operation: in words, on which request; ``before`` are the requests that led to it."""

    check: str
    operation: str
    words: str
    sent: Sent
    before: tuple[Sent, ...] = ()

    @property
    def length(self) -> tuple[int, int]:
        """How much must be read to understand it."""
        return len(self.before), len(self.sent.url) + len(self.sent.body)


@dataclass(kw_only=True)
class Tried:
    """What one phase tried of one operation.

    How many requests, how many of them were accepted, how often each check failed, the shortest finding of each, and what went wrong.
    """

    requests: int = 0
    accepted: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def found(self, finding: Finding) -> None:
        """Count a finding; of two of one check keep the shorter one."""
        self.failures[finding.check] += 1
        known = self.findings.get(finding.check)
        if known is None or finding.length < known.length:
            self.findings[finding.check] = finding


Trials = dict[tuple[str, str], Tried]
"""By phase and operation id; everything stateful is under the phase's own name twice."""


@dataclass(frozen=True, kw_only=True)
class Explored:
    """All trials of a run, and the secrets that the platform took or gave meanwhile: they may stand in any bytes of a finding."""

    trials: Trials
    secrets: frozenset[str] = field(repr=False)


def explore(description: Mapping[str, Any], url: str, settings: Settings, *, seed: int, examples: int) -> Explored:
    """Try every operation in every phase at ``url``, with ``examples`` generated requests for each; remove what was made."""
    raw = plain(description)
    with told(settings) as session, _directly():
        schema = schemathesis.openapi.from_dict(raw, config=_config(url, raw, settings, seed=seed, examples=examples))
        trials: Trials = {}
        try:
            _follow(from_schema(schema).execute(), trials, session)
        finally:
            remove_all(session)
        return Explored(trials=trials, secrets=frozenset(session.secrets))


def _config(url: str, raw: Mapping[str, Any], settings: Settings, *, seed: int, examples: int) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "base-url": url,
            "headers": {key_header(raw): settings.api_key},
            "continue-on-failure": True,
            "max-redirects": 0,
            "workers": 1,
            "cache": {"enabled": False},
            "generation": {"max-examples": examples, "database": "none"},
            "checks": {name: {"enabled": False} for name in _SILENT},
        }
    )


@contextmanager
def _directly() -> Iterator[None]:
    """Let requests go past every proxy that the environment names."""
    before = {name: os.environ.get(name) for name in ("NO_PROXY", "no_proxy")}
    os.environ.update(dict.fromkeys(before, "*"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _follow(stream: EventStream, trials: Trials, session: Session) -> None:
    """Take every event; stop after the longest time. Schemathesis' own limit is one that it fills up."""
    ending = time.monotonic() + _LONGEST
    for event in stream:
        _take(event, trials, session)
        if time.monotonic() > ending:
            stream.stop()


def _take(event: events.EngineEvent, trials: Trials, session: Session) -> None:
    if isinstance(event, events.ScenarioFinished):
        _recorded(event.phase.value, event.recorder, trials, session)
    elif isinstance(event, events.NonFatalError):
        phase = event.phase.value if event.phase is not None else ""
        trials.setdefault((phase, event.label), Tried()).errors.append(session.masked(f"{type(event.value).__name__}: {event.value}"))
    elif isinstance(event, events.FatalError):
        raise event.exception


def _recorded(phase: str, recorder: ScenarioRecorder, trials: Trials, session: Session) -> None:
    for name, node in recorder.cases.items():
        tried = trials.setdefault((phase, STATEFUL if phase == STATEFUL else operation_of(node.value)), Tried())
        interaction = recorder.interactions.get(name)
        if interaction is None:
            continue
        sent = _sent(interaction)
        tried.requests += 1
        tried.accepted += 200 <= sent.status <= 299  # noqa: PLR2004 -- RFC 9110 section 15.3
        for check in recorder.checks.get(name, ()):
            if check.status != Status.SUCCESS:
                failure = _told(check)
                before = _led_to(name, recorder) if phase == STATEFUL else ()
                operation = operation_of(node.value)
                tried.found(Finding(check=check.name, operation=operation, words=session.masked(failure), sent=sent, before=before))


def _told(check: CheckNode) -> str:
    """Give what a check said; of ours only their own words."""
    failure = check.failure_info.failure if check.failure_info is not None else None
    if failure is None:
        return "the check itself failed"
    return failure.message if isinstance(failure, CustomFailure) else str(failure)


def _led_to(name: str, recorder: ScenarioRecorder) -> tuple[Sent, ...]:
    """Give the requests of a scenario from its first one to that before the named one."""
    chain = [each.id for each in recorder.iter_chain_cases(case_id=name)]
    return tuple(_sent(recorder.interactions[each]) for each in chain if each != name and each in recorder.interactions)


def _sent(interaction: Interaction) -> Sent:
    request, response = interaction.request, interaction.response
    return Sent(
        method=request.method,
        url=request.uri,
        headers=tuple((name, value) for name, values in request.headers.items() for value in values),
        body=request.body or b"",
        status=response.status_code if response is not None else 0,
        answer_headers=() if response is None else tuple((name, value) for name, values in response.headers.items() for value in values),
        answer=b"" if response is None else response.content or b"",
    )


OURS_BY_NAME = frozenset(check.__name__ for check in OURS)
"""The names of our own checks."""

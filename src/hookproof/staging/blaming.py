"""What Schemathesis found, for people: what was promised, what was seen, the bytes, and one command that sends them again.

Law: keys and secrets stand in no line; where a request needs one, the command takes it from a variable.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hookproof.model.transcript import Exchange
from hookproof.reporting.secrets import Redactor
from hookproof.reporting.text import printable
from hookproof.reporting.wiretext import exchange_text
from hookproof.staging.exploring import Blame, Exploration, Probe

if TYPE_CHECKING:
    from hookproof.schemathesis_hooks.exploring import Sent

_SHOWN = 2_000
_STEPS = 6
_CREDENTIALS = {"x-api-key": "$HOOKPROOF_API_KEY", "authorization": "$HOOKPROOF_AUTHORIZATION"}
_PASSED_ON = ("content-type", "accept")
_MARKED, _SECRET = "{{explored", "$HOOKPROOF_SECRET"


def blame_text(blame: Blame, exploration: Exploration, probe: Probe) -> str:
    """Tell one finding."""
    return Redactor(exploration.secrets).scrub_text("\n".join(_lines(blame, exploration, probe)) + "\n")


def reason(blame: Blame, exploration: Exploration) -> str:
    """Tell one finding in one line."""
    words = " ".join(blame.finding.words.split())
    return Redactor(exploration.secrets).scrub_text(printable(f"{blame.level.value} {blame.finding.check}: {words}"))


def _lines(blame: Blame, exploration: Exploration, probe: Probe) -> Iterator[str]:
    finding, clause = blame.finding, blame.clause
    yield f"broken {blame.level.value} {clause.id if clause is not None else 'the description of the subscription API'} ({finding.check})"
    if clause is not None:
        yield printable(f"promised: {clause.promise}")
        yield printable(f"  source: {clause.source}")
    lines = _words(finding.words)
    yield from (printable(line) for line in lines if line.startswith("promised: ") and clause is None)
    seen = [line for line in lines if not line.startswith("promised: ")]
    yield from (f"seen: {printable(line)}" if not row else f"      {printable(line)}" for row, line in enumerate(seen))
    yield f"      {blame.times} times in the {probe.phase} phase; this is the shortest"
    for number, sent in enumerate((*finding.before[-_STEPS:], finding.sent), start=1):
        yield ""
        yield exchange_text(_exchange(sent, f"{number}"), limit=_SHOWN).rstrip("\n")
    yield ""
    command = _curl(finding.sent, exploration)
    yield f"resend: {command}"
    if _SECRET in command:
        yield f"        {_SECRET} is any secret that the target takes"
    yield printable(f"reproduce: {exploration.reproduce} -k {shlex.quote(f'test_schemathesis and {probe.id}')}")


def _words(text: str) -> list[str]:
    """Give the lines of what a check said; the promise is told by the clause, or the check says it in its own line."""
    return [line.removeprefix("seen: ") for line in text.splitlines() if line.strip()]


def _exchange(sent: Sent, number: str) -> Exchange:
    parts = urlsplit(sent.url)
    return Exchange(
        id=number,
        situation="schemathesis",
        at=0,
        scope="",
        key="own",
        operation="",
        purpose="",
        method=sent.method,
        path=parts.path + (f"?{parts.query}" if parts.query else ""),
        request_headers=sent.headers,
        request_body=sent.body,
        status=sent.status,
        response_headers=sent.answer_headers,
        response_body=sent.answer,
        started_at=0,
        done_at=0,
        failure="" if sent.status else "none came",
    )


def _curl(sent: Sent, exploration: Exploration) -> str:
    words = ["curl -sS -i -g --path-as-is --noproxy '*' -m 10", "-X", shlex.quote(sent.method)]
    for name, value in sent.headers:
        if name.lower() in _CREDENTIALS:
            words += ["-H", f'"{name}: {_CREDENTIALS[name.lower()]}"']
        elif name.lower() in _PASSED_ON:
            words += ["-H", shlex.quote(f"{name}: {value}")]
    before = ""
    if sent.body:
        clean = Redactor(exploration.secrets).scrub(sent.body)
        try:
            text = clean.decode()
            text = text if text.isprintable() else ""
        except UnicodeDecodeError:
            text = ""
        before = "" if text else f"printf %s {base64.b64encode(clean).decode()} | base64 -d | "
        words += ["--data-binary", _from_variable(shlex.quote(text)) if text else "@-"]
    return printable(before + " ".join([*words, shlex.quote(sent.url)]))


def _from_variable(quoted: str) -> str:
    """Put a variable where a secret stood."""
    while _MARKED in quoted:
        head, _, rest = quoted.partition(_MARKED)
        quoted = f"""{head}'"{_SECRET}"'{rest.partition("}}")[2]}"""
    return quoted

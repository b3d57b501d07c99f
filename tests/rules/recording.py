"""Synthetic recordings in memory: what a platform and our listener would have left behind, told in the words of the house.

Law: nothing here uses the code under test; signatures are made by the official library or by ``hmac`` directly.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from standardwebhooks import Webhook

from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract, Event
from hookproof.model.transcript import (
    Advance,
    Answer,
    Attempt,
    Effect,
    Emission,
    Exchange,
    Note,
    Record,
    RunHeader,
    Subscription,
    Transcript,
)
from hookproof.model.verdict import Judgement
from tests.rules.contract_value import CONTRACT, PARAMETERS

R = TypeVar("R", bound=Record)
SALT = "pepper"
START = 1_790_000_000
SECOND = 10**9
EVERYTHING: dict[str, Any] = {
    "emit": "pipeline",
    "time": "virtual",
    "inspect": True,
    "lifecycle": ["restart", "kill", "power-cut"],
    "effects": True,
    "faults": True,
    "scopes": True,
}


def compact(value: Any) -> bytes:
    """Write a JSON value without spaces, in UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def rfc3339(seconds: float) -> str:
    """Write a moment as the target would."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def secret_text(name: str) -> str:
    """Make the run's throw-away secret of a name, by the published recipe and not by our code."""
    raw = hmac.digest(b"hookproof throw-away test secret", f"{SALT}/{name}".encode(), "sha256")
    return "whsec_" + base64.b64encode(raw).decode()


def standard_headers(names: Sequence[str], event_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """Sign by the official library, once for each named secret."""
    moment = datetime.fromtimestamp(seconds, UTC)
    tags = [Webhook(secret_text(name)).sign(event_id, moment, body.decode()) for name in names]
    return {"webhook-id": event_id, "webhook-timestamp": str(seconds), "webhook-signature": " ".join(tags)}


class Recording:
    """One recording that grows as it is told; time passes only when the story says so."""

    def __init__(self, situation: str = "retries", *, contract: Contract = CONTRACT, **capabilities: Any) -> None:
        self.contract = contract
        self.capabilities = {**EVERYTHING, **capabilities}
        self.situation = situation
        self.records: list[Record] = []
        self.now = 1_000 * SECOND
        self.tick = SECOND // 1000
        self.clocks: dict[str, float] = {}
        self.endpoints: dict[str, Subscription] = {}
        self._during = 0.0

    # -- what happens --------------------------------------------------------------------------------------------------------

    def _add(self, record: R) -> R:
        self.records.append(record)
        return record

    def _next(self, letter: str) -> dict[str, Any]:
        self.now += self.tick
        return {"id": f"{letter}{len(self.records) + 1}", "situation": self.situation, "at": self.now}

    @property
    def virtual(self) -> bool:
        """Whether the target has a virtual clock."""
        return bool(self.capabilities["time"] == "virtual")

    def clock(self, scope: str = "main") -> float:
        """Read the clock that a scope's target follows, in seconds since the epoch."""
        return self.clocks.get(scope, float(START)) if self.virtual else START + (self.now - 1_000 * SECOND) / SECOND

    def subscribe(self, endpoint: str, *types: str, scope: str = "main", secret: str | None = None, target: str | None = None) -> str:
        """Register an endpoint."""
        name, owner = secret or f"secret of {endpoint}", target or f"id-{endpoint}"
        kinds = types or ("rose.bloomed",)
        record = Subscription(
            **self._next("s"), action="created", scope=scope, endpoint=endpoint, endpoint_id=owner, event_types=kinds, secret=name
        )
        self.endpoints[endpoint] = self._add(record)
        return endpoint

    def change(self, endpoint: str, action: str, *types: str, secret: str | None = None) -> Subscription:
        """Change (``updated``), rotate (``rotated``) or remove (``deleted``) an endpoint."""
        known = self.endpoints[endpoint]
        fresh = replace(known, **self._next("s"), action=action, event_types=types or known.event_types, secret=secret or known.secret)
        self.endpoints[endpoint] = self._add(fresh)
        return fresh

    def emit(
        self,
        kind: str = "rose.bloomed",
        data: Any = None,
        *,
        scope: str = "main",
        purpose: str = "",
        event_id: str | None = None,
        refused: int = 0,
    ) -> Emission:
        """Ask the target to emit an event; ``refused`` is the status with which it declines."""
        stamp = self._next("m")
        chosen = self.contract.events[kind].examples[0] if data is None else data
        return self._add(
            Emission(
                **stamp,
                scope=scope,
                type=kind,
                data=chosen,
                event_id=None if refused else event_id or f"evt_{stamp['id']}",
                status=refused or 202,
                started_at=self.now - self.tick // 2,
                done_at=self.now,
                started_wall=(START - 1_000) * SECOND + self.now,
                clock=rfc3339(self.clock(scope)) if self.virtual else None,
                purpose=purpose,
            )
        )

    def body(self, emission: Emission, **members: Any) -> bytes:
        """Write the honest body of an event; ``members`` replace those of the envelope, None removes one."""
        created = emission.clock or rfc3339(emission.started_wall / SECOND)
        whole = {"id": emission.event_id, "type": emission.type, "created_at": created, "data": emission.data, **members}
        return compact({name: value for name, value in whole.items() if value is not None})

    def attempt(
        self,
        endpoint: str,
        emission: Emission,
        status: int = 200,
        *,
        mode: str = "respond",
        body: bytes | None = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        answer: Answer | None = None,
        **more: Any,
    ) -> Attempt:
        """Let a request arrive and be answered; without ``headers`` it is signed honestly."""
        stamp = self._next("a")
        raw = self.body(emission) if body is None else body
        fields = self.signed(endpoint, emission, raw) if headers is None else headers
        replied = answer or Answer(status=status, mode=mode)
        began, self.now = self.now, self.now + self.tick
        done = self.now if replied.completes else None
        record = Attempt(
            **stamp,
            endpoint=endpoint,
            connection="c1",
            method="POST",
            target=f"/token/{endpoint}",
            http_version="HTTP/1.1",
            headers=tuple(fields.items() if isinstance(fields, Mapping) else fields),
            body=raw,
            answer=replied,
            accepted_at=began,
            accepted_wall=(START - 1_000) * SECOND + began,
            body_read_at=began,
            answer_started_at=began if replied.completes else None,
            answer_done_at=done,
            closed_at=self.now if replied.mode in ("never", "drip") else None,
        )
        return self._add(replace(record, **more))

    def signed(self, endpoint: str, emission: Emission, raw: bytes, *names: str, at: float | None = None) -> dict[str, str]:
        """Give the honest headers of a delivery, signed with the endpoint's secret or with the named ones."""
        secrets = names or (self.endpoints[endpoint].secret or "",) if endpoint in self.endpoints else names
        seconds = int(self.clock(emission.scope) if at is None else at)
        return {"Host": "h", "Content-Type": "application/json", **standard_headers(secrets, emission.event_id or "", seconds, raw)}

    def wait(self, seconds: float) -> None:
        """Let real time pass."""
        self.now += round(seconds * SECOND)

    @contextmanager
    def advancing(self, seconds: float, scope: str = "main") -> Iterator[None]:
        """Move a scope's virtual clock; what arrives inside was made somewhere on the way."""
        before, started = self.clock(scope), self.now + 1
        self.now += SECOND // 1000
        yield
        self.clocks[scope] = before + seconds
        stamp = self._next("v")
        self._add(
            Advance(
                **stamp,
                scope=scope,
                seconds=seconds,
                before=rfc3339(before),
                after=rfc3339(before + seconds),
                started_at=started,
                done_at=self.now,
            )
        )

    def elapse(self, seconds: float, scope: str = "main") -> None:
        """Let promised time pass on the clock that the target declares."""
        if self.virtual:
            with self.advancing(seconds, scope):
                pass
        else:
            self.wait(seconds / float(self.capabilities.get("time_scale", 1.0)))

    def canary(self, scope: str = "main") -> Attempt:
        """Emit a canary and let it arrive at an endpoint of its own."""
        perch = f"perch-{scope}"
        if perch not in self.endpoints:
            self.subscribe(perch, "canary.sang", scope=scope)
        return self.attempt(perch, self.emit("canary.sang", scope=scope, purpose="canary"))

    def note(self, name: str, **facts: Any) -> Note:
        """Record a fact."""
        return self._add(Note(**self._next("n"), name=name, facts=facts))

    def exchange(
        self, operation: str = "createWebhook", status: int = 201, *, request: Any = None, answer: Any = None, **more: Any
    ) -> Exchange:
        """Record a call to the public face and its answer; values are written as JSON, bytes as they are."""
        stamp = self._next("x")
        self.now += self.tick
        sent, got = (b"" if v is None else v if isinstance(v, bytes) else compact(v) for v in (request, answer))
        record = Exchange(
            **stamp,
            scope="main",
            method="POST",
            path="/hooks",
            key="own",
            request_headers=(),
            request_body=sent,
            status=status,
            response_headers=(),
            response_body=got,
            started_at=stamp["at"],
            done_at=self.now,
            operation=operation,
        )
        return self._add(replace(record, **more))

    def effect(self, event_id: str, count: int | None, content: Any = None) -> Effect:
        """Record what somebody inside a receiver told of an event's effects."""
        return self._add(Effect(**self._next("f"), event_id=event_id, count=count, via="control", content=content))

    # -- what is said of it --------------------------------------------------------------------------------------------------

    def transcript(self, role: str = "platform") -> Transcript:
        """Give the recording as the judge gets it."""
        header = RunHeader(
            contract=self.contract.name,
            contract_digest=self.contract.digest,
            role=role,
            target={"name": "synthetic"},
            capabilities=self.capabilities,
            seed=0,
            profile="ci",
            started_at=rfc3339(START),
            salt=SALT,
            hookproof="0",
        )
        return Transcript(header=header, records=tuple(self.records))

    def judge(self, rule: str, event: str | None = None, **parameters: Any) -> Judgement:
        """Let one rule judge the recording; ``parameters`` replace its usual ones."""
        from hookproof.rules.catalogue import RULES  # noqa: PLC0415 -- recordings are made without the code under test
        from hookproof.rules.rule import Terms  # noqa: PLC0415 -- the same
        from hookproof.rules.view import View  # noqa: PLC0415 -- the same

        chosen: Event | None = self.contract.events[event] if event else None
        capabilities = Capabilities.from_json(dict(self.capabilities), subject="test")
        usual = {**PARAMETERS.get(rule, {}), **parameters}
        terms = Terms(contract=self.contract, parameters=usual, capabilities=capabilities, event=chosen)
        return RULES[rule].judge(View(self.transcript(), self.contract), terms)

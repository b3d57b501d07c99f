"""The words in which situations are described: tenants, endpoints, emissions, canaries, calls, the passing of time.

Law: the stage acts and records; it never judges. Every wait is for a captured arrival or a clock, and bounded.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract, Event, Provenance
from hookproof.model.transcript import Advance, Answer, Emission, Exchange, Note, Subscription
from hookproof.ports import Call, Listener, Platform, Scope
from hookproof.rules.management import operations
from hookproof.rules.view import View
from hookproof.signing.scheme import throwaway_secret
from hookproof.staging.hiding import hidden
from hookproof.staging.profile import Profile
from hookproof.staging.recorder import RunRecorder

OK = Answer(status=200)
ISSUED = "issued secret"
"""How names of secrets begin that the target made; they cannot be made again from the run's salt."""
_WORKERS = 16
_STEP = 50
_VIRTUAL_PATIENCE = 2.0
"""Seconds; with a virtual clock the target itself says when it is ready, so patience only spares a round trip."""


@dataclass(kw_only=True)
class Tenant:
    """A tenant of the target as the stage knows it. ``now`` is its virtual clock's last reading, None without one."""

    name: str
    scope: Scope
    now: str | None = None
    canary: Endpoint | None = None


@dataclass(kw_only=True)
class Endpoint:
    """An endpoint of ours: its name in the transcript, its URL, the target's id (empty if it was refused) and current secret."""

    name: str
    tenant: Tenant
    url: str
    events: tuple[str, ...]
    id: str = ""
    secret: str = ""
    answer: Exchange | None = None

    @property
    def accepted(self) -> bool:
        """Whether the target took the subscription."""
        return self.answer is not None and 200 <= self.answer.status <= 299  # noqa: PLR2004 -- RFC 9110 section 15.3


@dataclass(kw_only=True)
class Tools:
    """What a stage works with; made once per run."""

    contract: Contract
    capabilities: Capabilities
    platform: Platform
    listener: Listener
    recorder: RunRecorder
    profile: Profile
    api_key: str
    seed: int
    secrets: dict[str, str] = field(default_factory=dict)
    tenants: list[Tenant] = field(default_factory=list)
    counter: list[int] = field(default_factory=lambda: [0])
    progress: Callable[[str], None] = lambda _text: None


class Stage:
    """One situation being staged."""

    def __init__(self, situation: str, tools: Tools) -> None:
        self.situation = situation
        self.tools = tools
        self.contract = tools.contract
        self.profile = tools.profile
        self.dice = random.Random(f"{tools.seed}/{situation}")  # noqa: S311 -- reproducible choices, no secret
        self.endpoints: list[Endpoint] = []

    def offers(self, *needs: str) -> bool:
        """Whether the target has all these capabilities."""
        return all(self.tools.capabilities.offers(need) for need in needs)

    @property
    def virtual(self) -> bool:
        """Whether the target has a virtual clock."""
        return self.tools.capabilities.time == "virtual"

    # -- tenants and endpoints ------------------------------------------------------------------------------------------------

    def tenant(self, name: str = "main") -> Tenant:
        """Open a tenant of its own for this situation; without scopes, the credential's only tenant."""
        full = f"{self.situation}-{name}"
        own = self.tools.capabilities.scopes
        scope = self.tools.platform.open_scope(full) if own else Scope(id="", api_key=self.tools.api_key)
        tenant = Tenant(name=full if own else "default", scope=scope)
        if self.virtual:
            tenant.now = self.tools.platform.clock(scope).now
        self.tools.secrets[f"key of {tenant.name}"] = scope.api_key
        self.tools.tenants.append(tenant)
        return tenant

    def endpoint(
        self,
        tenant: Tenant,
        events: Sequence[str],
        script: Sequence[Answer] = (),
        *,
        then: Answer = OK,
        own_port: bool = False,
        key: str = "own",
        purpose: str = "",
    ) -> Endpoint:
        """Open an endpoint and ask the target to subscribe it; the answer may be a refusal."""
        self.tools.counter[0] += 1
        name = f"e{self.tools.counter[0]}"
        secret = f"secret of {name}"
        self.tools.secrets[secret] = throwaway_secret(self.tools.recorder.header.salt, secret)
        url = self.tools.listener.open_endpoint(name, script, then=then, own_port=own_port, situation=self.situation)
        found = Endpoint(name=name, tenant=tenant, url=url, events=tuple(events), secret=secret)
        body = {"url": url, "events": list(events), "secret": self.tools.secrets[secret]}
        found.answer = self.call("createWebhook", tenant, body=body, key=key, purpose=purpose)
        self.endpoints.append(found)
        if found.accepted:
            found.id = _member_in(found.answer.response_body, "id")
            found.secret = self._in_force(found, secret)
            self._subscribed("created", found)
        return found

    def _in_force(self, endpoint: Endpoint, ours: str) -> str:
        """Give the name of the secret that signs: the target's own if it issued one, else the one that we gave."""
        if ISSUED in self.tools.secrets:
            return ISSUED
        own = f"{ISSUED} for {endpoint.name}"
        return own if own in self.tools.secrets else ours

    def _subscribed(self, action: str, endpoint: Endpoint) -> None:
        self.tools.recorder.add(
            "s",
            lambda record_id, at: Subscription(
                id=record_id,
                situation=self.situation,
                at=at,
                action=action,
                scope=endpoint.tenant.name,
                endpoint=endpoint.name,
                endpoint_id=endpoint.id,
                event_types=endpoint.events,
                secret=endpoint.secret,
                exchange=endpoint.answer.id if endpoint.answer else None,
            ),
        )

    def update(self, endpoint: Endpoint, events: Sequence[str]) -> Exchange:
        """Ask the target to change an endpoint's events."""
        answer = self.call("updateWebhook", endpoint.tenant, endpoint=endpoint, body={"events": list(events)})
        if 200 <= answer.status <= 299:  # noqa: PLR2004 -- RFC 9110 section 15.3
            endpoint.events = tuple(events)
            self._subscribed("updated", endpoint)
        return answer

    def rotate(self, endpoint: Endpoint) -> Exchange:
        """Give an endpoint a new secret through the update operation."""
        name = f"{endpoint.secret} rotated"
        self.tools.secrets[name] = throwaway_secret(self.tools.recorder.header.salt, name)
        answer = self.call("updateWebhook", endpoint.tenant, endpoint=endpoint, body={"secret": self.tools.secrets[name]})
        if 200 <= answer.status <= 299:  # noqa: PLR2004 -- RFC 9110 section 15.3
            endpoint.secret = name
            self._subscribed("rotated", endpoint)
        return answer

    def delete(self, endpoint: Endpoint) -> Exchange:
        """Ask the target to delete an endpoint."""
        answer = self.call("deleteWebhook", endpoint.tenant, endpoint=endpoint)
        if 200 <= answer.status <= 299:  # noqa: PLR2004 -- RFC 9110 section 15.3
            self._subscribed("deleted", endpoint)
        return answer

    def call(
        self,
        operation: str,
        tenant: Tenant,
        *,
        endpoint: Endpoint | None = None,
        body: Mapping[str, Any] | None = None,
        key: str = "own",
        other: Tenant | None = None,
        purpose: str = "",
    ) -> Exchange:
        """Call an operation of the subscription API once and record the exchange; ``key``: own, other, wrong or none."""
        path, method = next((p, m) for p, m, found, _ in operations(self.contract) if found == operation)
        keys = {"own": tenant.scope.api_key, "wrong": "wrong-" + tenant.scope.api_key[::-1], "none": None}
        api_key = other.scope.api_key if key == "other" and other is not None else keys[key]
        raw = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        filled = path.replace("{id}", endpoint.id if endpoint is not None else "")
        made = self.tools.platform.call(method.upper(), filled, api_key=api_key, body=raw)
        if operation == "createWebhook":
            self._note_issued(made.response_body, f"e{self.tools.counter[0]}")
        return self._exchange(made, operation=operation, tenant=tenant, key=key, purpose=purpose)

    def _exchange(self, made: Call, *, operation: str, tenant: Tenant, key: str, purpose: str) -> Exchange:
        return self.tools.recorder.add(
            "x",
            lambda record_id, at: Exchange(
                id=record_id,
                situation=self.situation,
                at=at,
                scope=tenant.name,
                key=key,
                operation=operation,
                purpose=purpose,
                method=made.method,
                path=made.path,
                request_headers=made.request_headers,
                request_body=hidden(made.request_body, self.tools.secrets),
                status=made.status,
                response_headers=made.response_headers,
                response_body=hidden(made.response_body, self.tools.secrets),
                started_at=made.started_at,
                done_at=made.done_at,
                failure=made.failure,
            ),
        )

    def _note_issued(self, raw: bytes, endpoint: str) -> None:
        """Learn a secret that the target made itself, before anything of it is recorded."""
        issued = _member_in(raw, "signing_secret") or _member_in(raw, "secret")
        if issued and issued not in self.tools.secrets.values():
            self.tools.secrets[f"{ISSUED} for {endpoint}"] = issued

    # -- events ---------------------------------------------------------------------------------------------------------------

    def kinds(self, count: int, *, policies: tuple[str, ...] | None = None) -> list[Event]:
        """Choose plain event types: listed, documented, without special routing; in a stable order."""
        policy = self.contract.policy
        special = {*policy.explicit_only, *policy.companions, *policy.companions.values(), *policy.management.values()}
        found = [
            event
            for name in self.contract.catalog
            if name not in special and (event := self.contract.events[name]).provenance is Provenance.DOCUMENTED
        ]
        wanted = policies or (next(iter(policy.retry)),)
        fitting = [e for e in found if tuple(p.name for p in policy.policies_for(e.name)) == wanted]
        return fitting[:count]

    def emit(self, tenant: Tenant, event: str, data: Any = None, *, purpose: str = "") -> Emission:  # noqa: ANN401 -- any JSON value
        """Emit one event, by default with its first example, and record it."""
        return self.emit_all(tenant, [(event, data)], purpose=purpose)[0]

    def emit_all(self, tenant: Tenant, events: Iterable[tuple[str, Any]], *, purpose: str = "") -> list[Emission]:
        """Emit many events at once, so that a slow target costs its latency once."""
        chosen = [(name, self.contract.events[name].examples[0] if data is None else data) for name, data in events]
        if len(chosen) == 1:
            return [self._emit(tenant, chosen[0], purpose)]
        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(pool.map(lambda pair: self._emit(tenant, pair, purpose), chosen))

    def _emit(self, tenant: Tenant, pair: tuple[str, Any], purpose: str) -> Emission:
        made = self.tools.platform.emit(tenant.scope, pair[0], pair[1])
        return self.tools.recorder.add(
            "m",
            lambda record_id, at: Emission(
                id=record_id,
                situation=self.situation,
                at=at,
                scope=tenant.name,
                type=pair[0],
                data=pair[1],
                event_id=made.event_id,
                status=made.status,
                started_at=made.started_at,
                done_at=made.done_at,
                started_wall=made.started_wall,
                clock=tenant.now,
                purpose=purpose,
            ),
        )

    def canary(self, tenant: Tenant) -> bool:
        """Emit an event to a healthy endpoint of the same tenant and wait for it: the witness that makes silence mean something."""
        kind = self.canary_kind
        if tenant.canary is None:  # before the wait: its creation may be an event for others
            tenant.canary = self.endpoint(tenant, [kind])
        self._await_due(tenant)
        already = len(self.tools.listener.attempts([tenant.canary.name]))
        self.emit(tenant, kind, purpose="canary")
        return self.arrived([tenant.canary], already + 1)

    def _await_due(self, tenant: Tenant) -> None:
        """Give every delivery that is due its time: the target's own word on a virtual clock, else patience as long as any arrives."""
        self.settle(tenant)
        while not self.virtual:
            view = View(self.tools.recorder.transcript().of([self.situation]), self.contract)
            got = {(delivery.endpoint, delivery.event_id) for delivery in view.deliveries}
            due = [(e, emission.event_id) for e, all_due in view.due.items() for emission in all_due if emission.scope == tenant.name]
            missing = [endpoint for endpoint, event_id in due if (endpoint, event_id) not in got]
            names = sorted(set(missing))
            known = len(self.tools.listener.attempts(names))
            if not missing:
                return
            came = self.tools.listener.wait(names, known + min(len(missing), _STEP), self.profile.patience)
            if not came and len(self.tools.listener.attempts(names)) == known:
                return

    @property
    def canary_kind(self) -> str:
        """The event type that no situation uses for anything else."""
        return self.kinds(1)[0].name

    def arrived(self, endpoints: Iterable[Endpoint], count: int, *, patience: float | None = None) -> bool:
        """Wait until so many attempts were recorded at these endpoints together.

        Patience is for progress: it begins anew with every arrival, so that a slow target is waited for and a silent one is not.
        False when it ran out.
        """
        limit = self.profile.patience if patience is None else patience
        if self.virtual:
            limit = min(limit, _VIRTUAL_PATIENCE)
        names = [endpoint.name for endpoint in endpoints]
        seen = len(self.tools.listener.attempts(names))
        while seen < count:
            if not self.tools.listener.wait(names, min(seen + _STEP, count), limit):
                now = len(self.tools.listener.attempts(names))
                if now == seen:
                    return False
            seen = len(self.tools.listener.attempts(names))
        return True

    # -- time -----------------------------------------------------------------------------------------------------------------

    def settle(self, tenant: Tenant) -> None:
        """Wait until everything that is due now was attempted and answered (virtual clock only)."""
        if self.virtual:
            self.advance(tenant, 0.0)

    def advance(self, tenant: Tenant, seconds: float) -> None:
        """Move a tenant's virtual clock and record it."""
        before = tenant.now or ""
        started = self.tools.recorder.moment()
        reading = self.tools.platform.advance(tenant.scope, seconds)
        tenant.now = reading.now
        self.tools.recorder.add(
            "v",
            lambda record_id, at: Advance(
                id=record_id,
                situation=self.situation,
                at=at,
                scope=tenant.name,
                seconds=seconds,
                before=before,
                after=reading.now,
                started_at=started,
                done_at=at,
            ),
        )

    def http_date(self, tenant: Tenant, ahead: int) -> tuple[str, str]:
        """Give the moment so many seconds ahead on a tenant's virtual clock, as RFC 3339 and as HTTP-date (RFC 9110 section 5.6.7)."""
        moment = (datetime.fromisoformat(tenant.now or "") + timedelta(seconds=ahead)).astimezone(UTC).replace(microsecond=0)
        return moment.isoformat(), format_datetime(moment, usegmt=True)

    def note(self, name: str, **facts: Any) -> None:  # noqa: ANN401 -- small JSON values
        """Record a fact that judging must know."""
        self.tools.recorder.add("n", lambda record_id, at: Note(id=record_id, situation=self.situation, at=at, name=name, facts=facts))

    def lifecycle(self, action: str) -> None:
        """Restart or kill the target, record it and wait until it is back."""
        self.note(action)
        self.tools.platform.lifecycle(action)


def _member_in(raw: bytes, name: str) -> str:
    """Find a member of a new endpoint in the target's answer, in ``data`` or at the top; empty if there is none."""
    try:
        document = json.loads(raw)
    except ValueError:
        return ""
    inner = document.get("data", document) if isinstance(document, dict) else {}
    found = inner.get(name) if isinstance(inner, dict) else None
    return str(found) if isinstance(found, str | int) else ""

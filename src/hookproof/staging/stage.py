"""The words in which situations are described: tenants, endpoints, emissions, canaries, calls, the passing of time.

Law: the stage acts and records; it never judges. Every wait is for a captured arrival or a clock, and bounded.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from hookproof.generate.marks import marks
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract, Event
from hookproof.model.errors import HookproofError, UnreachableError
from hookproof.model.transcript import Advance, Answer, Emission, Exchange, Note, Subscription
from hookproof.ports import Call, Listener, Platform, Scope
from hookproof.rules.management import operations
from hookproof.signing.scheme import throwaway_secret
from hookproof.staging import keyring
from hookproof.staging.arrears import missing_at, next_sends
from hookproof.staging.cast import OK, Endpoint, Tenant
from hookproof.staging.choosing import everything, plain_kinds, told_apart
from hookproof.staging.hiding import hidden
from hookproof.staging.liveness import patience_left, require_life, require_move
from hookproof.staging.profile import Profile
from hookproof.staging.recorder import RunRecorder, silent
from hookproof.staging.veil import LEAST
from hookproof.wire.bounds import Bounds

_WORKERS = 16
_STEP = 50


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
    secrets: dict[str, str] = field(init=False)
    tenants: list[Tenant] = field(default_factory=list)
    counter: list[int] = field(default_factory=lambda: [0])
    vain: int = 0  # waits that ran out, see ``patience_left``
    progress: Callable[[str], None] = field(default=silent)

    def __post_init__(self) -> None:
        """Let the recorder know the secrets, the run's own key first."""
        self.secrets = self.recorder.secrets
        if len(self.api_key) >= LEAST:
            self.secrets["key of the run"] = self.api_key

    def enter(self, situation: str) -> Stage:
        """Open the stage for one situation."""
        return Stage(situation, self)

    def check(self) -> None:
        """Raise ``UnreachableError`` if the listener had no room for something that the target sent."""
        if lost := self.listener.dropped:
            cause = f"it had no room for {lost} connections or requests of the target, so that nobody can say what they were"
            bounds = Bounds()
            most = f"at most {bounds.connections:,} connections at once and {bounds.attempts:,} requests in a run"
            raise UnreachableError("our listener", cause, remedy=f"Let the target make {most}.")

    def leave(self) -> None:
        """Remove the tenants that were made; leftovers of a dead target are left."""
        with suppress(HookproofError):
            for tenant in self.tenants:
                self.platform.close_scope(tenant.scope)


class Stage:
    """One situation being staged."""

    def __init__(self, situation: str, tools: Tools) -> None:
        self.situation = situation
        self.tools = tools
        self.contract = tools.contract
        self.profile = tools.profile
        self.dice = random.Random(f"{tools.seed}/{situation}")  # noqa: S311 -- reproducible choices, no secret
        self.endpoints: list[Endpoint] = []
        self.marks = marks(f"{tools.recorder.header.salt}/{situation}")

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
            tenant.now, tenant.read_at = self.tools.platform.clock(scope).now, self.tools.recorder.moment()
        self.tools.secrets[f"key of {tenant.name}"] = scope.api_key
        self.tools.tenants.append(tenant)
        return tenant

    def endpoint(  # noqa: PLR0913 -- each is a separate choice of the situation, by name
        self,
        tenant: Tenant,
        events: Sequence[str],
        script: Sequence[Answer] = (),
        *,
        then: Answer = OK,
        own_port: bool = False,
        key: str = "own",
        purpose: str = "",
        given: bool = True,
        query: str = "",
        host: str = "",
        certificate: str = "",
        also: Mapping[str, Any] = MappingProxyType({}),
    ) -> Endpoint:
        """Open an endpoint and ask the target to subscribe it; the answer may be a refusal. Not ``given``: it must make the secret.

        ``query`` belongs to its address, ``host`` replaces the host there, ``certificate`` lets it speak TLS; ``also`` are further members
        of the subscription.
        """
        self.tools.counter[0] += 1
        name = f"e{self.tools.counter[0]}"
        secret = keyring.give(self.tools.secrets, self.tools.recorder.header.salt, name, self.tools.counter[0]) if given else ""
        open_one = self.tools.listener.open_endpoint
        url = open_one(name, script, then=then, own_port=own_port, situation=self.situation, certificate=certificate) + query
        url = _at_host(url, host) if host else url
        found = Endpoint(name=name, tenant=tenant, url=url, events=tuple(events), secret=secret)
        body = {"url": url, "events": list(events), **({"secret": self.tools.secrets[secret]} if given else {}), **also}
        found.answer = self.call("createWebhook", tenant, body=body, key=key, purpose=purpose)
        self.endpoints.append(found)
        if found.accepted:
            found.id = keyring.member_in(found.answer.response_body, "id")
            found.secret = keyring.in_force(self.tools.secrets, found.answer.response_body, secret)
            if key == "own":  # what was made without a right to it belongs to nobody we know
                self._subscribed("created", found, found.answer)
        return found

    def _subscribed(self, action: str, endpoint: Endpoint, answer: Exchange) -> None:
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
                exchange=answer.id,
            ),
        )

    def update(self, endpoint: Endpoint, events: Sequence[str]) -> Exchange:
        """Ask the target to change an endpoint's events."""
        answer = self.call("updateWebhook", endpoint.tenant, endpoint=endpoint, body={"events": list(events)})
        if answer.accepted:
            endpoint.events = tuple(events)
            self._subscribed("updated", endpoint, answer)
        return answer

    def rotate(self, endpoint: Endpoint) -> Exchange:
        """Give an endpoint a new secret through the update operation."""
        name = f"{endpoint.secret} rotated"
        self.tools.secrets[name] = throwaway_secret(self.tools.recorder.header.salt, name)
        answer = self.call("updateWebhook", endpoint.tenant, endpoint=endpoint, body={"secret": self.tools.secrets[name]})
        if answer.accepted:
            endpoint.secret = name
            self._subscribed("rotated", endpoint, answer)
        return answer

    def switch(self, endpoint: Endpoint, *, active: bool) -> Exchange:
        """Ask the target to deliver nothing more to an endpoint, or to deliver again."""
        answer = self.call("updateWebhook", endpoint.tenant, endpoint=endpoint, body={"active": active})
        if answer.accepted:
            self._subscribed("enabled" if active else "disabled", endpoint, answer)
        return answer

    def delete(self, endpoint: Endpoint) -> Exchange:
        """Ask the target to delete an endpoint."""
        answer = self.call("deleteWebhook", endpoint.tenant, endpoint=endpoint)
        if answer.accepted:
            self._subscribed("deleted", endpoint, answer)
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
        with self.tools.recorder.holding():
            made = self.tools.platform.call(method.upper(), filled, api_key=api_key, body=raw)
            if operation == "createWebhook":
                keyring.learn(self.tools.secrets, made.response_body, f"e{self.tools.counter[0]}")
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

    # -- events ---------------------------------------------------------------------------------------------------------------

    def kinds(self, count: int, *, policies: tuple[str, ...] | None = None) -> list[Event]:
        """Choose plain event types: listed, documented, without special routing; in a stable order."""
        return plain_kinds(self.contract, policies)[:count]

    def emit(self, tenant: Tenant, event: str, data: Any = None, *, purpose: str = "") -> Emission:  # noqa: ANN401 -- any JSON value
        """Emit one event, by default with its first example and a mark of its own, and record it."""
        return self.emit_all(tenant, [(event, data)], purpose=purpose)[0]

    def emit_all(self, tenant: Tenant, events: Iterable[tuple[str, Any]], *, purpose: str = "", key: str | None = None) -> list[Emission]:
        """Emit many events at once, so that a slow target costs its latency once; all with one idempotency ``key`` if given."""
        chosen = [(name, told_apart(self.contract, name, data, self.marks)) for name, data in events]
        if len(chosen) == 1:
            return [self._emit(tenant, chosen[0], purpose, key)]
        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(pool.map(lambda pair: self._emit(tenant, pair, purpose, key), chosen))

    @property
    def everything(self) -> tuple[str, ...]:
        """What a subscription names that asks for every event."""
        return everything(self.contract)

    def _emit(self, tenant: Tenant, pair: tuple[str, Any], purpose: str, key: str | None = None) -> Emission:
        made = self.tools.platform.emit(tenant.scope, pair[0], pair[1], **({} if key is None else {"key": key}))
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
        names = [tenant.canary.name]
        already = len(self.tools.listener.attempts(names))
        sent = (self.emit(tenant, kind, purpose="canary").event_id or "").encode()
        came = self.arrived([tenant.canary], already + 1)
        if not any(sent in attempt.body for attempt in self.tools.listener.attempts(names)[already:]):
            self.settle(tenant)  # something else came first
        return came or require_life(self.tools)

    def _await_due(self, tenant: Tenant) -> None:
        """Give every delivery that is due its time: on a virtual clock that of its next sends, else patience as long as any arrives."""
        self.settle(tenant)
        if self.virtual and missing_at(self, tenant):  # our own host may have been too busy to take a request before it was given up
            self.advance(tenant, next_sends(self))
        while not self.virtual and (missing := missing_at(self, tenant)):
            names = sorted(set(missing))
            known = len(self.tools.listener.attempts(names))
            came = self.tools.listener.wait(names, known + min(len(missing), _STEP), self.profile.patience)
            if not came and len(self.tools.listener.attempts(names)) == known:
                return

    @property
    def canary_kind(self) -> str:
        """The event type that no situation uses for anything else."""
        return self.kinds(1)[0].name

    def arrived(self, endpoints: Iterable[Endpoint], count: int, *, patience: float | None = None) -> bool:
        """Wait until so many attempts were recorded at these endpoints together.

        Patience is for progress: it begins anew with every arrival, so that a slow target is waited for and a silent one is not. It is
        short with a virtual clock, where the target then says itself whether anything is still due. False when it ran out.
        """
        limit = patience_left(self.tools, patience)
        endpoints = list(endpoints)
        names = [endpoint.name for endpoint in endpoints]
        unasked = {endpoint.tenant.name: endpoint.tenant for endpoint in endpoints} if self.virtual else {}
        seen = len(self.tools.listener.attempts(names))
        while seen < count:
            if not self.tools.listener.wait(names, min(seen + _STEP, count), limit):
                now = len(self.tools.listener.attempts(names))
                if now == seen and unasked:
                    self.settle(unasked.popitem()[1])
                elif now == seen:
                    self.tools.vain += 1
                    return False
            seen = len(self.tools.listener.attempts(names))
        return True

    # -- time -----------------------------------------------------------------------------------------------------------------

    def settle(self, tenant: Tenant) -> None:
        """Wait until everything that is due now was attempted and answered (virtual clock only)."""
        if self.virtual:
            self.advance(tenant, 0.0)

    def advance(self, tenant: Tenant, seconds: float) -> None:
        """Move a tenant's virtual clock and record it; raise ``CapabilityError`` if it moved otherwise than it was asked to."""
        before = tenant.now or ""
        started = self.tools.recorder.moment()
        reading = self.tools.platform.advance(tenant.scope, seconds)
        require_move(self.tools, tenant, reading, seconds)
        tenant.now, tenant.read_at = reading.now, self.tools.recorder.moment()
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

    def leave(self) -> None:
        """End the answers that are still held back."""
        self.tools.listener.release([endpoint.name for endpoint in self.endpoints])

    def note(self, name: str, **facts: Any) -> None:  # noqa: ANN401 -- small JSON values
        """Record a fact that judging must know."""
        self.tools.recorder.add("n", lambda record_id, at: Note(id=record_id, situation=self.situation, at=at, name=name, facts=facts))

    def lifecycle(self, action: str) -> None:
        """Restart or kill the target, record it and wait until it is back."""
        self.note(action)
        self.tools.platform.lifecycle(action)


def _at_host(url: str, host: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host).geturl()

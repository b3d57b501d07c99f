"""The reference platform without its doors: tenants, endpoints, events, and the dispatcher that delivers them.

Law: memory is a view of the store; whoever gets an answer gets it after the commit, and what cannot be stored is refused.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from hookproof.model.contract import Contract
from hookproof.reference.conduct import Conduct, stacked
from hookproof.reference.consent import Consenting
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.headers import DeliveryHeaders
from hookproof.reference.ordering import Ordered
from hookproof.reference.records import Delivery, Endpoint, Happening, Scope
from hookproof.reference.refusals import conflict, missing
from hookproof.reference.store import Store
from hookproof.reference.timekeeping import Timekeeping, wall

DEFAULT_SCOPE = "default"  # the tenant that the master key itself names
_PROMPT = 0.05  # real seconds that an advance may take to be answered as done


class Engine:
    """Everything one running platform knows and does. Lives on one event loop; built anew from the store after a restart."""

    def __init__(
        self, contract: Contract, store: Store, timekeeping: Timekeeping, *, api_key: str, conduct: Conduct, names: DeliveryHeaders
    ) -> None:
        self.contract = contract
        self.store = store
        self.timekeeping = timekeeping
        self.conduct = conduct
        self.dispatcher = stacked(Dispatcher, (*conduct.parts, Ordered, Consenting))(contract, store, timekeeping, conduct, names)
        self.api_key = api_key
        self.scopes: dict[str, Scope] = {}
        self.scopes_by_key: dict[str, Scope] = {}

    def load(self) -> None:
        """Rebuild everything from the store and go on where it was left. The default scope is made if need be."""
        stored = list(self.store.scopes())
        if not any(scope.id == DEFAULT_SCOPE for scope in stored):
            moment = wall()
            stored.append(Scope(id=DEFAULT_SCOPE, name=DEFAULT_SCOPE, api_key=self.api_key, clock=moment, target=moment))
        for scope in stored:
            if scope.id == DEFAULT_SCOPE:
                scope.api_key = self.api_key
                self.store.save_scope(scope)
            self.scopes[scope.id] = self.scopes_by_key[scope.api_key] = scope
        self.store.commit_now()
        for scope in stored:
            self.dispatcher.schedule(scope, list(self.store.pending(scope)))
            if self.timekeeping.virtual and scope.clock < scope.target:
                self.dispatcher.walk(scope)

    # --- tenants ------------------------------------------------------------------------------------------------------------------

    async def open_scope(self, name: str) -> Scope:
        """Make a tenant whose clock starts now."""
        self.store.check()
        moment = wall()
        key = "key_" + secrets.token_urlsafe(24)
        scope = Scope(id="scope_" + uuid.uuid4().hex, name=name, api_key=key, clock=moment, target=moment)
        self.store.save_scope(scope)
        await self.store.commit()
        self.scopes[scope.id] = self.scopes_by_key[key] = scope
        self.dispatcher.pump(scope)
        return scope

    async def close_scope(self, scope: Scope) -> None:
        """Remove a tenant and all it holds; the default one stays."""
        if scope.id == DEFAULT_SCOPE:
            raise conflict("the default scope cannot be deleted")
        self.store.check()
        del self.scopes[scope.id], self.scopes_by_key[scope.api_key]
        await self.dispatcher.close_scope(scope)
        self.store.delete_scope(scope)
        await self.store.commit()

    # --- endpoints ----------------------------------------------------------------------------------------------------------------

    def endpoint(self, scope: Scope, endpoint_id: str) -> Endpoint:
        """Give a tenant's endpoint; another tenant's does not exist."""
        if (found := scope.endpoints.get(endpoint_id)) is None:
            raise missing("webhook")
        return found

    async def create_endpoint(self, scope: Scope, draft: Mapping[str, Any]) -> Endpoint:
        """Make an endpoint of checked members; it does not hear of its own creation."""
        self.store.check()
        members = {"secret": self.conduct.new_secret(), **draft}
        endpoint = Endpoint(id="we_" + uuid.uuid4().hex, created_at=self.timekeeping.now(scope), **members)
        self.store.save_endpoint(scope, endpoint)
        announced = self._announce(scope, "created", endpoint)
        await self._safe(scope, announced)
        scope.endpoints[endpoint.id] = endpoint
        return endpoint

    async def update_endpoint(self, scope: Scope, endpoint: Endpoint, draft: Mapping[str, Any]) -> None:
        """Change an endpoint; a new secret starts a rotation, deactivation drops what was still to be sent."""
        self.store.check()
        if draft.get("secret", endpoint.secret) != endpoint.secret:
            self._rotate(scope, endpoint)
        for name, value in draft.items():
            setattr(endpoint, name, value)
        self.store.save_endpoint(scope, endpoint)
        if not endpoint.active:
            self.dispatcher.cancel(scope, endpoint)
        await self._safe(scope, self._announce(scope, "updated", endpoint))

    def _rotate(self, scope: Scope, endpoint: Endpoint) -> None:
        now = self.timekeeping.now(scope)
        signing = self.contract.policy.signing
        until = now + self.timekeeping.span(signing.overlap_seconds if signing else 0)
        endpoint.previous = ((endpoint.secret, until), *(each for each in endpoint.previous if now < each[1]))

    async def delete_endpoint(self, scope: Scope, endpoint: Endpoint) -> None:
        """Remove an endpoint and drop what was still to be sent to it."""
        self.store.check()
        del scope.endpoints[endpoint.id]
        endpoint.active = False
        self.dispatcher.cancel(scope, endpoint)
        self.store.delete_endpoint(endpoint)
        await self._safe(scope, self._announce(scope, "deleted", endpoint))

    # --- events -------------------------------------------------------------------------------------------------------------------

    async def emit(self, scope: Scope, event_type: str, content: dict[str, Any]) -> str:
        """Accept an event, and its companion if the contract promises one, for every subscriber; give the id."""
        event, deliveries = self._happened(scope, event_type, content)
        await self._safe(scope, deliveries)
        return event.id

    async def emit_once(self, scope: Scope, event_type: str, content: dict[str, Any], key: str) -> str:
        """Accept an event unless the scope accepted one under that key; give the id of the one, which is then stored."""
        known = self.store.event_of_key(scope, key)
        if known is not None:
            await self.store.commit()  # the first may be on its way to the disk
            return known
        event, deliveries = self._happened(scope, event_type, content)
        self.store.keep_key(scope, key, event.id)
        await self._safe(scope, deliveries)
        return event.id

    def _happened(self, scope: Scope, event_type: str, content: dict[str, Any]) -> tuple[Happening, list[Delivery]]:
        self.store.check()
        event, deliveries = self._accept(scope, event_type, content, tuple(scope.endpoints.values()))
        companion = self.contract.policy.companions.get(event_type)
        if companion is not None:
            deliveries += self._accept(scope, companion, content, tuple(scope.endpoints.values()))[1]
        return event, deliveries

    async def emit_test(self, scope: Scope, endpoint: Endpoint) -> str:
        """Send one endpoint an event of the first type it named, with the contract's example."""
        self.store.check()
        if not endpoint.active:
            raise conflict("the webhook is not active")
        event_type = next((name for name in (*endpoint.events, *self.contract.catalog) if name in self.contract.events), None)
        if event_type is None:
            raise conflict("the contract has no event to test with")
        example = next(iter(self.contract.events[event_type].examples), None)
        event, deliveries = self._accept(scope, event_type, example if isinstance(example, dict) else {}, (endpoint,))
        await self._safe(scope, deliveries)
        return event.id

    def _accept(
        self, scope: Scope, event_type: str, content: dict[str, Any], audience: Sequence[Endpoint]
    ) -> tuple[Happening, list[Delivery]]:
        moment = self.timekeeping.now(scope)
        event_id = self.conduct.new_event_id(content)
        body = self.conduct.render(self.contract, event_id, event_type, moment, content)
        event = Happening(id=event_id, type=event_type, created_at=moment, body=body)
        chosen = [each for each in audience if each.active and self.conduct.wants(self.contract, each, event_type)]
        deliveries = [Delivery(id=str(uuid.uuid4()), endpoint=each, event=event, due_at=moment) for each in chosen]
        self.store.add_event(scope, event, deliveries)
        return event, deliveries

    def _announce(self, scope: Scope, action: str, endpoint: Endpoint) -> list[Delivery]:
        event_type = self.contract.policy.management.get(action)
        if event_type is None:
            return []
        return self._accept(scope, event_type, {"endpoint_id": endpoint.id}, tuple(scope.endpoints.values()))[1]

    async def _safe(self, scope: Scope, deliveries: Sequence[Delivery]) -> None:
        await self.store.commit()
        self.dispatcher.schedule(scope, deliveries)

    # --- clocks -------------------------------------------------------------------------------------------------------------------

    async def advance(self, scope: Scope, seconds: float) -> None:
        """Move a virtual clock; return when it has arrived, or soon."""
        if not self.timekeeping.virtual:
            raise conflict(f"the clock is {self.timekeeping.mode}, not virtual")
        self.store.check()
        scope.target += self.timekeeping.span(seconds)
        self.store.save_scope(scope)
        await self.store.commit()
        await asyncio.wait({self.dispatcher.walk(scope)}, timeout=_PROMPT)

    def ready(self, scope: Scope) -> bool:
        """Whether everything due up to the scope's present was attempted, and no advance is under way."""
        return not scope.pending and (scope.walk is None or scope.walk.done())

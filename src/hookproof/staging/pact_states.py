"""Brings a platform into the states that pacts name, over its own subscription API and the control profile.

Law: each state is a tenant of its own where the target has tenants; what the target refuses is told, not worked around.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from hookproof.pact.client import RefusedError, SubscriptionClient, UnreadableError, Webhook
from hookproof.pact.prompter import UnmetError
from hookproof.pact.subscriptions import ACCOUNT, DELETED, FOREIGN, HOOKS, MOVED, STATES
from hookproof.staging.cast import OK, Tenant
from hookproof.staging.stage import Stage

NEEDS: Mapping[str, str] = {FOREIGN: "scopes"}
"""Capabilities without which a state cannot be set up."""


class Accounts:
    """Sets states up on one stage; ``forget`` removes what was made where there are no tenants to be removed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._numbers = count(1)
        self._made: list[tuple[SubscriptionClient, str]] = []
        listener = stage.tools.listener
        self._addresses = {name: listener.open_endpoint(name, (), then=OK, situation=stage.situation) for name in (HOOKS, MOVED)}

    def set_up(self, state: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Bring the target into a state; give what the request of the interaction needs. Raises ``UnmetError`` with what it did instead."""
        assert state in STATES, "an unknown state was refused before"
        tenant = self._tenant()
        if state == ACCOUNT:
            return {"api_key": tenant.scope.api_key, **self._addresses}
        owner = self._tenant() if state == FOREIGN else tenant
        client = self._client(owner)
        try:
            made = client.create(self._members(parameters))
            self._keep(client, made)
            if state == DELETED:
                client.delete(made.id)
        except (RefusedError, UnreadableError) as refused:
            raise UnmetError(f"the state {state!r} could not be set up: {refused}") from None
        return {"api_key": tenant.scope.api_key, "id": made.id, **self._addresses}

    def forget(self) -> None:
        """Remove every endpoint that is left where tenants are not removed as a whole."""
        for client, webhook in self._made if not self._stage.offers("scopes") else ():
            try:
                client.delete(webhook)
            except (RefusedError, UnreadableError):
                continue  # gone already, or not to be removed: its owner sees it in the listing

    def _tenant(self) -> Tenant:
        return self._stage.tenant(f"account-{next(self._numbers)}")

    def _client(self, tenant: Tenant) -> SubscriptionClient:
        return SubscriptionClient(self._stage.tools.platform, self._stage.contract, tenant.scope.api_key)

    def _members(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        events = parameters.get("events") or self._stage.contract.catalog[:1]
        return {"url": self._addresses[HOOKS], "events": list(events)}

    def _keep(self, client: SubscriptionClient, made: Webhook) -> None:
        self._made.append((client, made.id))
        if made.secret:
            self._stage.tools.secrets[f"secret of pact webhook {len(self._made)}"] = made.secret

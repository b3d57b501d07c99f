"""Our client of a provider's subscription API: what a consumer of webhooks does to be sent any.

Law: it reads the members that it needs and no others; every refusal is one exception with the status and the code of the answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from hookproof.model.contract import Contract
from hookproof.model.transcript import HeaderPairs
from hookproof.pact.typical import Json
from hookproof.ports import Call
from hookproof.rules.management import operations


class Calling(Protocol):
    """Whoever sends one request to the public face of a platform."""

    def call(self, method: str, path: str, *, api_key: str | None, body: bytes | None, headers: HeaderPairs = ()) -> Call:
        """Send it once."""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """An endpoint as the provider shows it; ``secret`` is empty but right after its creation."""

    id: str
    url: str
    events: tuple[str, ...]
    active: bool
    secret: str = ""


class RefusedError(Exception):
    """The provider did not do what it was asked: the status of its answer (0 without one), and the code that the answer names."""

    def __init__(self, status: int, code: str) -> None:
        """Keep both."""
        super().__init__(f"refused with status {status} ({code or 'no code'})")
        self.status = status
        self.code = code


class UnreadableError(Exception):
    """The provider's answer lacks what a consumer needs."""


class SubscriptionClient:
    """The operations of the contract's API description, by its paths, over anything that can ``call``."""

    def __init__(self, caller: Calling, contract: Contract, api_key: str | None) -> None:
        self._caller = caller
        self._api_key = api_key
        self._places = {name: (method.upper(), path) for path, method, name, _ in operations(contract)}

    def create(self, members: Mapping[str, Json]) -> Webhook:
        """Register an endpoint."""
        return _webhook(self.ask("createWebhook", body=members))

    def read(self, webhook: str) -> Webhook:
        """Read one endpoint by its id."""
        return _webhook(self.ask("getWebhook", webhook))

    def update(self, webhook: str, members: Mapping[str, Json]) -> Webhook:
        """Change members of an endpoint."""
        return _webhook(self.ask("updateWebhook", webhook, members))

    def delete(self, webhook: str) -> None:
        """Remove an endpoint."""
        self.ask("deleteWebhook", webhook)

    def list(self) -> tuple[Webhook, ...]:
        """Read the first page of endpoints."""
        document = self.ask("listWebhooks")
        found = document.get("data") if isinstance(document, dict) else document
        if not isinstance(found, list):
            raise UnreadableError("the answer holds no list of endpoints")
        return tuple(_webhook(each) for each in found)

    def ask(self, operation: str, webhook: str = "", body: Mapping[str, Json] | None = None) -> Json:
        """Call an operation of the description; give the JSON document of the answer, None if it has no body."""
        method, path = self._places[operation]
        raw = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        answer = self._caller.call(method, path.replace("{id}", quote(webhook, safe="")), api_key=self._api_key, body=raw)
        if not answer.response_body:
            document = None
        else:
            try:
                document = json.loads(answer.response_body)
            except ValueError:
                raise UnreadableError(f"the answer {answer.status} is not JSON") from None
        if not 200 <= answer.status <= 299:  # noqa: PLR2004 -- RFC 9110 section 15.3
            raise RefusedError(answer.status, _code(document))
        return document


def _code(document: Json) -> str:
    inner = document.get("error", document) if isinstance(document, dict) else {}
    return str(inner.get("code", "")) if isinstance(inner, dict) else ""


def _webhook(document: Json) -> Webhook:
    shown: Any = document.get("data", document) if isinstance(document, dict) else {}
    try:
        return Webhook(
            id=str(shown["id"]),
            url=str(shown["url"]),
            events=tuple(map(str, shown["events"])),
            active=bool(shown.get("active", True)),
            secret=str(shown.get("signing_secret", shown.get("secret", ""))),
        )
    except (KeyError, TypeError, AttributeError) as fault:
        raise UnreadableError(f"the answer lacks {fault}") from None

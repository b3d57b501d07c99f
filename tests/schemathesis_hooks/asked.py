"""One request through Schemathesis to a platform, and what one check says of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import schemathesis

from hookproof.adapters.http import HttpPlatform
from hookproof.model.contract import Contract
from hookproof.reference.departures import Departures
from hookproof.reference.platform import ReferencePlatform
from hookproof.schemathesis_hooks import checks
from hookproof.schemathesis_hooks.description import plain
from hookproof.schemathesis_hooks.settings import Session, Settings, told
from tests.suites.courtroom import orbit

PATHS = {"createWebhook": ("/api/v1/webhooks", "POST"), "listWebhooks": ("/api/v1/webhooks", "GET")}
PATHS |= {"getWebhook": ("/api/v1/webhooks/{id}", "GET"), "deleteWebhook": ("/api/v1/webhooks/{id}", "DELETE")}
PATHS |= {"updateWebhook": ("/api/v1/webhooks/{id}", "PUT")}


@dataclass(kw_only=True)
class Desk:
    """A platform that is asked with the owner's key; ``said`` is what each check said of each answer, if it was broken."""

    schema: Any
    session: Session
    said: dict[str, list[str]] = field(default_factory=dict)

    def ask(self, operation: str, body: Any = None, *, endpoint: str = "", key: str | None = None) -> Any:
        """Ask once and let every check of ours look at the answer; give the JSON that came back, None if none did."""
        path, method = PATHS[operation]
        given: dict[str, Any] = {"path_parameters": {"id": endpoint}} if endpoint else {}
        case = self.schema[path][method].Case(**given, **({} if body is None else {"body": body, "media_type": "application/json"}))
        response = case.call(headers={"X-API-Key": self.session.settings.api_key if key is None else key})
        for check in checks.OURS:
            try:
                check(SimpleNamespace(phase=None), response, case)  # type: ignore[arg-type] # of the context only the phase is read
            except AssertionError as broken:
                self.said.setdefault(check.__name__, []).append(str(broken))
        return response.json() if response.content else None

    def create(self, *names: str, **members: Any) -> str:
        """Create an endpoint; give its id, empty if it was refused."""
        body = {"url": "http://127.0.0.1:9/x", "events": list(names or orbit().catalog[:1]), **members}
        return str((self.ask("createWebhook", body).get("data") or {}).get("id", ""))


@contextmanager
def asking(url: str, *, key: str, other: str = "", contract: Contract | None = None) -> Iterator[Desk]:
    """Ask whoever is at a URL."""
    promised = contract or orbit()
    with told(Settings(api_key=key, other_key=other, contract=promised)) as session:
        config = schemathesis.Config.from_dict({"base-url": url})
        yield Desk(schema=schemathesis.openapi.from_dict(plain(promised.subscription_api), config=config), session=session)


@contextmanager
def before_reference(*, flaws: tuple[str, ...] = (), variants: tuple[str, ...] = (), contract: Contract | None = None) -> Iterator[Desk]:
    """Ask the reference, with departures, in a tenant of its own beside another."""
    promised = contract or orbit()
    with ReferencePlatform(promised, api_key="key-of-this-test", departures=Departures(flaws=flaws, variants=variants)) as reference:
        platform = HttpPlatform(reference.url, api_key="key-of-this-test")
        try:
            own, other = platform.open_scope("own"), platform.open_scope("other")
            with asking(reference.url, key=own.api_key, other=other.api_key, contract=promised) as desk:
                yield desk
        finally:
            platform.close()

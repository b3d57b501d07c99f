"""One tenant of a reference platform under test, spoken to over real HTTP with kept-alive connections."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import httpx

from tests.reference.contract_value import GATES

CONTROL = "/conformance/v1"
MASTER = "master key of the tests"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_PATIENCE = 20.0


class Tenant:
    """A scope, its key, and the calls that tests make in it."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        opened = client.post(f"{CONTROL}/scopes", json={"name": "tests"}, headers={"X-API-Key": MASTER})
        assert opened.status_code == 201
        self.id: str = opened.json()["id"]
        self.key: str = opened.json()["api_key"]
        self.base = f"{CONTROL}/scopes/{self.id}"

    def ask(self, method: str, path: str, **keywords: Any) -> httpx.Response:
        """Make a call with the tenant's key."""
        return self.client.request(method, path, headers={"X-API-Key": self.key}, **keywords)

    def gate(self, url: str, *events: str, **members: Any) -> str:
        """Create an endpoint."""
        made = self.ask("POST", GATES, json={"url": url, "events": list(events or ["*"]), "secret": SECRET, **members})
        assert made.status_code == 201, made.text
        return str(made.json()["data"]["id"])

    def emit(self, event_type: str = "rose.whispered", content: Any = None) -> str:
        """Emit an event."""
        made = self.ask("POST", f"{self.base}/events", json={"type": event_type, "data": content if content is not None else {}})
        assert made.status_code == 202, made.text
        return str(made.json()["id"])

    def settled(self) -> dict[str, Any]:
        """Wait until the platform says that everything due was attempted."""
        limit = time.monotonic() + _PATIENCE
        while True:
            reading: dict[str, Any] = self.ask("GET", f"{self.base}/clock").json()
            if reading["status"] == "ready":
                assert reading["pending"] == 0
                return reading
            assert time.monotonic() < limit, reading

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move the clock and wait until it has arrived."""
        moved = self.ask("POST", f"{self.base}/clock/advance", json={"seconds": seconds})
        assert moved.status_code == 202, moved.text
        return self.settled()

    def attempts(self, event_id: str) -> list[dict[str, Any]]:
        """Ask for the account of an event's attempts."""
        listed: list[dict[str, Any]] = self.ask("GET", f"{self.base}/attempts", params={"event_id": event_id}).json()["attempts"]
        return listed

    def moments(self, event_id: str) -> list[float]:
        """Give the seconds from the first attempt of an event to each."""
        sent = [datetime.fromisoformat(each["sent_at"]) for each in self.attempts(event_id)]
        return [(each - sent[0]).total_seconds() for each in sent]

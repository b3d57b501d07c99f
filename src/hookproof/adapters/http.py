"""A target reached over HTTP: its public face, and the control profile where it has one.

Law: judged calls are sent once, without redirects, proxies or decoding; only our own control calls are repeated, and only when
the connection was refused, so that nothing can happen twice.
"""

from __future__ import annotations

import ipaddress
import json
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from hookproof.adapters.bounded import HOME, Leave, bounded_client
from hookproof.model.capabilities import Capabilities
from hookproof.model.errors import CapabilityError, IllFormedError, UnreachableError
from hookproof.model.transcript import HeaderPairs
from hookproof.ports import Call, ClockReading, Emitted, Scope

_CONTROL_PATH = "/conformance/v1"
_UNANSWERED = 3  # judged calls in a row: one may be a matter of what was asked, three are not
_RETURN_SECONDS = 60.0


def checked_url(url: str, flag: str, hosts: Collection[str] = ()) -> str:
    """Give a base URL without trailing slash; raise ``IllFormedError`` unless it is http(s) with a host on loopback or of ``hosts``."""
    try:
        parts = urlsplit(url)
        legal = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:  # a port that is no number, or half of an IPv6 address
        legal = False
    if not legal or not url.isascii() or not url.isprintable() or " " in url:
        raise IllFormedError(flag, f"{url!r} is not an http or https URL", remedy="Give it as http://HOST:PORT.")
    if parts.username is not None or parts.password is not None:
        raise IllFormedError(flag, "the URL holds credentials", remedy="Give it as http://HOST:PORT; keys are named by --api-key-env.")
    if parts.hostname not in hosts and not _on_loopback(parts.hostname or ""):
        raise IllFormedError(
            flag, f"{parts.hostname!r} is not on this machine", remedy="This version sends traffic to loopback addresses only."
        )
    return url.rstrip("/")


def _on_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name that only begins like an address is somebody else's
        return False


def _checked_key(key: str) -> str:
    """Give a key that can stand in a header field; an error of the HTTP client would show it."""
    if not key.isascii() or not key.isprintable() or key != key.strip():
        remedy = "Put the bare key into the variable named by --api-key-env: no line end, printable ASCII only."
        raise IllFormedError("the API key", "it holds characters that no header field can carry", remedy=remedy)
    return key


class HttpPlatform:
    """A platform behind a URL; implements ``ports.Platform``.

    ``api_key`` is the credential of the public face and of the control interface; it never appears in an error or a record.
    ``timeout`` bounds each exchange and ``ready`` the wait for a clock that was moved, both in seconds; ``leave`` says which other hosts
    than loopback may be asked.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str,
        control_url: str | None = None,
        timeout: float = 30.0,
        ready: float = 120.0,
        leave: Leave = HOME,
    ) -> None:
        self._url = checked_url(url, "--target", leave.addresses)
        self._control = checked_url(control_url, "--control-url", leave.addresses) if control_url else self._url + _CONTROL_PATH
        self._leave = leave
        self._api_key = _checked_key(api_key)
        self._timeout = timeout
        self._ready = ready
        self._unanswered = 0
        self._faulty = False
        self._client = bounded_client(timeout, leave)
        self._pause = threading.Event()

    @property
    def url(self) -> str:
        """The public base URL."""
        return self._url

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def capabilities(self) -> Capabilities:
        """Ask what the target offers; 404 or 405 means a black box."""
        answer = self._send("GET", "/capabilities")
        if answer.status_code in (404, 405, 501):
            return Capabilities()
        if answer.status_code in (401, 403):
            raise IllFormedError(
                f"{self._control}/capabilities",
                f"the target refused the key with status {answer.status_code}",
                remedy="Put the right key into the variable named by --api-key-env (default HOOKPROOF_API_KEY).",
            )
        if answer.status_code != 200:  # noqa: PLR2004 -- OK
            raise CapabilityError(f"{self._control}/capabilities", f"the target answered {answer.status_code}", remedy="See its log.")
        return Capabilities.from_json(self._json(answer), subject=f"{self._control}/capabilities")

    def open_scope(self, name: str) -> Scope:
        """Make a tenant."""
        document = self.control_call("scopes", "POST", "/scopes", {"name": name}, expected=(201, 200))
        try:
            return Scope(id=quote(str(document["id"]), safe=""), api_key=_checked_key(str(document["api_key"])))
        except KeyError:
            raise CapabilityError(f"{self._control}/scopes", "the answer lacks id or api_key", remedy="See the control profile.") from None

    def close_scope(self, scope: Scope) -> None:
        """Remove a tenant; a tenant that is gone already is fine."""
        if scope.id:
            self.control_call("scopes", "DELETE", f"/scopes/{scope.id}", None, expected=(200, 204, 404))

    def call(self, method: str, path: str, *, api_key: str | None, body: bytes | None, headers: HeaderPairs = ()) -> Call:
        """Send one judged request, once; raise ``UnreachableError`` when several in a row got no HTTP answer."""
        fields = [*headers, *([("X-API-Key", api_key)] if api_key is not None else [])]
        if body is not None:
            fields.append(("Content-Type", "application/json"))
        started = time.monotonic_ns()
        try:
            with self._client.stream(method, self._url + path, content=body, headers=fields) as answer:
                content = b"".join(answer.iter_raw())
        except httpx.ConnectError as error:
            raise self._unreachable(error) from None
        except httpx.InvalidURL as error:
            return self._call(method, path, fields, body, started, failure=type(error).__name__)
        except httpx.HTTPError as error:
            self._unanswered += 1
            if self._unanswered >= _UNANSWERED:
                raise self._unreachable(error) from None
            return self._call(method, path, fields, body, started, failure=type(error).__name__)
        self._unanswered = 0
        return self._call(method, path, fields, body, started, answer=answer, content=content)

    def _call(
        self,
        method: str,
        path: str,
        fields: list[tuple[str, str]],
        body: bytes | None,
        started: int,
        *,
        answer: httpx.Response | None = None,
        content: bytes = b"",
        failure: str = "",
    ) -> Call:
        pairs = answer.headers.raw if answer is not None else []
        return Call(
            method=method,
            path=path,
            request_headers=tuple((name, "{{api key}}" if name == "X-API-Key" else value) for name, value in fields),
            request_body=body or b"",
            status=answer.status_code if answer is not None else 0,
            response_headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs),
            response_body=content,
            started_at=started,
            done_at=time.monotonic_ns(),
            failure=failure,
        )

    def emit(self, scope: Scope, event_type: str, data: Any, *, key: str | None = None) -> Emitted:  # noqa: ANN401 -- any JSON value
        """Trigger an event; what a target makes of the second emission with one ``key`` is an answer like any other."""
        keyed = {} if key is None else {"idempotency_key": key}
        raw = json.dumps({"type": event_type, "data": data, **keyed}, ensure_ascii=False, separators=(",", ":")).encode()
        started, wall = time.monotonic_ns(), time.time_ns()
        try:
            answer = self._send("POST", f"/scopes/{scope.id}/events", raw)
        except UnreachableError:
            if not self._faulty and key is None:
                raise
            return Emitted(status=0, event_id=None, started_at=started, done_at=time.monotonic_ns(), started_wall=wall)
        done = time.monotonic_ns()
        broken = answer.status_code >= 500 and key is None  # noqa: PLR2004 -- server errors
        if not self._faulty and (broken or answer.status_code in (401, 403, 404, 405, 429)):
            raise CapabilityError(
                f"{self._control}/scopes/…/events",
                f"the target declares `emit`, but answered {answer.status_code} to {event_type!r}",
                remedy="Mend the control interface or declare emit: none.",
            )
        event_id = self._json(answer).get("id") if answer.status_code in (200, 201, 202) else None
        return Emitted(
            status=answer.status_code,
            event_id=event_id if isinstance(event_id, str) and event_id else None,
            started_at=started,
            done_at=done,
            started_wall=wall,
        )

    def clock(self, scope: Scope) -> ClockReading:
        """Read the scope's clock."""
        return self._reading(self.control_call("time", "GET", f"/scopes/{scope.id}/clock", None, expected=(200,)))

    def advance(self, scope: Scope, seconds: float) -> ClockReading:
        """Move the clock and poll until the target says that it is ready; bounded."""
        path = f"/scopes/{scope.id}/clock"
        reading = self._reading(self.control_call("time", "POST", path + "/advance", {"seconds": seconds}, expected=(200, 202)))
        deadline = time.monotonic() + self._ready
        pause = 0.002
        while not reading.ready:
            if time.monotonic() > deadline:
                raise CapabilityError(f"{self._control}{path}", f"it was not ready within {self._ready:g} s of an advance")
            self._pause.wait(pause)
            pause = min(pause * 1.5, 0.1)
            reading = self.clock(scope)
        return reading

    def _reading(self, document: dict[str, Any]) -> ClockReading:
        try:
            due = document.get("next_due_at")
            datetime.fromisoformat(document["now"])
            return ClockReading(
                now=document["now"],
                ready=document["status"] == "ready",
                pending=int(document.get("pending", 0)),
                next_due_at=None if due is None else str(due),
            )
        except (KeyError, TypeError, ValueError):
            raise CapabilityError(f"{self._control}/scopes/…/clock", "the answer lacks a legal now or status") from None

    def attempts(self, scope: Scope, event_id: str) -> Sequence[dict[str, Any]]:
        """Give the target's own account of its attempts."""
        path = f"/scopes/{scope.id}/attempts?event_id={event_id}"
        found = self.control_call("inspect", "GET", path, None, expected=(200,)).get("attempts")
        return found if isinstance(found, list) else []

    def lifecycle(self, action: str) -> None:
        """Restart or kill the target and wait until it answers twice in a row on fresh connections."""
        self.control_call(action, "POST", "/lifecycle", {"action": action}, expected=(200, 202, 204))
        deadline = time.monotonic() + _RETURN_SECONDS
        alive = 0
        while alive < 2:  # noqa: PLR2004 -- once may still be the old process
            self._pause.wait(0.02)
            if time.monotonic() > deadline:
                raise UnreachableError(self._url, f"the target did not come back within {_RETURN_SECONDS:.0f} s of a {action}")
            try:
                asked, headers = f"{self._control}/capabilities", {"X-API-Key": self._api_key}
                with bounded_client(5.0, self._leave) as probe, probe.stream("GET", asked, headers=headers) as answer:
                    alive = alive + 1 if answer.status_code == 200 else 0  # noqa: PLR2004 -- OK
            except httpx.HTTPError:
                alive = 0
        self._client.close()
        self._client = bounded_client(self._timeout, self._leave)

    def network(self, names: Mapping[str, Sequence[Sequence[str]]], routes: Mapping[str, int], authorities: str) -> None:
        """Plan what names resolve to, where their connections go and whom to trust."""
        document = {"names": {name: [list(listed) for listed in lists] for name, lists in names.items()}, "routes": dict(routes)}
        self.control_call("network", "POST", "/network", {**document, "authorities": authorities}, expected=(200, 204))

    def storage(self, state: str) -> None:
        """Break or mend the target's storage; until it is mended a refused emission is an answer like any other."""
        self.control_call("faults", "POST", "/faults", {"storage": state}, expected=(200, 202, 204))
        self._faulty = state != "ok"

    def control_call(
        self, need: str, method: str, path: str, document: dict[str, Any] | None, *, expected: tuple[int, ...]
    ) -> dict[str, Any]:
        """Make one call to the control interface, which the capability ``need`` promises; give the JSON object that it answered."""
        raw = None if document is None else json.dumps(document).encode()
        answer = self._send(method, path, raw)
        if answer.status_code not in expected:
            raise CapabilityError(
                f"{method} {self._control}{path.partition('?')[0]}",
                f"the target declares {need!r}, but answered {answer.status_code}",
                remedy="Mend the control interface or stop declaring the capability.",
            )
        return self._json(answer) if answer.content else {}

    def _send(self, method: str, path: str, raw: bytes | None = None) -> httpx.Response:
        headers = {"X-API-Key": self._api_key, "User-Agent": "hookproof"}
        if raw is not None:
            headers["Content-Type"] = "application/json"
        deadline = time.monotonic() + 2.0
        while True:
            try:
                with self._client.stream(method, self._control + path, content=raw, headers=headers) as answer:
                    content = b"".join(answer.iter_raw())  # undecoded: a small body may unpack to any size
                return httpx.Response(answer.status_code, content=content, request=answer.request)
            except httpx.ConnectError as error:
                if time.monotonic() > deadline:
                    raise self._unreachable(error) from None
                self._pause.wait(0.05)
            except httpx.HTTPError as error:
                raise self._unreachable(error) from None

    def _unreachable(self, error: Exception) -> UnreachableError:
        told = str(error).replace(self._api_key, "…") if self._api_key else str(error)
        cause = told or type(error).__name__  # what is no HTTP may be our own request
        return UnreachableError(self._url, f"the target does not answer HTTP ({cause})", remedy="Start it, or mend --target.")

    def _json(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            value = answer.json()
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise CapabilityError(str(answer.request.url).partition("?")[0], "the answer is not a JSON object")
        return value

"""A receiver behind a URL: the control profile where it has one, and other ways of asking what took effect.

Law: deliveries never go through here; this only asks what a response cannot show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote

from hookproof.adapters.bounded import HOME, Leave
from hookproof.adapters.http import HttpPlatform, checked_url
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Role
from hookproof.model.errors import CapabilityError, IllFormedError
from hookproof.ports import Asked, Seen

_BLACK_BOX = Capabilities(roles=(Role.RECEIVER.value,))
_EMPTY = Capabilities.from_json({}, subject="nothing")
"""What any JSON object says that is no capabilities document."""


class Witness(Protocol):
    """Somebody who can tell how often an event took effect."""

    def effect(self, event_id: str) -> Seen:
        """Ask."""

    def close(self) -> None:
        """Let go."""


@runtime_checkable
class WitnessOfMany(Witness, Protocol):
    """A witness who is asked of many events at once, with their types."""

    def effects(self, asked: Sequence[Asked]) -> list[Seen]:
        """Ask; the answers are in the order of the questions."""


class HttpReceiver:
    """A receiver at ``url``; implements ``ports.Receiver``. ``witness`` replaces the control profile as source of effects.

    ``leave`` says which other hosts than loopback may be asked.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str,
        control_url: str | None = None,
        witness: Witness | None = None,
        timeout: float = 30.0,
        leave: Leave = HOME,
    ) -> None:
        checked_url(url, "URL", leave.addresses)
        self._url = url  # as it is: a last slash may matter to the receiver
        self._control = HttpPlatform(url, api_key=api_key, control_url=control_url, timeout=timeout, leave=leave)
        self._expected = bool(api_key or control_url)
        self._witness = witness

    @property
    def url(self) -> str:
        """Where deliveries go."""
        return self._url

    def close(self) -> None:
        """Close all connections."""
        self._control.close()
        if self._witness is not None:
            self._witness.close()

    def capabilities(self) -> Capabilities:
        """Ask what the target offers; without a control profile it is a black box.

        A receiver may answer anything where nobody said that there is a control profile: raises only where a key or an address was given.
        """
        try:
            found = self._control.capabilities()
        except (CapabilityError, IllFormedError):
            if self._expected:
                raise
            return _BLACK_BOX
        return _BLACK_BOX if found in (Capabilities(), _EMPTY) else found

    def effects(self, asked: Sequence[Asked]) -> list[Seen]:
        """Ask of many events: the witness at once if it can, else one after the other."""
        if isinstance(self._witness, WitnessOfMany):
            return self._witness.effects(asked)
        return [self.effect(each.event_id) for each in asked]

    def effect(self, event_id: str) -> Seen:
        """Ask the witness, or the control profile."""
        if self._witness is not None:
            return self._witness.effect(event_id)
        found = self._ask("effects", "GET", f"/effects?event_id={quote(event_id, safe='')}", None)
        count = found.get("count")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise CapabilityError(f"{self._url} effects", "the answer lacks a legal count")
        holds = found.get("in_force")
        return Seen(count=count, via="control", content=found.get("content"), in_force=holds if isinstance(holds, bool) else None)

    def fail_next(self, count: int) -> None:
        """Let the next events fail inside the receiver."""
        self._ask("faults", "POST", "/faults", {"fail_next": count})

    def advance(self, seconds: float) -> str:
        """Move the receiver's clock."""
        return str(self._ask("time", "POST", "/clock/advance", {"seconds": seconds}).get("now", ""))

    def configure(self, secrets: Sequence[str], tolerance_seconds: float | None) -> None:
        """Replace the receiver's secrets and tolerance."""
        document = {"secrets": list(secrets), "tolerance_seconds": tolerance_seconds}
        self._ask("configuration", "PUT", "/configuration", document)

    def log(self) -> str:
        """Give the receiver's log."""
        return str(self._ask("log", "GET", "/log", None).get("text", ""))

    def lifecycle(self, action: str) -> None:
        """Restart or kill the target and wait until it answers again."""
        self._control.lifecycle(action)

    def _ask(self, need: str, method: str, path: str, document: dict[str, Any] | None) -> dict[str, Any]:
        return self._control.control_call(need, method, path, document, expected=(200, 202, 204))

"""The consumer's side: our client before Pact's mock server, and whoever takes messages before every message of the pact.

Law: an interaction belongs into a pact file only if a real consumer got what it needs from exactly that interaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from pact import Pact

from hookproof.model.contract import Contract
from hookproof.model.errors import HookproofError
from hookproof.pact.client import Calling, SubscriptionClient, UnreadableError
from hookproof.pact.contents import Message
from hookproof.pact.subscriptions import Ask
from hookproof.pact.writing import defined


def spoken(ask: Ask, contract: Contract, calling: Callable[[str], AbstractContextManager[Calling]]) -> str:
    """Do what an interaction says before a mock server of its own; give what went wrong, empty if nothing did.

    ``calling`` opens a caller for a base URL.
    """
    pact = Pact("consumer", "provider")
    defined(pact, ask)
    server = pact.serve("127.0.0.1", raises=False)
    with server:
        try:
            with calling(str(server.url)) as caller:
                fault = ask.faults(SubscriptionClient(caller, contract, ask.api_key))
        except (UnreadableError, HookproofError) as error:
            fault = str(error)
        mismatches = "" if server.matched else "; ".join(sorted(str(mismatch) for mismatch in server.mismatches))
    return "; ".join(filter(None, [fault, mismatches]))


def heard(message: Message, take: Callable[[bytes, Mapping[str, Any]], str]) -> str:
    """Hand a message to whoever takes them, as the pact shows it; give what went wrong, empty if nothing did.

    ``take`` gets the body and the metadata, and says what is wrong with them.
    """
    pact, faults = Pact("consumer", "provider"), []
    defined(pact, message)

    def hand(body: str | bytes | None, metadata: dict[str, object]) -> None:
        raw = body.encode() if isinstance(body, str) else body or b""
        faults.append(take(raw, metadata))

    errors = pact.verify(hand, "Async", raises=False)
    if errors:
        return "; ".join(sorted(f"{type(error.error).__name__}: {error.error}" for error in errors))
    return "; ".join(filter(None, faults)) if faults else "the message was never handed over"

"""The consumer of a pact's messages: the reference receiver's own desk, without a socket, over a ledger in memory.

Law: a message is taken if it would be as a signed delivery, and took effect once; nothing of the message is looked at here but its id.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hookproof.generate.deliveries import Crafted, companion_fields, signed
from hookproof.model.contract import Contract
from hookproof.reference.receiver.desk import Desk
from hookproof.reference.receiver.ledger import Ledger
from hookproof.reference.receiver.reception import Arrival, Keyring, Reception
from hookproof.rules.view import Body
from hookproof.signing.scheme import throwaway_secret
from hookproof.signing.schemes import SCHEMES


class ReferenceConsumer(AbstractContextManager["ReferenceConsumer"]):
    """Takes messages of one contract; signs each as the provider would, since a pact holds no signature."""

    def __init__(self, contract: Contract) -> None:
        signing = contract.policy.signing
        self._contract = contract
        self._scheme = None if signing is None else SCHEMES[signing.schemes[0]]
        self._secret = throwaway_secret(secrets.token_hex(8), "pact consumer")
        keyring = Keyring(secrets=(self._secret,), scheme=None if self._scheme is None else self._scheme.name)
        self._ledger = Ledger(Path(":memory:"), lasting=False)
        self._desk = Desk(contract, self._ledger, Reception(), keyring)

    def __enter__(self) -> Self:
        """Open for messages."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Forget them."""
        self._ledger.close()

    def take(self, raw: bytes, metadata: Mapping[str, Any]) -> str:
        """Take one message; give what is wrong with it, empty if nothing is."""
        body = Body(raw, self._contract, str(metadata.get(self._contract.envelope.id_header or "", "")) or None)
        event_id = body.event_id or "msg_of_the_pact"
        now = time.time()
        plain = Crafted(event_id=event_id, event_type=body.type or "", body=raw, timestamp=str(int(now)))
        sent = signed(
            plain,
            self._scheme,
            [self._secret],
            id_header=self._contract.envelope.id_header,
            companions=companion_fields(self._contract, event_id, body.type or ""),
        )
        arrival = Arrival(method="POST", target="/", fields=sent.fields, body=raw, now=now)
        status, _, answer = asyncio.run(self._desk.take(arrival))
        if status != self._desk.reception.accepted_status:
            return f"the receiver answered {status}: {answer.decode('utf-8', 'replace')}"
        count = 1 if body.event_id is None else self._ledger.effects(body.event_id)[0]  # what has no id cannot be asked after
        return "" if count == 1 else f"the receiver took it, and it took effect {count} times"

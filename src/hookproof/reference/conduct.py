"""How the reference platform behaves, as one value: every decision it takes on the way from an event to a delivery.

Law: the engine decides nothing that is decided here, so a deliberate flaw or a legal oddity is this value with one member replaced.
What is mechanism rather than decision is replaced by ``parts``: subclasses that override one method and call the honest one.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from hookproof.model.contract import Contract, RetryPolicy
from hookproof.reference import drafts, envelope, outcomes, sender, signatures
from hookproof.reference.headers import DeliveryHeaders
from hookproof.reference.outcomes import Outcome
from hookproof.reference.records import Endpoint
from hookproof.reference.timekeeping import Timekeeping

HeaderPairs = Sequence[tuple[str, str]]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Everything one attempt is made of: ``number`` counts from 1, ``timestamp`` is the attempt's in whole seconds."""

    url: str
    event_id: str
    event_type: str
    delivery_id: str
    number: int
    timestamp: int
    keys: tuple[str, ...]
    body: bytes
    names: DeliveryHeaders


def new_event_id(_content: Mapping[str, Any]) -> str:
    """Make the id of an event: never the caller's choice."""
    return "evt_" + uuid.uuid4().hex


def wants(contract: Contract, endpoint: Endpoint, event_type: str) -> bool:
    """Whether an endpoint asked for a type: by name, by a prefix that the provider knows, or by ``*`` unless the type must be named."""
    if event_type in endpoint.events:
        return True
    prefixes = tuple(name[:-1] for name in endpoint.events if name.endswith("*")) if "prefix" in contract.policy.wildcards else ()
    if any(prefix and event_type.startswith(prefix) for prefix in prefixes):
        return True
    return endpoint.events == ("*",) and not any(fnmatchcase(event_type, name) for name in contract.policy.explicit_only)


def _standard(sending: Sending) -> HeaderPairs:
    """Give the headers of Standard Webhooks; only secrets of its own form can be used for them."""
    signature = signatures.standard(sending.keys, sending.event_id, sending.timestamp, sending.body)
    names = sending.names
    return [(names.webhook_id, sending.event_id), (names.webhook_timestamp, str(sending.timestamp)), (names.webhook_signature, signature)]


def headers(sending: Sending) -> HeaderPairs:
    """Give an attempt's own headers, signatures included."""
    names = sending.names
    pairs = [
        *(_standard(sending) if names.standard else ()),
        *(pair for scheme in names.schemes for pair in signatures.described(scheme, sending.keys, sending.timestamp, sending.body)),
        *names.further,
        (names.signature, signatures.timestamped(sending.keys, sending.timestamp, sending.body)),
        (names.event_id, sending.event_id),
        (names.event_type, sending.event_type),
        (names.delivery_id, sending.delivery_id),
    ]
    fixed = [("Content-Type", names.content_type), ("User-Agent", names.user_agent)]
    return fixed + [(name, value) for name, value in pairs if name is not None]


@dataclass(frozen=True, kw_only=True)
class Conduct:
    """The decisions, honest by default.

    ``declared`` replaces members of the capabilities document. ``parts`` are subclasses of the platform's classes (``Engine``,
    ``Dispatcher``, ``Store``, ``PublicFace``, ``ControlFace``); several of one class stack up, the first outermost.
    """

    draft: Callable[..., dict[str, Any]] = drafts.draft
    shown: Callable[[Endpoint], dict[str, Any]] = drafts.shown
    new_secret: Callable[[], str] = signatures.new_secret
    new_event_id: Callable[[Mapping[str, Any]], str] = new_event_id
    wants: Callable[[Contract, Endpoint, str], bool] = wants
    render: Callable[[Contract, str, str, int, dict[str, Any]], bytes] = envelope.render
    headers: Callable[[Sending], HeaderPairs] = headers
    request: Callable[[str, HeaderPairs, bytes], bytes] = sender.request_bytes
    post: Callable[[str, bytes, float], Awaitable[Outcome]] = sender.post
    succeeded: Callable[[Outcome], bool] = outcomes.succeeded
    gone: Callable[[Outcome], bool] = outcomes.gone
    retry_at: Callable[[RetryPolicy | None, int, int, Outcome, Timekeeping], int | None] = outcomes.retry_at
    declared: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[type, ...] = ()


def built(kind: type[T], conduct: Conduct) -> type[T]:
    """Give the class to build one part of the platform from: ``kind`` itself, or stacked from the subclasses that ``conduct`` names."""
    return stacked(kind, conduct.parts)


def stacked(kind: type[T], parts: tuple[type, ...]) -> type[T]:
    """Give ``kind`` with those of its subclasses among ``parts`` on top, the first outermost."""
    chosen = tuple(part for part in parts if issubclass(part, kind))
    return type(kind.__name__, chosen, {}) if chosen else kind

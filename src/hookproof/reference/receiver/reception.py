"""How the reference receiver behaves, as one value: every decision on the way from a request to an answer.

Law: the receiver decides nothing that is decided here; a flaw or a variant is this value with a member replaced. What is mechanism
is replaced by ``parts``: subclasses that override one method and call the honest one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hookproof.model.contract import Contract
from hookproof.reference import jsontext
from hookproof.reference.headers import STANDARD
from hookproof.reference.signatures import described_tag
from hookproof.signing.schemes import SCHEMES

Fields = Sequence[tuple[str, str]]
BATCH = "batch:"
"""How identities begin that are not the envelope's id."""
KIND = "\x1f"
"""What stands between an event's type and what serves as its identity."""


class RefusedError(Exception):
    """A delivery that is not taken: the status of the answer and a word for people."""

    def __init__(self, status: int, word: str) -> None:
        """Keep both."""
        super().__init__(word)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One request as it came: ``target`` with its query, header fields in order (Latin-1), raw body; ``now`` in seconds."""

    method: str
    target: str
    fields: Fields
    body: bytes
    now: float

    def all(self, name: str) -> tuple[str, ...]:
        """Give every value of a field, in order."""
        return tuple(value for key, value in self.fields if key.lower() == name)


@dataclass(frozen=True, kw_only=True)
class Keyring:
    """The secrets in force, as the configuration has them (``whsec_…``), and how old or new a timestamp may be, in seconds.

    ``scheme``: under which deliveries are signed; None where the provider signs nothing.
    """

    secrets: tuple[str, ...]
    tolerance: float = 300.0
    scheme: str | None = STANDARD


def single(arrival: Arrival, name: str) -> str:
    """Give the only value of a field; refuse a request that has none or several."""
    found = arrival.all(name)
    if len(found) != 1 or not found[0]:
        raise RefusedError(401, f"{name} is missing, empty or repeated")
    return found[0]


def checked_time(arrival: Arrival, keyring: Keyring, text: str) -> None:
    """Refuse a timestamp that is not whole Unix seconds near the present."""
    if not re.fullmatch(r"[0-9]{1,11}", text, re.ASCII):
        raise RefusedError(401, "the timestamp is not whole Unix seconds")
    if abs(arrival.now - int(text)) > keyring.tolerance:
        raise RefusedError(401, "the timestamp is too old or too new")


def key_bytes(secret: str) -> bytes:
    """Decode a configured secret; give nothing for one that cannot guard anything."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_").encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""
    return key


def signed_content(message_id: str, timestamp: str, body: bytes) -> bytes:
    """Give what Standard Webhooks signs."""
    return f"{message_id}.{timestamp}.".encode("latin-1") + body


def expected_tags(keyring: Keyring, content: bytes) -> tuple[str, ...]:
    """Give the right tag under every key that is in force."""
    keys = [key for key in map(key_bytes, keyring.secrets) if key]
    return tuple(base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in keys)


def tags_match(given: str, expected: Sequence[str]) -> bool:
    """Whether one of the space-separated ``v1`` entries is right; foreign and malformed entries are passed over."""
    offered = [entry.partition(",")[2] for entry in given.split(" ") if entry.startswith("v1,")]
    return any(hmac.compare_digest(tag.encode("latin-1"), right.encode()) for tag in offered for right in expected)


def verify(reception: Reception, arrival: Arrival, keyring: Keyring) -> None:
    """Refuse what is not signed as Standard Webhooks 1.0.0 says, step by step as ``reception`` decides each; or as another scheme says."""
    if keyring.scheme != STANDARD:
        _verify_described(reception, arrival, keyring)
        return
    message_id = reception.single(arrival, "webhook-id")
    timestamp = reception.single(arrival, "webhook-timestamp")
    reception.checked_time(arrival, keyring, timestamp)
    given = reception.single(arrival, "webhook-signature")
    expected = reception.expected_tags(keyring, reception.signed_content(message_id, timestamp, arrival.body))
    if not reception.tags_match(given, expected):
        raise RefusedError(401, "the signature does not match")


def _verify_described(reception: Reception, arrival: Arrival, keyring: Keyring) -> None:
    """Refuse what is not signed as the columns of a scheme say; where the provider signs nothing there is nothing to refuse."""
    if keyring.scheme is None:
        return
    scheme = SCHEMES[keyring.scheme]
    reception.single(arrival, scheme.header)
    claimed = scheme.read(tuple(arrival.fields))
    if scheme.timestamped:
        reception.checked_time(arrival, keyring, claimed.timestamp or "")
    right = [described_tag(scheme, secret, claimed.timestamp or "", arrival.body) for secret in keyring.secrets if secret]
    if claimed.fault is not None or not any(hmac.compare_digest(tag.encode(), made.encode()) for tag in claimed.tags for made in right):
        raise RefusedError(401, "the signature does not match")


def parse(arrival: Arrival) -> dict[str, Any]:
    """Read the body as one strict JSON object with numbers as they were written; refuse anything else."""
    try:
        value = jsontext.read(arrival.body, exact=True)
    except ValueError:
        raise RefusedError(400, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise RefusedError(400, "the body is not a JSON object")
    return value


def content_of(contract: Contract, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- any JSON value
    """Give what an event says: the payload in its envelope, or the whole of one that comes without."""
    return contract.payload(event)


def identity(contract: Contract, arrival: Arrival, event: Mapping[str, Any]) -> str | None:
    """Give the key by which repeats are recognised: the event's id, else what the provider says serves instead; None if there is neither.

    Where no event has an id, events of two types may share what serves instead.
    """
    names = contract.envelope
    found = event.get(names.id_member) if names.id_member else next(iter(arrival.all(names.id_header or "")), None)
    if isinstance(found, str) and found:
        return found
    content = content_of(contract, event)
    instead = (content.get(name) for name in contract.policy.identity) if isinstance(content, dict) else iter(())
    told = next((value for value in instead if isinstance(value, str) and value), None)
    kind = "" if names.identified else f"{event.get(names.type_member or '')}{KIND}"
    return None if told is None else f"{BATCH}{kind}{told}"


def error_answer(word: str) -> tuple[str, bytes]:
    """Give the media type and body of a refusal: a short word, nothing of the request."""
    return "application/json", jsontext.compact({"error": {"code": "refused", "message": word}})


@dataclass(frozen=True, kw_only=True)
class Reception:
    """The decisions, honest by default. ``retention``: seconds for which an identity is remembered; sizes in bytes.

    ``declared`` replaces members of the capabilities document. ``parts`` are subclasses of ``Desk`` and ``Ledger``.
    """

    verify: Callable[[Reception, Arrival, Keyring], None] = verify
    single: Callable[[Arrival, str], str] = single
    checked_time: Callable[[Arrival, Keyring, str], None] = checked_time
    signed_content: Callable[[str, str, bytes], bytes] = signed_content
    expected_tags: Callable[[Keyring, bytes], tuple[str, ...]] = expected_tags
    tags_match: Callable[[str, Sequence[str]], bool] = tags_match
    parse: Callable[[Arrival], dict[str, Any]] = parse
    identity: Callable[[Contract, Arrival, Mapping[str, Any]], str | None] = identity
    error_answer: Callable[[str], tuple[str, bytes]] = error_answer
    methods: tuple[str, ...] = ("POST",)
    retention: float = 7 * 86_400.0 + 3600.0
    largest_body: int = 4 << 20
    accepted_status: int = 200
    declared: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[type, ...] = ()

"""Bodies as a provider's platform sends them: a payload in its envelope, whole, or around the size limit whole and cut.

Law: every body is correct; which of those around the limit are cut follows from the contract's promise alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hookproof.generate.deliveries import compact, cut, enveloped
from hookproof.generate.payloads import payloads_of
from hookproof.generate.schema.texts import BYTES
from hookproof.model.contract import Contract, Event, Json, Truncation

FILLING = "x_filling"
_MOMENTS = (
    "2027-01-31T12:00:00Z",
    "2028-02-29T23:59:59.999Z",
    "2027-06-30T12:00:00+05:30",
    "2027-03-28T00:30:00.123456-08:00",
    "1970-01-01T00:00:00Z",
)


@dataclass(frozen=True, kw_only=True)
class Sized:
    """One body around a size limit.

    ``measured`` is what the limit is of (``data`` or ``envelope``), ``size`` its bytes before anything was cut, as compact UTF-8;
    ``truncated`` whether the body is cut.
    """

    limit: int
    measured: str
    size: int
    truncated: bool
    body: Mapping[str, Json]


def wrapped(contract: Contract, event: str, data: Json, key: str) -> dict[str, Any]:
    """Put a payload into the contract's envelope, with an id and a moment that follow from a key."""
    digest = hashlib.sha256(key.encode()).digest()
    return enveloped(contract, f"evt_{digest[:8].hex()}", event, _MOMENTS[digest[8] % len(_MOMENTS)], data)


def around_limits(contract: Contract, event: Event, seed: int) -> Iterator[Sized]:
    """Give bodies of an event one byte below, at and one byte above every legal limit, in characters of one to four bytes.

    None where the contract cuts nothing, and none for an event whose schema leaves no room to fill.
    """
    promise, shape = contract.policy.truncation, contract.envelope
    if promise is None or shape.data_member is None or shape.truncated_member is None or event.bare:
        return
    base = payloads_of(event).numbered(1, seed)
    if not isinstance(base, dict) or not payloads_of(event).is_valid({**base, FILLING: "x"}):
        return
    for limit in promise.limits:
        for measured in promise.measured_on:
            for letter, offset in zip((*BYTES, BYTES[0], BYTES[0]), (0, 0, 0, 0, -1, 1), strict=True):
                whole = _filled(contract, event, base, letter, limit + offset, measured, f"{seed}/{limit}/{measured}/{letter}/{offset}")
                if whole is not None:
                    yield _as_sent(promise, whole, shape.data_member, shape.truncated_member, limit, measured)


def _as_sent(promise: Truncation, whole: dict[str, Any], data_member: str, truncated_member: str, limit: int, measured: str) -> Sized:
    sizes = {"data": len(compact(whole[data_member])), "envelope": len(compact(whole))}
    above = sizes[measured] > limit
    body = cut(promise, whole, data_member, truncated_member, sizes["data"]) if above else whole
    return Sized(limit=limit, measured=measured, size=sizes[measured], truncated=above, body=body)


def _filled(
    contract: Contract, event: Event, base: Mapping[str, Json], letter: str, size: int, measured: str, key: str
) -> dict[str, Any] | None:
    """Give an envelope that measures exactly so many bytes, None if it is larger already."""
    member = contract.envelope.data_member or ""

    def measure(filling: str) -> tuple[int, dict[str, Any]]:
        whole = wrapped(contract, event.name, {**base, FILLING: filling}, key)
        return len(compact(whole if measured == "envelope" else whole[member])), whole

    empty, _ = measure("")
    count, rest = divmod(size - empty, len(letter.encode()))
    if count < 0:
        return None
    return measure(letter * count + "x" * rest)[1]

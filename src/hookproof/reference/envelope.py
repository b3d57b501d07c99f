"""An event as the bytes that every attempt carries: envelope, then truncation.

Law: rendered once, when the event happens; what is sent later is exactly these bytes.
"""

from __future__ import annotations

from typing import Any

from hookproof.model.contract import Contract, Truncation
from hookproof.reference.jsontext import compact
from hookproof.reference.timekeeping import rfc3339

_LONGEST_IDENTIFIER = 1024  # bytes; a longer "identifier" would push the cut event over the limit again


def render(contract: Contract, event_id: str, event_type: str, created_at: int, content: dict[str, Any]) -> bytes:
    """Wrap ``content`` in the contract's envelope, cut to identifiers if it is over the limit, as compact JSON.

    An event that comes without an envelope is its content.
    """
    shape, known = contract.envelope, contract.events.get(event_type)
    if known is not None and known.bare:
        return compact(content)
    truncation = contract.policy.truncation if shape.data_member else None  # a body that is its payload has no place that tells of a cut
    size = len(compact(content)) if truncation else 0
    cut = truncation is not None and size > max(truncation.limits)
    carried = truncated(truncation, size, content) if cut and truncation else content
    members = [
        (shape.id_member, event_id),
        (shape.type_member, event_type),
        (shape.created_member, rfc3339(created_at)),
        (shape.data_member, carried),
        (shape.truncated_member if cut else None, True),
    ]
    named = {name: value for name, value in members if name}
    if shape.data_member is None:  # the payload is the body, and says itself what it carries
        return compact({**shape.constants, **carried, **named})
    return compact(named | dict(shape.constants))


def truncated(truncation: Truncation, size: int, content: dict[str, Any]) -> dict[str, Any]:
    """Give what remains of an oversized event: the flag, the size that was over, and the identifiers it carried."""
    kept = {name: content[name] for name in truncation.identifiers if name in content}
    short = {name: value for name, value in kept.items() if len(compact(value)) <= _LONGEST_IDENTIFIER}
    return {truncation.flag_member: True, truncation.size_member: size, **short}

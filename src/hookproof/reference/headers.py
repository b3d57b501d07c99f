"""The names that a delivery of the reference platform carries, as its contract's policy gives them.

Law: the default brand of this table is the only one that the reference knows; every other comes from a contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hookproof.model.contract import Contract
from hookproof.signing.scheme import Scheme
from hookproof.signing.schemes import SCHEMES

STANDARD = "standard-webhooks"
DEFAULT_AGENT = "webhooks/1.0"
DEFAULT_BRAND = "Devotel"  # the default brand of the reference; another platform is imitated by passing another table


@dataclass(frozen=True, kw_only=True)
class DeliveryHeaders:
    """Header names of a delivery; a companion header whose name is None is not sent.

    ``standard``: whether it is signed as Standard Webhooks says; ``signature`` is the field with ``t=`` and ``v1=``, ``schemes`` are
    others under which it is signed too. ``further`` are fields with a fixed text.
    """

    user_agent: str
    signature: str | None
    event_id: str | None
    event_type: str | None
    delivery_id: str | None
    content_type: str = "application/json; charset=utf-8"
    webhook_id: str = "webhook-id"
    webhook_timestamp: str = "webhook-timestamp"
    webhook_signature: str = "webhook-signature"
    standard: bool = True
    schemes: tuple[Scheme, ...] = ()
    further: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, contract: Contract) -> DeliveryHeaders:
        """Give the names that a contract's policy states; the default brand's for a contract that says nothing of fields or schemes."""
        fields, signing = contract.policy.fields, contract.policy.signing
        if not fields and signing is not None and signing.schemes == (STANDARD,):
            return cls.branded()
        meaning = {template: name for name, template in fields.items()}
        plain = {name.lower(): text for name, text in fields.items() if "{" not in text}
        schemes = list(_own_fields(signing.schemes if signing else ()))
        listed = next((scheme for scheme in schemes if _is_member_list(scheme)), None)
        return cls(
            user_agent=plain.pop("user-agent", DEFAULT_AGENT),
            signature=None if listed is None else "-".join(map(str.capitalize, listed.header.split("-"))),
            event_id=meaning.get("{id}"),
            event_type=meaning.get("{type}"),
            delivery_id=meaning.get("{delivery}"),
            content_type=plain.pop("content-type", "application/json"),
            standard=any(scheme.name == STANDARD for scheme in schemes),
            schemes=tuple(scheme for scheme in schemes if scheme is not listed and scheme.name != STANDARD),
            further=tuple((name, fields[name]) for name in fields if name.lower() in plain),
        )

    @classmethod
    def branded(cls, brand: str = DEFAULT_BRAND) -> DeliveryHeaders:
        """Derive the companion names and the user agent from a brand."""
        return cls(
            user_agent=f"{brand}-Webhooks/1.0",
            signature=f"X-{brand}-Signature",
            event_id=f"X-{brand}-Event-Id",
            event_type=f"X-{brand}-Event-Type",
            delivery_id=f"X-{brand}-Delivery-Id",
        )


def _own_fields(names: tuple[str, ...]) -> Iterator[Scheme]:
    """Give the schemes of which each writes another header field: of two readings of one field the first is sent."""
    taken: set[str] = set()
    for name in names:
        scheme = SCHEMES.get(name)
        if scheme is not None and scheme.header not in taken:
            taken.add(scheme.header)
            yield scheme


def _is_member_list(scheme: Scheme) -> bool:
    return scheme.fields("id", "1", ["tag"]) == ((scheme.header, "t=1,v1=tag"),)

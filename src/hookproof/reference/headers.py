"""The names that a delivery of the reference platform carries besides those of Standard Webhooks.

Law: this table is the only place in the reference that knows a brand.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_BRAND = "Devotel"  # the default brand of the reference; another platform is imitated by passing another table


@dataclass(frozen=True, kw_only=True)
class DeliveryHeaders:
    """Header names of a delivery; a companion header whose name is None is not sent."""

    user_agent: str
    signature: str | None
    event_id: str | None
    event_type: str | None
    delivery_id: str | None
    content_type: str = "application/json; charset=utf-8"
    webhook_id: str = "webhook-id"
    webhook_timestamp: str = "webhook-timestamp"
    webhook_signature: str = "webhook-signature"

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

"""The schemes that contracts and targets can name."""

from __future__ import annotations

from collections.abc import Mapping

from hookproof.signing.scheme import Scheme
from hookproof.signing.standard_webhooks import STANDARD_WEBHOOKS
from hookproof.signing.timestamped_hex import bare_hex, timestamped_hex

SCHEMES: Mapping[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        STANDARD_WEBHOOKS,
        timestamped_hex("devotel-t-v1", "x-devotel-signature"),
        bare_hex("devotel-body-hex", "x-devotel-signature"),
        timestamped_hex("stripe", "stripe-signature"),
    )
}
"""Scheme by name. A new scheme is one module and one entry here."""

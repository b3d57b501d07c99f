"""The schemes that contracts and targets can name."""

from __future__ import annotations

from collections.abc import Mapping

from hookproof.signing.bare_digest import BARE_DIGESTS
from hookproof.signing.box import BOX
from hookproof.signing.discord import DISCORD
from hookproof.signing.ghost import GHOST, GHOST_BODY
from hookproof.signing.hook0 import HOOK0, HOOK0_V0
from hookproof.signing.outpost import OUTPOST
from hookproof.signing.scheme import Scheme
from hookproof.signing.standard_webhooks import SPACED_LISTS
from hookproof.signing.timestamped_hex import MEMBER_LISTS

SCHEMES: Mapping[str, Scheme] = {
    scheme.name: scheme
    for scheme in (*SPACED_LISTS, *MEMBER_LISTS, *BARE_DIGESTS, OUTPOST, HOOK0, HOOK0_V0, GHOST, GHOST_BODY, BOX, DISCORD)
}
"""Scheme by name. A new scheme is one value in the module of its family and one entry here."""

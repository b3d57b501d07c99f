"""Flaws of receivers that know both forms of Standard Webhooks and mix up whose keys are whose."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import replace

from hookproof.reference.flaws.entries import receiver_flaw


def _by_shared_key(given: str, expected: Sequence[str]) -> bool:
    """Compare asymmetric entries, too, with tags under the shared secret."""
    offered = [entry.partition(",")[2] for entry in given.split(" ") if entry.startswith(("v1,", "v1a,"))]
    return any(hmac.compare_digest(tag.encode("latin-1"), right.encode()) for tag in offered for right in expected)


FLAWS = (
    receiver_flaw(
        "R014",
        "asymmetric-entry-by-shared-key",
        "An entry of the asymmetric form counts if it holds a tag under the shared secret: who can only check could also sign.",
        lambda reception: replace(reception, tags_match=_by_shared_key),
        "verification/version",
    ),
)

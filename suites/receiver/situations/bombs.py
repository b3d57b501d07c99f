"""What is sent only where somebody asked for it: compressed bodies that are a thousand times as large inside."""

from __future__ import annotations

import gzip
from dataclasses import replace

from hookproof.generate.deliveries import Crafted
from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation

INSIDE = 32 << 20
"""Bytes; a receiver that holds them does no worse than with the large bodies that every profile sends."""


@situation()
def bombs(stage: Delivering) -> None:
    """Send a body that expands a thousandfold, signed as it is sent and as it is inside, and one that is packed twice."""
    if not stage.profile.hostile:
        return
    plain = stage.event()
    whole = plain.body[:-1] + b',"x_hostile":"' + b"x" * INSIDE + b'"}'
    packed = gzip.compress(whole)
    stage.tested_all(
        "bomb",
        [
            _packed(stage, packed, "gzip", signed_over=packed),
            _packed(stage, packed, "gzip", signed_over=whole),
            _packed(stage, gzip.compress(packed), "gzip, gzip", signed_over=gzip.compress(packed)),
        ],
        fresh=True,
    )


def _packed(stage: Delivering, body: bytes, coding: str, *, signed_over: bytes) -> Crafted:
    made = stage.crafted(stage.fresh_id(), stage.kinds(1)[0].name, signed_over)
    return replace(made.having(("Content-Encoding", coding)), body=body)

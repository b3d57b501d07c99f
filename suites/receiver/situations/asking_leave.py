"""The handshake of CloudEvents web hooks: who may send is asked before anything is sent."""

from __future__ import annotations

from hookproof.generate.deliveries import Crafted
from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation

RATE = "1000000"


@situation()
def asking_leave(stage: Delivering) -> None:
    """Ask for leave to send in the names of strangers of whom the receiver cannot have heard."""
    if not stage.contract.policy.consent:
        return
    salt = stage.tools.recorder.header.salt[:12].lower()
    stage.tested_all("stranger-asks", [_asking(stage, f"{name}-{salt}.example") for name in ("stranger", "other")])


def _asking(stage: Delivering, origin: str) -> Crafted:
    fields = (("WebHook-Request-Origin", origin), ("WebHook-Request-Rate", RATE), ("User-Agent", "hookproof"))
    kind = stage.kinds(1)[0].name
    return Crafted(event_id=stage.fresh_id(), event_type=kind, body=b"", timestamp="", fields=fields, method="OPTIONS")

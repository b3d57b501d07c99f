"""Where https is declared: a correct delivery that comes without TLS at the declared port, and at no other."""

from __future__ import annotations

from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation


@situation()
def plainly(stage: Delivering) -> None:
    """Send a correct delivery in plain HTTP to the port where TLS is spoken."""
    if stage.tools.plain is not None:
        stage.tested_all("without-tls", [stage.event()], plainly=True, fresh=True)

"""The rest of HTTP: other methods, and answers to what was never a delivery."""

from __future__ import annotations

from dataclasses import replace

from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation

METHODS = ("PUT", "PATCH", "DELETE", "GET", "HEAD")
CONTROL_EVENTS = ("ping", "webhook.test", "url_verification")
MARKUP = "<script>alert('hookproof')</script>"


@situation()
def http(stage: Delivering) -> None:
    """Send correct deliveries by other methods, control events without a signature, and markup where an answer might show it."""
    others = [replace(stage.event(), method=method) for method in METHODS]
    for crafted in others:
        stage.tested("other-method", crafted)
    if stage.offers("effects"):
        stage.effects([*(each.event_id for each in others), stage.seen[-1].event_id])  # the last control took effect: no other is late
    stage.tested("not-json", stage.crafted(stage.fresh_id(), stage.kinds(1)[0].name, b"this is no JSON"))
    stage.tested_all("markup", [stage.event(MARKUP, {"x_text": MARKUP}), stage.crafted(stage.fresh_id(), MARKUP, MARKUP.encode())])
    if stage.tools.scheme is not None:
        header = stage.tools.scheme.header
        control = [stage.event(name, {"challenge": "c"}).without(header) for name in CONTROL_EVENTS]
        stage.tested_all("unsigned-control-event", control)
    if stage.offers("log"):
        stage.log()

"""What an endpoint gets while its owner has set it inactive: nothing of what happens then.

Law: an endpoint is judged only if it got events before; what was on its way may still come, and what was kept back may follow later.
"""

from __future__ import annotations

from hookproof.model.transcript import Attempt, Emission, Subscription
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View


@rule("routing", needs=("emit",))
def disabled_endpoints_get_nothing(view: View, _terms: Terms) -> Judgement:
    """An event emitted while an endpoint is inactive does not reach it as long as it is."""
    seen = Observations(missing="no endpoint that had got events was set inactive, spared one of them and outlived by a canary")
    for endpoint, records in view.history.items():
        for off in (record for record in records if record.action == "disabled"):
            before = next((a for a in view.by_endpoint.get(endpoint, ()) if a.accepted_at < off.at), None)
            until = _switched_on(view, off)
            for emission in (e for e in view.accepted if off.at <= e.started_at and e.done_at <= until and view.covered(endpoint, e)):
                came = _came(view, endpoint, emission, until)
                canary = _canary(view, emission, until)
                if came is not None:
                    seen.broke(f"{emission.type!r} reached {endpoint}, which was set inactive before it happened", off.id, came.id)
                elif before is not None and canary is not None:
                    seen.saw(before.id, off.id, emission.id, canary)
    return seen.conclude()


def _switched_on(view: View, off: Subscription) -> int:
    """Give the moment at which the target was asked to deliver again, or a moment after everything."""
    on = next((r for r in view.history[off.endpoint] if r.action in ("enabled", "deleted") and r.at > off.at), None)
    return 1 << 63 if on is None else view.asked_at(on)


def _came(view: View, endpoint: str, emission: Emission, until: int) -> Attempt | None:
    attempts = view.by_endpoint.get(endpoint, ())
    return next((a for a in attempts if a.accepted_at < until and view.meant(a) is emission), None)


def _canary(view: View, emission: Emission, until: int) -> str | None:
    """Give an attempt of a canary emitted after the event, and before the endpoint was active again."""
    for delivery in view.canaries.get(emission.scope, ()):
        made = delivery.emission
        if made is not None and made.started_at >= emission.done_at and delivery.attempts[0].accepted_at < until:
            return delivery.ids[0]
    return None

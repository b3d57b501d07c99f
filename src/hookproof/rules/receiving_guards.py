"""What a receiver keeps out before it looks at anything: bodies that explode, senders whom nobody knows, doors beside the declared one.

Law: each is tried between accepted controls; what was not tried, because nobody asked for it, is not observed.
"""

from __future__ import annotations

from hookproof.model.transcript import HeaderPairs
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.received import controls, faulty, spoiled, told
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View

_NANO = 1e9
_SERVER_ERROR = 500


@rule("bombs")
def compressed_bodies_are_not_expanded_without_limit(view: View, terms: Terms) -> Judgement:
    """A small body that is far beyond any event inside is refused in time, without a 5xx, and correct ones are accepted after it."""
    seen = Observations(missing="such bodies are sent by the profile `hostile` only, after an accepted control")
    for exchange in faulty(view, ("bomb",)):
        before, after = controls(view, exchange)
        if not before or not all(x.accepted for x in before) or not after:
            continue
        seen.saw(exchange.id)
        took = (exchange.done_at - exchange.sent_at) / _NANO if exchange.sent_at else 0.0
        if exchange.accepted or exchange.status >= _SERVER_ERROR or exchange.failure == "timeout":
            seen.broke(f"a body that is a thousand times as large inside got {told(exchange)}, promised a refusal", exchange.id)
        elif took > terms.contract.policy.timeout_seconds:
            seen.broke(f"a body that is a thousand times as large inside was refused after {took:.3f} s", exchange.id)
        for control in (x for x in after if not x.accepted):
            seen.broke(f"after a body that is a thousand times as large inside a correct one got {told(control)}", exchange.id, control.id)
    return seen.conclude()


@rule("asking_leave")
def strangers_get_no_leave_to_send(view: View, _terms: Terms) -> Judgement:
    """A sender of whom the receiver cannot have heard gets no leave to send, neither by name nor as anybody."""
    seen = Observations(missing="nobody asked for leave to send between accepted controls")
    for exchange in faulty(view, ("stranger-asks",)):
        if spoiled(view, exchange) or not exchange.status:
            continue
        seen.saw(exchange.id)
        asked = _field(exchange.request_headers, "webhook-request-origin")
        allowed = _field(exchange.response_headers, "webhook-allowed-origin")
        if exchange.accepted and allowed in ("*", asked):
            seen.broke(f"a stranger ({asked}) was given leave to send (WebHook-Allowed-Origin: {allowed})", exchange.id)
    return seen.conclude()


@rule("plainly")
def plain_http_is_not_accepted(view: View, _terms: Terms) -> Judgement:
    """Where https is declared a correct delivery in plain HTTP at the same port is not accepted."""
    seen = Observations(missing="the receiver's URL is plain HTTP, or its controls were not accepted")
    for exchange in faulty(view, ("without-tls",)):
        if spoiled(view, exchange):
            continue
        seen.saw(exchange.id)
        if exchange.accepted:
            seen.broke(f"a delivery in plain HTTP got {told(exchange)} where https is declared", exchange.id)
    return seen.conclude()


def _field(pairs: HeaderPairs, name: str) -> str:
    return next((value.strip() for key, value in pairs if key.lower() == name), "")

"""What holds of every answer of a receiver: in time, no redirect, no farewell, nothing told that should stay inside.

Law: these rules look at all answers of all situations; an exchange without an answer is judged elsewhere. Who accepts nothing
shows nothing of how it answers: what such a receiver does wrong is told, and nothing is kept.
"""

from __future__ import annotations

import re

from hookproof.model.transcript import Exchange
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.parameters import status_words
from hookproof.rules.received import witnessed
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View

_EVERYWHERE = ("events", "variations", "verification", "duplicates", "order", "http", "hostile", "failures")
_NANO = 1e9
_UNMET = "no correct delivery was accepted, so nothing else that was answered says anything"
_TRACES = re.compile(
    rb"Traceback \(most recent call last\)|\bat [\w$.<>]+ ?\([^)\n]*:\d+(:\d+)?\)|goroutine \d+ \[|\.(java|kt|cs|rb|php):\d+\b|panicked at "
)
_HIDDEN = re.compile(rb"\{\{[^{}\n]+\}\}")
_MARKUP = b"<script>alert('hookproof')</script>"


@rule(*_EVERYWHERE, parameters=("statuses",))
def no_answer_has_status(view: View, terms: Terms) -> Judgement:
    """No delivery is answered with one of the named statuses or status classes."""
    wanted = {str(status) for status in terms.parameters["statuses"]}
    seen = Observations(missing=_UNMET)
    met = witnessed(view)
    for exchange in (x for x in view.exchanges if x.status):
        if met:
            seen.saw(exchange.id)
        if wanted & status_words(exchange.status):
            seen.broke(f"a delivery ({_named(exchange)}) got status {exchange.status}", exchange.id)
    return seen.conclude()


@rule("events", "duplicates")
def answers_come_in_time(view: View, terms: Terms) -> Judgement:
    """A correct delivery is answered within the contract's time-out, also when many come at once."""
    limit = terms.contract.policy.timeout_seconds
    seen = Observations(missing=_UNMET)
    met = witnessed(view)
    for exchange in (x for x in view.exchanges if not x.fault and x.sent_at):
        took = (exchange.done_at - exchange.sent_at) / _NANO
        if met and (exchange.status or exchange.failure == "timeout"):
            seen.saw(exchange.id)
        if took > limit and (exchange.status or exchange.failure == "timeout"):
            seen.broke(f"a correct delivery was answered after {took:.3f} s, promised within {limit:g} s", exchange.id)
    return seen.conclude(grade="real")


@rule(*_EVERYWHERE)
def answers_leak_nothing(view: View, _terms: Terms) -> Judgement:
    """No answer shows a secret, the signature that was expected, or a stack trace."""
    seen = Observations(missing="no delivery was refused while others were accepted")
    met = witnessed(view)
    leaked = {note.facts.get("exchange"): str(note.facts.get("what")) for note in view.notes if note.name == "leak"}
    for exchange in (x for x in view.exchanges if x.status and not x.accepted):
        if met:
            seen.saw(exchange.id)
        what = leaked.get(exchange.id) or _shown(exchange)
        if what:
            seen.broke(f"the answer to a delivery ({_named(exchange)}) shows {what}", exchange.id, excerpt=exchange.response_body)
    return seen.conclude()


def _shown(exchange: Exchange) -> str:
    if _HIDDEN.search(exchange.response_body):
        return "a secret"
    found = _TRACES.search(exchange.response_body)
    return "" if found is None else f"a stack trace ({found[0][:40].decode('latin-1')}…)"


@rule("http", "hostile")
def answers_reflect_no_markup(view: View, _terms: Terms) -> Judgement:
    """No answer gives markup that was sent back as HTML."""
    seen = Observations(missing="no delivery with markup was answered while others were accepted")
    met = witnessed(view)
    for exchange in (x for x in view.exchanges if x.fault == "markup" and x.status):
        if met:
            seen.saw(exchange.id)
        media = next((value for name, value in exchange.response_headers if name.lower() == "content-type"), "")
        if _MARKUP in exchange.response_body and ("html" in media.lower() or not media):
            seen.broke(f"markup came back as {media or 'an untyped answer'}", exchange.id, excerpt=exchange.response_body)
    return seen.conclude()


def _named(exchange: Exchange) -> str:
    return exchange.fault or exchange.purpose or exchange.event_type

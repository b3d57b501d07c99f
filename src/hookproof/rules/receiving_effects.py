"""What an event does inside a receiver: once, however often it is delivered.

Law: a 2xx never proves an effect; the verdict names who told of it, and without anybody nothing is observed.
"""

from __future__ import annotations

from typing import Any

from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.json_text import parse
from hookproof.rules.received import correct, discredited, effects, faulty, grades, told, under_the_scheme
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View

_NANO = 1e9
_HOOKS = {"within-week": "time", "across-restart": "restart", "after-failure": "faults", "before-kill": "kill", "across-kill": "kill"}
"""What must be done inside a receiver before such a delivery can be sent at all."""


@rule("duplicates", "remembering", "failures", "falls", "applying", needs=("effects",), parameters=("purposes",))
def events_take_effect_once(view: View, terms: Terms) -> Judgement:
    """An event that was delivered several times and accepted has taken effect exactly once."""
    purposes = tuple(terms.parameters["purposes"])
    seen = Observations(missing=_missing(purposes, terms))
    told_of, doubt = effects(view), discredited(view)
    watched: dict[str, float] = {}
    for event_id in dict.fromkeys(x.event_id for x in correct(view, purposes)):
        sent = [x for x in view.exchanges if x.event_id == event_id and not x.fault]
        said = [effect for effect in told_of.get(event_id, ()) if effect.count is not None]
        if not said or not any(x.accepted for x in sent):
            continue
        if doubt:
            seen.missing = doubt
            continue
        last = said[-1]
        seen.saw(*(x.id for x in sent), last.id)
        watched[event_id] = (last.at - max(x.done_at for x in sent)) / _NANO
        if last.count != 1:
            words = f"event {event_id!r} was delivered {len(sent)} times and took effect {last.count} times, promised once"
            seen.broke(words, *(x.id for x in sent), last.id)
    if watched:
        seen.read_as(grades((effect for event_id in watched for effect in told_of[event_id]), min(watched.values())))
    return seen.conclude()


def _missing(purposes: tuple[str, ...], terms: Terms) -> str:
    """Say why nothing may have been seen of these deliveries: what only a control profile can do was not offered, or nobody told."""
    lacking = dict.fromkeys(need for purpose in purposes if (need := _HOOKS.get(purpose)) and not terms.capabilities.offers(need))
    if lacking:
        return f"needs {', '.join(lacking)}"
    return f"nobody told of the effects of a repeated event ({' or '.join(purposes)})"


@rule("applying", needs=("effects",))
def data_are_applied_as_sent(view: View, _terms: Terms) -> Judgement:
    """The data that took effect are those that were sent, number by number."""
    seen = Observations(missing="nobody told with which data an event took effect")
    for exchange in correct(view, ("applied",)):
        said = [effect for effect in effects(view).get(exchange.event_id, ()) if effect.count and effect.content is not None]
        if not said or not exchange.accepted:
            continue
        whole = parse(exchange.request_body)
        sent = view.contract.payload(whole)
        seen.saw(exchange.id, said[-1].id)
        if difference := first_difference(sent, said[-1].content):
            seen.broke(f"the data of {exchange.event_id!r} were applied otherwise: {difference}", exchange.id, said[-1].id)
    return seen.conclude()


def first_difference(sent: Any, applied: Any, pointer: str = "") -> str:  # noqa: ANN401 -- any JSON values
    """Say where two JSON values differ first; empty if nowhere."""
    if isinstance(sent, dict) and isinstance(applied, dict):
        for name in [*sent, *(name for name in applied if name not in sent)]:
            if name not in sent or name not in applied:
                return f"{pointer}/{name} was {'added' if name not in sent else 'lost'}"
            if found := first_difference(sent[name], applied[name], f"{pointer}/{name}"):
                return found
        return ""
    if isinstance(sent, list) and isinstance(applied, list) and len(sent) == len(applied):
        pairs = enumerate(zip(sent, applied, strict=True))
        return next((found for at, (a, b) in pairs if (found := first_difference(a, b, f"{pointer}/{at}"))), "")
    return "" if sent == applied and type(sent) is type(applied) else f"{pointer or '/'} was {sent!r} and became {applied!r}"


@rule("order", needs=("effects",))
def newer_state_stays_in_force(view: View, _terms: Terms) -> Judgement:
    """After an older event that came later, what the newer one said still holds."""
    seen = Observations(missing="nobody told whether the newer event is still in force")
    for exchange in correct(view, ("newer-first",)):
        said = [effect for effect in effects(view).get(exchange.event_id, ()) if effect.in_force is not None]
        older = [x for x in correct(view, ("older-after-newer",)) if x.accepted]
        if not said or not older or not exchange.accepted:
            continue
        seen.saw(exchange.id, older[-1].id, said[-1].id)
        if not said[-1].in_force:
            seen.broke(f"the older event {older[-1].event_id!r} replaced what the newer one said", exchange.id, older[-1].id, said[-1].id)
    return seen.conclude()


@rule("forging")
def forgeries_are_answered_alike(view: View, _terms: Terms) -> Judgement:
    """A forgery is answered alike whether or not the receiver knows the id that it names."""
    known, unknown = faulty(view, ("forged-known",)), faulty(view, ("forged-unknown",))
    seen = Observations(missing="no forgeries were answered after an accepted event")
    if not any(x.accepted for x in correct(view, ("control",)) if x.situation == "forging"):
        return seen.conclude()
    seen.saw(*(x.id for x in (*known, *unknown) if x.status))
    for one in known:
        for other in unknown[:1]:
            if one.status and other.status and (one.status, one.response_body) != (other.status, other.response_body):
                seen.broke(f"a forgery of a known id got {told(one)}, of an unknown one {told(other)}, or another body", one.id, other.id)
    return seen.conclude()


@rule("configured", needs=("configuration",), parameters=("faults",))
def configuration_is_never_lax(view: View, terms: Terms) -> Judgement:
    """Under an odd configuration a delivery that should be refused is refused, while the receiver works before and after."""
    seen = Observations(missing="no configuration was tried, or the receiver did not work before or after it")
    faults = tuple(terms.parameters["faults"])
    own = [x for x in correct(view, ("control",)) if x.situation == "configured"]
    if len(own) > 1 and all(x.accepted for x in own):
        for exchange in faulty(view, faults):
            seen.saw(exchange.id)
            if exchange.accepted:
                seen.broke(f"a delivery ({exchange.fault}) got {told(exchange)}, promised a refusal", exchange.id)
    return under_the_scheme(view, terms, faults, seen.conclude())


@rule("http", needs=("log",))
def logs_hold_no_secrets(view: View, _terms: Terms) -> Judgement:
    """The receiver's log holds neither the secret nor a whole signature."""
    seen = Observations(missing="the log was empty or not shown")
    for note in (note for note in view.notes if note.name == "log" and note.facts.get("bytes")):
        seen.saw(note.id)
        for name in note.facts.get("shown", ()):
            seen.broke(f"the log shows {name!r}", note.id)
        for exchange in note.facts.get("signatures", ())[:1]:
            seen.broke("the log shows the signature of a delivery", note.id, exchange)
    return seen.conclude()

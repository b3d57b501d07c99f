"""How a receiver answers: correct deliveries are accepted, faulty ones refused, hostile ones do no harm.

Law: which faults and which kinds of correct deliveries a clause speaks of are its parameters; the rule is the same for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hookproof.model.transcript import Effect, Exchange
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.received import (
    UNSIGNED,
    controls,
    correct,
    discredited,
    effects,
    faulty,
    grades,
    spoiled,
    told,
    under_the_scheme,
    unsignable,
)
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View

_FIRST, _LAST = 400, 499
_LEAST = 100
_NANO = 1e9


@rule("events", per_event=True)
def every_event_is_accepted(view: View, terms: Terms) -> Judgement:
    """A correct delivery of each event of the contract is answered 2xx."""
    assert terms.event is not None
    seen = Observations(missing="no delivery of this event was sent")
    for exchange in (x for x in view.exchanges if x.event_type == terms.event.name and not x.fault and x.purpose == "event"):
        if unsignable(terms, exchange):
            seen.missing = UNSIGNED
            continue
        seen.saw(exchange.id)
        if not exchange.accepted:
            seen.broke(f"a correct {exchange.event_type} got {told(exchange)}, promised 2xx", exchange.id, excerpt=exchange.request_body)
    return seen.conclude()


@rule("events", "variations", "verification", "duplicates", "order", "failures", parameters=("purposes",))
def correct_deliveries_are_accepted(view: View, terms: Terms) -> Judgement:
    """A correct delivery of the named kinds is answered 2xx, however unusual it looks."""
    purposes = tuple(terms.parameters["purposes"])
    seen = Observations(missing=f"no delivery of the kind {' or '.join(purposes)} could be judged")
    for exchange in correct(view, purposes):
        if unsignable(terms, exchange):
            seen.missing = UNSIGNED
            continue
        if not exchange.accepted and exchange.case and (why := spoiled(view, exchange)):
            seen.missing = f"{seen.missing}: {why}"
            continue
        seen.saw(exchange.id)
        if not exchange.accepted:
            seen.broke(f"a correct delivery ({exchange.purpose}) got {told(exchange)}, promised 2xx", exchange.id, *_around(view, exchange))
    return under_the_scheme(view, terms, purposes, seen.conclude())


@rule("verification", "hostile", "http", parameters=("faults",))
def faulty_deliveries_are_refused(view: View, terms: Terms) -> Judgement:
    """A delivery with one of the named faults is answered 4xx, while its correct twins before and after are accepted."""
    return _between_controls(view, terms, "4xx", lambda exchange: _FIRST <= exchange.status <= _LAST)


@rule("verification", "http", parameters=("faults",))
def faulty_deliveries_are_not_accepted(view: View, terms: Terms) -> Judgement:
    """A delivery with one of the named faults is not answered 2xx, while its correct twins before and after are.

    How it is refused is another promise: Standard Webhooks asks for no status.
    """
    return _between_controls(view, terms, "a refusal", lambda exchange: not exchange.accepted)


@rule("verification", "http", parameters=("faults",))
def refusals_are_client_errors(view: View, terms: Terms) -> Judgement:
    """A delivery with one of the named faults that is not accepted is answered 4xx: a server error would have it sent again for days."""
    seen = Observations(missing="no delivery that fails verification was refused between accepted controls")
    for exchange in faulty(view, tuple(terms.parameters["faults"])):
        if exchange.accepted or spoiled(view, exchange):
            continue
        seen.saw(exchange.id)
        if not _FIRST <= exchange.status <= _LAST:
            seen.broke(f"a delivery with {exchange.fault} got {told(exchange)}, promised 4xx", exchange.id, *_around(view, exchange))
    return seen.conclude()


def _between_controls(view: View, terms: Terms, promised: str, fine: Callable[[Exchange], bool]) -> Judgement:
    faults = tuple(terms.parameters["faults"])
    seen = Observations(missing=f"no delivery with the fault {' or '.join(faults)} could be judged")
    for exchange in faulty(view, faults):
        if why := spoiled(view, exchange):
            seen.missing = f"{seen.missing}: {why}"
            continue
        seen.saw(exchange.id)
        if not fine(exchange):
            seen.broke(f"a delivery with {exchange.fault} got {told(exchange)}, promised {promised}", exchange.id, *_around(view, exchange))
    return under_the_scheme(view, terms, faults, seen.conclude())


@rule("verification", "hostile", "http", parameters=("faults",), optional=("may_close",))
def hostile_deliveries_do_no_harm(view: View, terms: Terms) -> Judgement:
    """A delivery with one of the named faults is answered below 500, and correct ones are accepted before and after it.

    ``may_close``: hanging up before all was read is an answer too.
    """
    faults = tuple(terms.parameters["faults"])
    seen = Observations(missing=f"no delivery with the fault {' or '.join(faults)} was sent after an accepted control")
    for exchange in faulty(view, faults):
        before, after = controls(view, exchange)
        if not before or not all(x.accepted for x in before) or not after:
            continue
        seen.saw(exchange.id)
        hung_up = bool(terms.parameters.get("may_close")) and exchange.failure in ("closed", "reset")
        if not hung_up and not _LEAST <= exchange.status <= _LAST:
            seen.broke(f"a delivery with {exchange.fault} got {told(exchange)}, promised an answer below 500", exchange.id)
        took = (exchange.done_at - exchange.sent_at) / _NANO if exchange.sent_at else 0.0
        if took > terms.contract.policy.timeout_seconds:
            seen.broke(f"a delivery with {exchange.fault} was answered after {took:.3f} s", exchange.id)
        for control in (x for x in after if not x.accepted):
            seen.broke(f"after a delivery with {exchange.fault} a correct one got {told(control)}", exchange.id, control.id)
    return seen.conclude()


@rule("verification", "hostile", "http", parameters=("faults",))
def acceptable_deliveries_are_reported(view: View, terms: Terms) -> Judgement:
    """How a delivery is answered on which even official libraries differ is reported, never blamed."""
    seen = Observations(missing="no such delivery could be judged")
    forms: Counter[tuple[str, str]] = Counter()
    faults = tuple(terms.parameters["faults"])
    for exchange in faulty(view, faults):
        forms[exchange.case, exchange.fault] += 1
        if not spoiled(view, exchange):
            seen.saw(exchange.id)
            seen.read_as(f"{exchange.fault} {forms[exchange.case, exchange.fault]}: {told(exchange)}")
    return under_the_scheme(view, terms, faults, seen.conclude())


@rule("hostile")
def large_bodies_are_not_accepted(view: View, _terms: Terms) -> Judgement:
    """A body far beyond any event of the contract is refused or hung up on, with and without a declared length."""
    seen = Observations(missing="no large body was sent after an accepted control")
    for exchange in faulty(view, ("too-large",)):
        before, _ = controls(view, exchange)
        if not before or not all(x.accepted for x in before):
            continue
        seen.saw(exchange.id)
        if exchange.accepted:
            seen.broke(f"a body far beyond any event got {told(exchange)}, promised a refusal", exchange.id)
    return seen.conclude()


_UNSAFE = ("PUT", "PATCH", "DELETE")


@rule("http")
def other_methods_do_nothing(view: View, _terms: Terms) -> Judgement:
    """A delivery by another method than POST has no effect, and one by PUT, PATCH or DELETE is not answered 2xx."""
    seen = Observations(missing="no other method was tried between accepted controls")
    told_of, doubt = effects(view), discredited(view)
    watched: list[tuple[Effect, float]] = []
    for exchange in faulty(view, ("other-method",)):
        if spoiled(view, exchange):
            continue
        counted = [effect for effect in told_of.get(exchange.event_id, ()) if effect.count is not None and not doubt]
        watched += [(effect, (effect.at - exchange.done_at) / _NANO) for effect in counted[-1:]]
        seen.saw(exchange.id, *(effect.id for effect in counted))
        if exchange.method in _UNSAFE and exchange.accepted:
            seen.broke(f"a delivery by {exchange.method} got {told(exchange)}, promised a refusal", exchange.id)
        elif any(effect.count for effect in counted):
            seen.broke(f"a delivery by {exchange.method} took effect", exchange.id, counted[-1].id)
    if seen.evidence:
        least = min((seconds for _, seconds in watched), default=0.0)
        seen.read_as(grades((effect for effect, _ in watched), least) if watched else "effects not seen, judged by answers only")
    return seen.conclude()


@rule("failures", needs=("faults",))
def failures_inside_are_told(view: View, _terms: Terms) -> Judgement:
    """An event that failed inside the receiver is answered 5xx, or not at all, so that it is sent again."""
    seen = Observations(missing="no event was made to fail inside after an accepted one")
    if not any(x.accepted for x in correct(view, ("control",)) if x.situation == "failures"):
        return seen.conclude()
    for exchange in correct(view, ("failing",)):
        seen.saw(exchange.id)
        if _LEAST <= exchange.status <= _LAST:
            seen.broke(f"an event that failed inside got {told(exchange)}, promised 5xx", exchange.id)
    return seen.conclude()


def _around(view: View, exchange: Exchange) -> tuple[str, ...]:
    before, after = controls(view, exchange)
    return tuple(control.id for control in (*before[-1:], *after[:1]))

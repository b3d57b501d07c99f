"""The subscription API: known names accepted, unknown ones refused with nothing created, keys required, tenants apart.

Law: a refusal is evidence only between two accepted controls that differ in the one faulty thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hookproof.model.transcript import Exchange
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.json_text import JsonFault, parse
from hookproof.rules.routing import last_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View

UNPROCESSABLE = 422
_REFUSED = (401, 403, 404)
"""How what exists may be hidden from whoever has no right to it."""


def document(raw: bytes) -> Mapping[str, Any]:
    """Read a body as a JSON object; an empty mapping if it is none."""
    try:
        value = parse(raw)
    except JsonFault:
        return {}
    return value if isinstance(value, dict) else {}


def endpoint_of(exchange: Exchange) -> str:
    """Give our name of the endpoint whose URL a request carries (its last path segment)."""
    return str(document(exchange.request_body).get("url", "")).rstrip("/").rsplit("/", 1)[-1]


def _events(exchange: Exchange) -> list[str] | None:
    events = document(exchange.request_body).get("events")
    return events if isinstance(events, list) and all(isinstance(name, str) for name in events) else None


def _accepted(exchange: Exchange) -> bool:
    return 200 <= exchange.status <= 299  # noqa: PLR2004 -- RFC 9110 section 15.3


def _creates(view: View, key: str = "own") -> list[Exchange]:
    return [x for x in view.exchanges if x.operation == "createWebhook" and x.key == key]


def _listed(terms: Terms, events: Sequence[str]) -> bool:
    contract = terms.contract
    if list(events) == ["*"]:
        return contract.policy.wildcard("*")
    return bool(events) and all(
        name in contract.catalog or contract.open_catalog or (name != "*" and contract.policy.wildcard(name)) for name in events
    )


def _controlled(view: View, terms: Terms, exchange: Exchange) -> list[Exchange] | None:
    """Give the accepted controls around an exchange, or None if one of the two is missing."""
    creates = [x for x in _creates(view) if _listed(terms, _events(x) or ()) and x.scope == exchange.scope]
    before = [x for x in creates if x.done_at <= exchange.started_at]
    after = [x for x in creates if x.started_at >= exchange.done_at]
    if not before or not after or not _accepted(before[-1]) or not _accepted(after[0]):
        return None
    return [before[-1], after[0]]


@rule("subscriptions", "catalog")
def listed_names_are_accepted(view: View, terms: Terms) -> Judgement:
    """A subscription to any listed names, or to ``*`` alone, is accepted."""
    seen = Observations(missing="no subscription to listed names was tried")
    for exchange in _creates(view):
        events = _events(exchange)
        if events is None or not _listed(terms, events):
            continue
        if _accepted(exchange):
            seen.saw(exchange.id)
        else:
            seen.broke(
                f"creating a subscription to {_brief(events)} was answered {exchange.status}", exchange.id, excerpt=exchange.response_body
            )
    if not seen.findings and _refuses_nothing(view, terms):
        return Observations(missing="it accepts whatever it is asked, so that acceptance means nothing").conclude()
    return seen.conclude()


def _refuses_nothing(view: View, terms: Terms) -> bool:
    """Whether requests that had to be refused were made, and every one was accepted."""
    made = [x for x in view.exchanges if x.operation == "createWebhook" and x.status]
    bad = [x for x in made if x.key != "own" or not (_listed(terms, _events(x) or ()) or _open_question(terms, _events(x) or ()))]
    return bool(bad) and all(_accepted(exchange) for exchange in bad)


def _brief(events: Sequence[str]) -> str:
    return ", ".join(map(repr, events[:3])) + (f" and {len(events) - 3} more" if len(events) > 3 else "")  # noqa: PLR2004 -- a line's worth


@rule("subscriptions", parameters=("forms",))
def unknown_names_are_refused(view: View, terms: Terms) -> Judgement:
    """A subscription that names an unlisted event is refused with 422, however the name is disguised or mixed."""
    seen = Observations(missing="no unlisted name was tried between two accepted controls")
    tried: set[str] = set()
    for exchange in _creates(view):
        events = _events(exchange)
        if not events or _open_question(terms, events) or all(name in terms.contract.catalog or name == "*" for name in events):
            continue
        controls = _controlled(view, terms, exchange)
        refused = exchange.status == UNPROCESSABLE or (_nameless(events) and 400 <= exchange.status <= 499)  # noqa: PLR2004 -- RFC 9110
        if refused and controls:
            tried.add(exchange.purpose)
            seen.saw(exchange.id, *(control.id for control in controls))
        elif not refused and (controls or _accepted(exchange)):
            seen.broke(
                f"a subscription to {_brief(events)} ({exchange.purpose}) was answered {exchange.status}, promised 422",
                exchange.id,
                excerpt=exchange.response_body,
            )
    lost = set(terms.parameters["forms"]) - tried
    if lost and not seen.findings:
        return Observations(missing=f"not tried between accepted controls: {', '.join(sorted(lost))}").conclude()
    return seen.conclude()


def _nameless(events: Sequence[str]) -> bool:
    """Whether an entry is no name at all: the page promises 422 for unlisted names, a malformed request may be told so by any 4xx."""
    return any(not name.strip() for name in events)


def _open_question(terms: Terms, events: Sequence[str]) -> bool:
    """Whether the refusal is an open question: a documented type that the index forgot, or ``*`` among names."""
    uncatalogued = [name for name in events if name not in terms.contract.catalog]
    return all(name == "*" or name in terms.contract.events for name in uncatalogued)


@rule("subscriptions")
def unlisted_but_documented_names(view: View, terms: Terms) -> Judgement:
    """A type that is documented but missing from the index: report whether subscribing to it is accepted."""
    seen = Observations(missing="no such name was tried")
    for exchange in _creates(view):
        for name in _events(exchange) or ():
            if name in terms.contract.events and name not in terms.contract.catalog:
                seen.saw(exchange.id)
                seen.read_as(f"{name} answered {exchange.status}")
    return seen.conclude()


@rule("subscriptions")
def empty_lists_are_refused(view: View, terms: Terms) -> Judgement:
    """A subscription to no event at all is refused as a client error."""
    seen = Observations(missing="no empty list was tried between two accepted controls")
    for exchange in _creates(view):
        if _events(exchange) != []:
            continue
        controls = _controlled(view, terms, exchange)
        if 400 <= exchange.status <= 499 and controls:  # noqa: PLR2004 -- RFC 9110 section 15.5
            seen.saw(exchange.id, *(control.id for control in controls))
            seen.read_as(f"status {exchange.status}")
        elif controls or _accepted(exchange):
            seen.broke(f"an empty list of events was answered {exchange.status}", exchange.id, excerpt=exchange.response_body)
    return seen.conclude()


@rule("subscriptions", needs=("emit",))
def refusals_create_nothing(view: View, _terms: Terms) -> Judgement:
    """What was refused leaves nothing behind: it is not listed and gets no event, while a control is listed and does."""
    seen = Observations(missing="no refused subscription was followed by an event to a control and a canary after it")
    for exchange in (x for x in view.exchanges if x.operation == "createWebhook" and x.status >= 400):  # noqa: PLR2004 -- an error
        endpoint = endpoint_of(exchange)
        if not endpoint:
            continue
        reached = view.by_endpoint.get(endpoint, ())
        listings = [x for x in _listings(view, exchange) if exchange.status != UNPROCESSABLE or x.scope == exchange.scope]
        listed = next((x for x in listings if endpoint and f"/{endpoint}".encode() + b'"' in x.response_body), None)
        if reached or listed is not None:
            what = "got an event" if reached else "is listed"
            culprit = reached[0].id if reached else listed.id if listed else ""
            seen.broke(f"the subscription refused with {exchange.status} ({exchange.purpose}) {what}", exchange.id, culprit)
        elif witnesses := _control_and_canary(view, exchange):
            seen.saw(exchange.id, *witnesses, *(x.id for x in listings[:1]))
            seen.read_as("" if listings else "seen by silence only, no listing")
    return seen.conclude()


def _control_and_canary(view: View, exchange: Exchange) -> tuple[str, ...]:
    """Give an event of ours that a control got after a refusal, and a canary emitted after that event; nothing without both."""
    canary = last_canary(view, exchange.scope)
    if canary is None or canary.emission is None:
        return ()
    before = canary.emission.started_at
    for delivery in view.deliveries:
        made = delivery.emission
        if made is not None and made.scope == exchange.scope and exchange.done_at <= made.started_at and made.done_at <= before:
            return delivery.ids[0], canary.ids[0]
    return ()


def _listings(view: View, exchange: Exchange) -> list[Exchange]:
    """Give the later listings that show at least one accepted control, so that absence means something."""
    known = {record.endpoint_id.encode() for record in view.subscriptions if record.endpoint_id}
    return [
        x
        for x in view.exchanges
        if x.operation == "listWebhooks" and _accepted(x) and x.started_at > exchange.done_at and any(i in x.response_body for i in known)
    ]


@rule("subscriptions")
def a_key_is_required(view: View, terms: Terms) -> Judgement:
    """A request for a subscription without a key or with a wrong one is refused as unauthorised."""
    seen = Observations(missing="no request without a valid key was tried between two accepted controls")
    for exchange in (x for x in view.exchanges if x.key in ("none", "wrong") and x.operation in ("", "createWebhook")):
        controls = _controlled(view, terms, exchange)
        if exchange.status in (401, 403) and controls:
            seen.saw(exchange.id, *(control.id for control in controls))
            seen.read_as(f"{exchange.key} key: {exchange.status}")
        elif controls or _accepted(exchange):
            seen.broke(
                f"{exchange.method} {exchange.path} with {exchange.key} key was answered {exchange.status}",
                exchange.id,
                excerpt=exchange.response_body,
            )
    return seen.conclude()


@rule("subscriptions")
def a_key_is_required_everywhere(view: View, _terms: Terms) -> Judgement:
    """No operation on what exists is granted without a key or with a wrong one, while its owner's is."""
    seen = Observations(missing="no operation was tried without a valid key between two that its owner was granted")
    for exchange in (x for x in view.exchanges if x.key in ("none", "wrong") and x.operation not in ("", "createWebhook") and x.status):
        before, after = _granted(view, exchange)
        if exchange.status not in _REFUSED:
            if before and (after or _accepted(exchange)) and _offered(view, exchange.operation):
                said = f"{exchange.operation} with {exchange.key} key was answered {exchange.status}"
                seen.broke(said, exchange.id, before[-1].id, excerpt=exchange.response_body)
        elif (effect := _effect_of(view, exchange)) is not None:
            seen.broke(f"{exchange.operation} with {exchange.key} key was refused, yet {effect[0]}", exchange.id, effect[1].id)
        elif before and after:
            seen.saw(before[-1].id, exchange.id, after[0].id)
    return seen.conclude()


def _granted(view: View, exchange: Exchange) -> tuple[list[Exchange], list[Exchange]]:
    """Give what the owner was granted at the same path before and after an exchange."""
    own = [x for x in view.exchanges if x.key == "own" and x.path == exchange.path and _accepted(x)]
    return [x for x in own if x.done_at <= exchange.started_at], [x for x in own if x.started_at >= exchange.done_at]


def _offered(view: View, operation: str) -> bool:
    """Whether an owner was ever granted the operation: not every target has all of them."""
    return any(x.operation == operation and x.key == "own" and _accepted(x) for x in view.exchanges)


def _effect_of(view: View, exchange: Exchange) -> tuple[str, Exchange] | None:
    """Give in words what a refused deletion or change did all the same, and the owner's next reading, which shows it."""
    reads = [x for x in view.exchanges if x.operation == "getWebhook" and x.key == "own" and x.path == exchange.path]
    before = [x for x in reads if x.done_at <= exchange.started_at]
    after = [x for x in reads if x.started_at >= exchange.done_at]
    if not before or not after or not _accepted(before[-1]):
        return None
    if after[0].status == 404 and exchange.operation == "deleteWebhook":  # noqa: PLR2004 -- Not Found
        others = [x for x in view.exchanges if x.operation == "deleteWebhook" and x.path == exchange.path and _accepted(x)]
        return None if others else ("it is gone", after[0])
    asked = _events(exchange)
    done = bool(asked) and _shown(after[0]) == asked != _shown(before[-1])
    return ("it was changed", after[0]) if done else None


def _shown(exchange: Exchange) -> object:
    inner = document(exchange.response_body).get("data")
    return inner.get("events") if isinstance(inner, dict) else None


@rule("subscriptions", needs=("scopes",))
def other_tenants_are_shut_out(view: View, _terms: Terms) -> Judgement:
    """Another tenant's valid key can neither list, read, change, test nor delete an endpoint."""
    seen = Observations(missing="no request with another tenant's key was tried between two that its owner was granted")
    for exchange in (x for x in view.exchanges if x.key == "other" and x.status):
        before, after = _granted(view, exchange)
        if exchange.operation == "listWebhooks":
            _judge_foreign_listing(view, exchange, before, seen)
        elif exchange.status not in _REFUSED:
            if _accepted(exchange) or _offered(view, exchange.operation):
                said = f"{exchange.method} {exchange.path} with another tenant's key was answered {exchange.status}"
                seen.broke(said, exchange.id, excerpt=exchange.response_body)
        elif (effect := _effect_of(view, exchange)) is not None:
            said = f"{exchange.method} {exchange.path} with another tenant's key was answered {exchange.status}, yet {effect[0]}"
            seen.broke(said, exchange.id, effect[1].id)
        elif before and after:
            seen.saw(before[-1].id, exchange.id, after[0].id)
            seen.read_as(f"status {exchange.status}")
    return seen.conclude()


def _judge_foreign_listing(view: View, exchange: Exchange, own: list[Exchange], seen: Observations) -> None:
    """Another tenant may list its own endpoints; what the owner's own listing shows must not be among them."""
    known = [r for r in view.subscriptions if r.scope == exchange.scope and r.endpoint_id and own]
    listed = [r for r in known if f'"{r.endpoint_id}"'.encode() in own[-1].response_body]
    leaked = next((r for r in listed if f'"{r.endpoint_id}"'.encode() in exchange.response_body), None)
    if leaked is not None:
        seen.broke(f"a listing with another tenant's key shows endpoint {leaked.endpoint_id}", exchange.id, leaked.id)
    elif listed:
        seen.saw(own[-1].id, exchange.id)

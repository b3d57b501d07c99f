"""What the subscription API answers and does afterwards: described answers, reads that show writes, gone after deletion, events told.

Law: judged from the exchanges and what arrived; routes and statuses come from the contract's OpenAPI description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from hookproof.model.contract import Contract
from hookproof.model.transcript import Attempt, Exchange, Subscription
from hookproof.model.verdict import Judgement, Observations, not_applicable, not_observed
from hookproof.rules.bodies import schema_faults
from hookproof.rules.routing import last_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.subscribing import document
from hookproof.rules.view import View

OK = 200
_MEANING = {"rotated": "updated", "disabled": "updated", "enabled": "updated"}
"""Changes that go by a name of their own in a recording."""
_SECRET = re.compile(rb"\{\{(?:issued )?secret\b")
"""What stands in a recording for a secret, ours or the target's own."""


def operations(contract: Contract) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """Give (path template, method, operation id, operation) of the contract's subscription API."""
    for path, item in contract.subscription_api.get("paths", {}).items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "operationId" in operation:
                yield path, method, operation["operationId"], operation


def _answer_schema(contract: Contract, operation_id: str, status: int) -> str | None:
    """Give the reference of the described answer body, empty if described without a body, None if not described."""
    for path, method, found, operation in operations(contract):
        answers = operation.get("responses", {})
        if found != operation_id or str(status) not in answers:
            continue
        where = f"#/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}/responses/{status}"
        answer = answers[str(status)]
        while "$ref" in answer:
            where = answer["$ref"]
            answer = _resolve(contract, where)
        if "application/json" not in answer.get("content", {}):
            return ""
        where = where.replace("{", "%7B").replace("}", "%7D")
        return f"urn:api{where}/content/application~1json/schema"
    return None


def _resolve(contract: Contract, reference: str) -> Mapping[str, Any]:
    found: Any = contract.subscription_api
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found  # type: ignore[no-any-return] # JSON is untyped


@rule("subscriptions")
def answers_match_the_description(view: View, terms: Terms) -> Judgement:
    """Every answer has a status and a body that the API description gives for the operation."""
    if not terms.contract.subscription_api:
        return not_applicable("the contract describes no subscription API")
    seen = Observations(missing="no operation of the description was called")
    registry = jsonschema_rs.Registry([("urn:api", dict(terms.contract.subscription_api))])
    compiled: dict[str, jsonschema_rs.Draft202012Validator] = {}
    for exchange in (x for x in view.exchanges if x.operation and x.status):
        reference = _answer_schema(terms.contract, exchange.operation, exchange.status)
        if reference is None:
            seen.broke(f"{exchange.operation} was answered {exchange.status}, which is not described", exchange.id)
            continue
        if reference and reference not in compiled:
            compiled[reference] = jsonschema_rs.Draft202012Validator({"$ref": reference}, registry=registry, offline=True)
        faults = schema_faults(compiled[reference], document(exchange.response_body)) if reference else []
        if faults:
            seen.broke(
                f"the answer {exchange.status} to {exchange.operation}: {faults[0][1][:200]}",
                exchange.id,
                excerpt=exchange.response_body,
            )
        else:
            seen.saw(exchange.id)
    return seen.conclude()


def _own(view: View, operation: str) -> list[Exchange]:
    return [x for x in view.exchanges if x.operation == operation and x.key == "own"]


def _of(exchange: Exchange, endpoint_id: str) -> bool:
    return bool(endpoint_id) and endpoint_id in exchange.path.split("/")


@rule("subscriptions")
def reads_show_what_was_written(view: View, _terms: Terms) -> Judgement:
    """Reading an endpoint shows the address and events that were last accepted for it."""
    seen = Observations(missing="no endpoint was read after it was created or changed")
    for exchange in _own(view, "getWebhook"):
        states = [r for r in view.subscriptions if r.at <= exchange.started_at and _of(exchange, r.endpoint_id)]
        if not states or states[-1].action == "deleted" or _taken_away(view, exchange):
            continue
        shown = document(exchange.response_body).get("data")
        events = shown.get("events") if isinstance(shown, dict) else None
        url = str(shown.get("url", "")) if isinstance(shown, dict) else ""
        if isinstance(events, list) and _same_names(events, states[-1].event_types) and url.endswith("/" + states[-1].endpoint):
            seen.saw(states[-1].id, exchange.id)
        else:
            wanted = f"events {sorted(states[-1].event_types)[:4]}"
            seen.broke(
                f"reading {states[-1].endpoint_id} (status {exchange.status}) does not show {wanted}",
                states[-1].id,
                exchange.id,
                excerpt=exchange.response_body,
            )
    return seen.conclude()


def _taken_away(view: View, exchange: Exchange) -> bool:
    """Whether an endpoint that is not found may be gone by the hand of somebody who had no right to it."""
    tried = (x for x in view.exchanges if x.operation == "deleteWebhook" and x.key != "own" and x.path == exchange.path)
    return exchange.status in (404, 410) and any(x.done_at <= exchange.started_at for x in tried)


def _same_names(shown: list[Any], wanted: tuple[str, ...]) -> bool:
    return all(isinstance(name, str) for name in shown) and set(shown) == set(wanted)


@rule("subscriptions")
def deleted_endpoints_are_gone(view: View, _terms: Terms) -> Judgement:
    """After a deletion the endpoint is not found and not listed."""
    seen = Observations(missing="no deletion was followed by a read or a listing")
    for record in (r for r in view.subscriptions if r.action == "deleted"):
        for exchange in _own(view, "getWebhook") + _own(view, "listWebhooks"):
            if exchange.started_at < record.at or exchange.scope != record.scope:
                continue
            listing = exchange.operation == "listWebhooks"
            if _shows(exchange, record) and (exchange.status == OK if listing else _works(view, exchange)):
                seen.broke(
                    f"deleted endpoint {record.endpoint_id} is still shown by {exchange.operation} ({exchange.status})",
                    record.id,
                    exchange.id,
                    excerpt=exchange.response_body,
                )
            elif _works(view, exchange) and (listing or _of(exchange, record.endpoint_id)):
                seen.saw(record.id, exchange.id)
    return seen.conclude()


def _works(view: View, exchange: Exchange) -> bool:
    """Whether absence means something: this very listing shows an endpoint that is alive, or some read by the owner succeeded."""
    if exchange.operation == "listWebhooks":
        return exchange.status == OK and any(f'"{r.endpoint_id}"'.encode() in exchange.response_body for r in _alive(view, exchange))
    return bool(exchange.status) and any(x.status == OK for x in _own(view, "getWebhook"))


def _alive(view: View, exchange: Exchange) -> list[Subscription]:
    """Give the subscriptions of the exchange's scope that were in force when it was made."""
    latest = {r.endpoint: r for r in view.subscriptions if r.at <= exchange.started_at and r.scope == exchange.scope}
    return [record for record in latest.values() if record.action != "deleted" and record.endpoint_id]


def _shows(exchange: Exchange, record: Subscription) -> bool:
    if exchange.operation == "getWebhook":
        return _of(exchange, record.endpoint_id) and exchange.status not in (404, 410)
    return f'"{record.endpoint_id}"'.encode() in exchange.response_body


@rule("subscriptions")
def secrets_are_shown_once(view: View, _terms: Terms) -> Judgement:
    """After its creation no answer shows an endpoint's secret again."""
    seen = Observations(missing="no endpoint was read or listed after its creation")
    told = any(_SECRET.search(x.response_body) for x in _own(view, "createWebhook"))
    known = [f'/{record.endpoint}"'.encode() for record in view.subscriptions if record.endpoint_id]
    for operation in ("getWebhook", "listWebhooks", "updateWebhook", "listDeliveries"):
        for exchange in _own(view, operation):
            if _SECRET.search(exchange.response_body):
                seen.broke(f"the answer to {operation} shows the signing secret", exchange.id)
            elif exchange.status == OK and (told or any(name in exchange.response_body for name in known)):
                seen.saw(exchange.id)  # where no secret was ever shown, nor is an address of ours, nothing was left out
    return seen.conclude()


@rule("subscriptions", needs=("emit",), parameters=("action",))
def management_is_told(view: View, terms: Terms) -> Judgement:
    """Creating, changing or deleting an endpoint sends the promised event with its id to those who subscribed to it."""
    action = terms.parameters["action"]
    kind = terms.contract.policy.management.get(action)
    if kind is None:
        return not_applicable(f"the contract promises no event for {action}")
    seen = Observations(missing=f"no endpoint was {action} while another subscribed to {kind}, with a canary afterwards")
    undecided = 0
    for record in (r for r in view.subscriptions if _MEANING.get(r.action, r.action) == action):
        asked = view.asked_at(record)
        watchers = [
            e
            for e, h in view.history.items()
            if kind in h[0].event_types and h[0].at < record.at and e != record.endpoint and h[0].scope == record.scope
        ]
        canary = last_canary(view, record.scope)
        for watcher in watchers:
            told = [
                a
                for a in view.by_endpoint.get(watcher, ())
                if a.accepted_at > asked
                and view.body(a).type == kind
                and isinstance(view.body(a).data, dict)
                and record.endpoint_id in view.body(a).data.values()
            ]
            if told:
                seen.saw(record.id, told[0].id)
            elif canary is not None and canary.emission is not None and canary.emission.started_at > record.at:
                what = f"endpoint {record.endpoint_id} was {record.action}"
                seen.broke(f"{what}, but {watcher} got no {kind!r} about it", record.id, canary.ids[0])
            else:
                undecided += 1
    if undecided and not seen.findings:
        return not_observed(f"{undecided} changes had not been told, and no canary came after them")
    return seen.conclude()


@rule("subscriptions", needs=("emit",))
def the_delivery_log_is_true(view: View, _terms: Terms) -> Judgement:
    """The delivery log of an endpoint lists the events that it got and how it answered, and no others of ours as answered."""
    seen = Observations(missing="no delivery log was read after a delivery with a canary in between")
    for exchange in (x for x in _own(view, "listDeliveries") if x.status == OK):
        owner = next((r.endpoint for r in view.subscriptions if _of(exchange, r.endpoint_id)), None)
        got = view.by_endpoint.get(owner or "", ())
        known = [a for a in got if a.at < _last_canary_before(view, exchange)]  # later ones may not have been written down yet
        entries = document(exchange.response_body).get("data")
        if not known or not isinstance(entries, list):
            continue
        entries = [entry for entry in entries if isinstance(entry, dict)]
        for attempt in {event_id: a for a in known if (event_id := view.body(a).event_id) is not None}.values():
            _look_up(view, attempt, entries, exchange, seen)
        _find_invented(view, got, entries, exchange, seen)
    return seen.conclude()


def _last_canary_before(view: View, exchange: Exchange) -> int:
    """Give the moment at which the last canary that came before an exchange was emitted."""
    came = [d for d in view.canaries.get(exchange.scope, ()) if d.attempts[0].accepted_at < exchange.started_at]
    return max((d.emission.started_at for d in came if d.emission is not None), default=0)


def _look_up(view: View, attempt: Attempt, entries: list[dict[str, Any]], exchange: Exchange, seen: Observations) -> None:
    event_id = view.body(attempt).event_id
    found = [entry.get("response_status") for entry in entries if entry.get("event_id") == event_id]
    if attempt.answer.status in found:
        seen.saw(attempt.id, exchange.id)
        return
    what = f"gives status {found[-1]!r} for" if found else "does not list"
    message = f"the delivery log {what} event {event_id!r}, answered {attempt.answer.status}"
    seen.broke(message, attempt.id, exchange.id, excerpt=exchange.response_body)


def _find_invented(view: View, got: Sequence[Attempt], entries: list[dict[str, Any]], exchange: Exchange, seen: Observations) -> None:
    """Look for events of ours that the log calls answered and that never came."""
    came = {view.body(attempt).event_id for attempt in got}
    for entry in entries:
        told, status = entry.get("event_id"), entry.get("response_status")
        emission = view.emission_of.get(told) if isinstance(told, str) else None
        if emission is not None and told not in came and isinstance(status, int):
            message = f"the delivery log says that event {told!r} was answered {status}, but it never came to that endpoint"
            seen.broke(message, emission.id, exchange.id, excerpt=exchange.response_body)


@rule("subscriptions", needs=("emit",))
def a_test_call_sends_a_delivery(view: View, _terms: Terms) -> Judgement:
    """Asking for a test sends a delivery to that endpoint."""
    seen = Observations(missing="no test was accepted with a canary afterwards")
    for exchange in (x for x in _own(view, "testWebhook") if 200 <= x.status <= 299):  # noqa: PLR2004 -- RFC 9110 section 15.3
        owner = next((r for r in view.subscriptions if _of(exchange, r.endpoint_id)), None)
        if owner is None:
            continue
        sent = _untold(view, owner.endpoint, exchange.started_at)
        canary = last_canary(view, owner.scope)
        if sent:
            seen.saw(exchange.id, sent[0].id)
        elif canary is not None and canary.emission is not None and canary.emission.started_at > exchange.done_at:
            seen.broke(f"a test of {owner.endpoint_id} was accepted, but nothing was sent", exchange.id, canary.ids[0])
    return seen.conclude()


def _untold(view: View, endpoint: str, since: int) -> list[Attempt]:
    """Give what came since a moment, can be read, is no event of ours and has an id that was not seen before."""
    attempts = view.by_endpoint.get(endpoint, ())
    old = {None, *(view.body(a).event_id for a in attempts if a.accepted_at <= since)}
    return [a for a in attempts if a.accepted_at > since and view.body(a).event_id not in old and view.meant(a) is None]

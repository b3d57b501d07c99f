"""What is changed about the requests that Schemathesis makes, and which of its findings are none.

Law: no generated address leads anywhere; a finding is dropped only where the description promises nothing that was broken.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import schemathesis
from schemathesis import HookContext, Response

from hookproof.schemathesis_hooks.asking import Asked, as_object, sent_body
from hookproof.schemathesis_hooks.checks import REFUSES_UNKNOWN, demanding, operation_of
from hookproof.schemathesis_hooks.description import CREATE, PUBLISHED, UPDATE, disguises, known, narrowed, plain, wellformed
from hookproof.schemathesis_hooks.settings import current

_UNPROCESSABLE, _NOT_FOUND, _BUSY, _UNAVAILABLE = 422, 404, 429, 503


@schemathesis.hook
def before_load_schema(_context: HookContext, raw_schema: MutableMapping[str, Any]) -> None:
    """Narrow the requests of the description to the contract's catalog; keep the description as it stands beside it."""
    contract = current().settings.contract
    if contract is not None and PUBLISHED not in raw_schema:
        raw_schema[PUBLISHED] = plain(raw_schema)
        narrowed(raw_schema, contract)


@schemathesis.hook
def before_call(_context: HookContext, case: Asked, _kwargs: dict[str, Any]) -> None:
    """Exchange an address that somebody might answer at for one that leads nowhere, and that no other request has."""
    if operation_of(case) in (CREATE, UPDATE) and isinstance(case.body, dict):
        url = case.body.get("url")
        if isinstance(url, str) and url.strip().lower().startswith(("http:", "https:")):
            case.body = {**case.body, "url": current().address()}


@schemathesis.hook
def before_add_examples(context: HookContext, examples: list[Asked]) -> None:
    """Add subscriptions to names that must be refused, where the contract says so: hardly any of them is made up by chance."""
    contract, operation = demanding(current(), REFUSES_UNKNOWN), context.operation
    if contract is None or operation is None or operation.definition.raw.get("operationId") != CREATE:
        return
    bodies: list[dict[str, Any]] = [{"url": current().settings.endpoint, "events": names} for names in disguises(contract)]
    examples.extend(operation.Case(body=body, media_type="application/json") for body in bodies)


@schemathesis.hook
def filter_failure(_context: HookContext, failure: AssertionError, case: Asked, response: Response) -> bool:
    """Drop a finding that breaks no promise."""
    harmless = _HARMLESS.get(type(failure).__name__)
    return harmless is None or not harmless(failure, case, response)


def _invented_cursor(_failure: AssertionError, _case: Asked, response: Response) -> bool:
    """Cursors come from the platform; what we make up may be refused."""
    asked = parse_qs(urlsplit(str(response.request.url)).query, keep_blank_values=True)
    return response.status_code == _UNPROCESSABLE and "cursor" in asked


def _refusal_not_promised(_failure: AssertionError, case: Asked, response: Response) -> bool:
    """We send less than may be sent: what lies between may be accepted."""
    contract, operation = current().settings.contract, operation_of(case)
    if contract is None or operation not in (CREATE, UPDATE):
        return False
    asked = as_object(sent_body(response))
    names = asked.get("events", [])
    listed = isinstance(names, list) and all(isinstance(name, str) and known(contract, name) for name in names)
    return bool(asked) and listed and wellformed(_description(case), operation, asked)


def _hidden(failure: AssertionError, _case: Asked, _response: Response) -> bool:
    """Whoever has no key may be told that there is nothing."""
    return f"got `{_NOT_FOUND} " in str(failure)


def _busy(_failure: AssertionError, _case: Asked, response: Response) -> bool:
    """Let a platform ask for patience at any time (RFC 6585 section 4, RFC 9110 section 15.6.4)."""
    return response.status_code == _BUSY or (response.status_code == _UNAVAILABLE and "retry-after" in response.headers)


def _description(case: Asked) -> dict[str, Any]:
    schema: Any = case.operation.schema
    found: dict[str, Any] = schema.raw_schema
    return found


_HARMLESS = {
    "RejectedPositiveData": _invented_cursor,
    "AcceptedNegativeData": _refusal_not_promised,
    "IgnoredAuth": _hidden,
    "UndefinedStatusCode": _busy,
    "ServerError": _busy,
}
"""What each kind of finding is asked before it counts."""

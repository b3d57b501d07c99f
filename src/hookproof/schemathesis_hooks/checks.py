"""Our checks, as Schemathesis knows checks: what its own cannot know of subscriptions.

Law: a check speaks only where the request bears the owner's key and means something; a promise that the contract does not make is not
asked for. Whatever a check makes it removes, and no message shows a key or a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import schemathesis
from schemathesis import CheckContext, Response

from hookproof.model.contract import Contract
from hookproof.schemathesis_hooks.asking import Asked, Desk, Reply, as_object, resource, sent_body
from hookproof.schemathesis_hooks.description import CREATE, DELETE, LIST, READ, UPDATE, key_header, known, wellformed
from hookproof.schemathesis_hooks.settings import Session, current

REFUSES_UNKNOWN = "unknown-names-are-refused"
"""The rule of the clause without which nothing is promised of unknown names."""
_UNPROCESSABLE = 422
_GONE = (404, 410)
_BUSY = 429
_FOREIGN = ("testWebhook", "listDeliveries", UPDATE, DELETE)
_TRIED = {UPDATE: {"active": False}}
_NAMELESS = ("", "None", "null")
"""How an address is stored that was not given."""


def operation_of(case: Asked) -> str:
    """Give the id of the operation that a request is for; empty if the description names none."""
    raw: Mapping[str, Any] = case.operation.definition.raw
    return str(raw.get("operationId", ""))


def owned(session: Session, response: Response, case: Asked) -> bool:
    """Whether a request was made with the owner's key and with the method of its operation."""
    sent = {name.lower(): value for name, value in response.request.headers.items()}
    key = sent.get(key_header(Desk.of(case, session.http).description).lower())
    return bool(session.settings.api_key) and key == session.settings.api_key and response.request.method == case.operation.method.upper()


def _endpoint(case: Asked) -> str:
    return str((case.path_parameters or {}).get("id", ""))


def demanding(session: Session, rule: str) -> Contract | None:
    """Give the contract if it has a clause that is judged by a rule."""
    contract = session.settings.contract
    return contract if contract is not None and any(clause.rule == rule for clause in contract.clauses) else None


def _broken(promised: str, seen: str, session: Session) -> AssertionError:
    return AssertionError(session.masked(f"promised: {promised}\nseen: {seen}"))


def _one_of_many(ctx: CheckContext) -> bool:
    """Whether a request is of the phase that makes one for each name of the catalog: what is asked of an endpoint is asked of others."""
    return ctx.phase is not None and ctx.phase.value == "coverage"


def _accepted(response: Response) -> bool:
    return 200 <= response.status_code <= 299  # noqa: PLR2004 -- RFC 9110 section 15.3


# -- names -------------------------------------------------------------------------------------------------------------------------


@schemathesis.check
def unknown_names_are_refused(_ctx: CheckContext, response: Response, case: Asked) -> bool | None:
    """Demand that a subscription which names an event outside the catalog, and is right in all else, is refused with status 422."""
    session = current()
    contract = demanding(session, REFUSES_UNKNOWN)
    if contract is None or operation_of(case) != CREATE or not owned(session, response, case):
        return True
    asked = as_object(sent_body(response))
    names = asked.get("events")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return True
    unknown = [name for name in names if not known(contract, name)]
    desk = Desk.of(case, session.http)
    if not unknown or response.status_code in (_UNPROCESSABLE, _BUSY) or not wellformed(desk.description, CREATE, dict(asked)):
        return True
    promised = "a subscription that names an event outside the catalog is refused with status 422"
    seen = f"status {response.status_code} for {unknown[0]!r}, which is in no catalog"
    if _accepted(response):
        raise _broken(promised, seen, session)
    control = desk.call(CREATE, session.settings.api_key, body={**asked, "events": list(contract.catalog[:1])})
    if not control.accepted:
        return True  # it refuses what it must accept: nothing is said of names
    desk.call(DELETE, session.settings.api_key, endpoint=str(resource(control.document).get("id", "")))
    raise _broken(promised, f"{seen}; the same request with a listed name was answered {control.status}", session)


@schemathesis.check
def refusals_create_nothing(_ctx: CheckContext, response: Response, case: Asked) -> bool | None:
    """Demand that a refused subscription leaves nothing behind."""
    session = current()
    if operation_of(case) != CREATE or not owned(session, response, case) or _accepted(response):
        return True
    listing = Desk.of(case, session.http).listing(session.settings.api_key)
    if listing is None:
        return True
    address = as_object(sent_body(response)).get("url")
    ours = (*_NAMELESS, address, str(address)) if not address else (address, str(address))
    fresh = [found for found, url in listing.items() if found not in session.listed and (url in ours or url is None)]
    session.listed.update(listing)
    session.created.update(dict.fromkeys(fresh, Desk.of(case, session.http)))
    if fresh:
        raise _broken("a refused subscription leaves nothing behind", f"status {response.status_code}, and endpoint {fresh[0]}", session)
    return None


# -- secrets -----------------------------------------------------------------------------------------------------------------------


@schemathesis.check
def secrets_are_shown_once(ctx: CheckContext, response: Response, case: Asked) -> bool | None:
    """Let no answer show a secret or a key, but for the secret in the answer to the creation of its endpoint."""
    session = current()
    if not owned(session, response, case):
        return True
    _learn(session, response, case)
    if operation_of(case) != CREATE:
        shown = [*(value for values in response.headers.values() for value in values), response.content.decode("utf-8", "replace")]
        _refuse_shown(session, "\n".join(shown), f"the answer {response.status_code} to {operation_of(case)}")
        return None
    if not _accepted(response) or _one_of_many(ctx):
        return None
    made, desk = str(resource(as_object(response.content)).get("id", "")), Desk.of(case, session.http)
    for operation in (READ, LIST):
        reply = desk.call(operation, session.settings.api_key, endpoint=made)
        _refuse_shown(session, reply.body.decode("utf-8", "replace"), f"the answer {reply.status} to {operation}")
    return None


def _learn(session: Session, response: Response, case: Asked) -> None:
    """Remember the secrets of a request that was accepted and those of its answer, and what it made."""
    operation = operation_of(case)
    if operation not in (CREATE, UPDATE) or not _accepted(response):
        return
    session.learn(as_object(sent_body(response)).get("secret"))
    made = resource(as_object(response.content))
    if operation == CREATE:
        session.learn(made.get("signing_secret"), made.get("secret"))
        if isinstance(made.get("id"), str):
            session.created[made["id"]] = Desk.of(case, session.http)
            session.listed.add(made["id"])


def _refuse_shown(session: Session, text: str, where: str) -> None:
    plain = text.replace("\\/", "/")
    if session.settings.api_key in plain or (session.settings.other_key and session.settings.other_key in plain):
        raise _broken("no answer shows a key", f"{where} shows one", session)
    if any(secret in plain for secret in session.secrets):
        raise _broken("a secret is shown at the creation of its endpoint only", f"{where} shows one", session)


# -- tenants -----------------------------------------------------------------------------------------------------------------------


@schemathesis.check
def other_tenants_are_shut_out(ctx: CheckContext, response: Response, case: Asked) -> bool | None:
    """Let another tenant's key neither list, read, change, test nor delete an endpoint."""
    session = current()
    stranger, owner = session.settings.other_key, session.settings.api_key
    if not stranger or _one_of_many(ctx) or operation_of(case) != CREATE or not owned(session, response, case) or not _accepted(response):
        return True
    made, desk = str(resource(as_object(response.content)).get("id", "")), Desk.of(case, session.http)
    before = desk.call(READ, owner, endpoint=made)
    if not made or not before.accepted:
        return True
    promised = "another tenant's key cannot see, change or delete an endpoint"
    told = {name: desk.call(name, stranger, endpoint=made, body=_TRIED.get(name)).status for name in (READ, *_FOREIGN)}
    let_in = [f"{name} was answered {status}" for name, status in told.items() if Reply(status=status).accepted]
    if let_in:
        raise _broken(promised, f"with the key of another tenant {', '.join(let_in)}", session)
    after = desk.call(READ, owner, endpoint=made)
    if not _same(before, after):
        seen = ", ".join(f"{name} {status}" for name, status in told.items())
        raise _broken(promised, f"another tenant was refused ({seen}), and then the owner read another answer ({after.status})", session)
    if made in (desk.listing(stranger) or {}):
        raise _broken(promised, "the listing of another tenant shows it", session)
    return None


def _same(before: Reply, after: Reply) -> bool:
    """Whether an endpoint is as it was; an answer that could not be had says nothing."""
    if after.accepted:
        return resource(before.document) == resource(after.document)
    return after.status not in _GONE


# -- deletion ----------------------------------------------------------------------------------------------------------------------


@schemathesis.check
def deleting_twice_is_deleting_once(_ctx: CheckContext, response: Response, case: Asked) -> bool | None:
    """Let a deleted endpoint be neither found nor listed; deleting it again is answered 2xx, 404 or 410 and removes nothing else."""
    session = current()
    if operation_of(case) != DELETE or not owned(session, response, case) or not _accepted(response):
        return True
    gone, desk, key = _endpoint(case), Desk.of(case, session.http), session.settings.api_key
    promised = "a deleted endpoint is neither found nor listed"
    read = desk.call(READ, key, endpoint=gone)
    if read.accepted:
        raise _broken(promised, f"after its deletion a read is answered {read.status}", session)
    before = desk.listing(key)
    if before is not None and gone in before:
        raise _broken(promised, "after its deletion it is still listed", session)
    session.created.pop(gone, None)
    again = desk.call(DELETE, key, endpoint=gone)
    promised = "deleting an endpoint again changes nothing and is answered 2xx, 404 or 410"
    if again.status and not again.accepted and again.status not in (*_GONE, _BUSY):
        raise _broken(promised, f"the second deletion was answered {again.status}", session)
    after = desk.listing(key)
    lost = sorted(set(before or ()) - set(after)) if after is not None else []
    if lost:
        raise _broken(promised, f"with the second deletion {lost[0]} vanished too", session)
    return None


@schemathesis.check
class WhatWasMadeCanBeRemoved:
    """Removes, after the run, every endpoint that the run made; fails if one cannot be removed."""

    def after_run(self, _ctx: CheckContext) -> None:
        """Remove them."""
        left = remove_all(current())
        if left:
            raise _broken("what was made can be removed", f"{len(left)} endpoints are left, for example {left[0]}", current())


def remove_all(session: Session) -> list[str]:
    """Delete what was made and may still be there; give the ids of what is left."""
    for made, desk in list(session.created.items()):
        reply = desk.call(DELETE, session.settings.api_key, endpoint=made)
        if reply.accepted or reply.status in _GONE or not desk.offers(DELETE):
            session.created.pop(made)
    return sorted(session.created)


OURS = (unknown_names_are_refused, refusals_create_nothing, secrets_are_shown_once, other_tenants_are_shut_out,
        deleting_twice_is_deleting_once)  # fmt: skip

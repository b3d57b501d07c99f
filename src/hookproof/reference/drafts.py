"""Checks what a client asks for before it becomes an endpoint, and shows what became of it.

Law: a member is checked when it is given; an unknown member is ignored; the first fault is refused with its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from hookproof.model.contract import Contract
from hookproof.reference.headers import STANDARD
from hookproof.reference.records import Endpoint
from hookproof.reference.refusals import invalid
from hookproof.reference.signatures import key_bytes
from hookproof.reference.timekeeping import rfc3339

_LONGEST_URL = 2048
_MEMBERS = ("url", "events", "secret", "active", "description")


def draft(document: Mapping[str, Any], contract: Contract, *, complete: bool) -> dict[str, Any]:
    """Give the checked members of a request body; ``complete`` demands those without which there is no endpoint."""
    for name in ("url", "events") if complete else ():
        if name not in document:
            raise invalid(f"{name} is missing")
    if not document:
        raise invalid("the body names nothing to change")
    given = {name: document[name] for name in _MEMBERS if name in document}
    if "url" in given:
        _check_url(given["url"])
    if "events" in given:
        given["events"] = _checked_events(given["events"], contract)
    if "secret" in given:
        _check_secret(given["secret"], contract)
    if not isinstance(given.get("active", True), bool):
        raise invalid("active is neither true nor false")
    if not isinstance(given.get("description", ""), str):
        raise invalid("description is not a string")
    return given


def shown(endpoint: Endpoint) -> dict[str, Any]:
    """Give an endpoint as answers show it, without its secret."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "description": endpoint.description,
        "active": endpoint.active,
        "created_at": rfc3339(endpoint.created_at),
    }


def _check_url(url: object) -> None:
    """Loopback and plain HTTP are allowed: the reference only ever runs in a test environment."""
    if not isinstance(url, str) or len(url) > _LONGEST_URL or not re.fullmatch(r"[!-~]+", url):
        raise invalid("url is not an absolute http or https URL")
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    else:
        whole = whole and parts.username is None and not re.search(r'["<>\\^`{|}]', url)
    if not whole:
        raise invalid("url is not an absolute http or https URL")


def _checked_events(events: object, contract: Contract) -> tuple[str, ...]:
    if not isinstance(events, list) or not events or not all(isinstance(name, str) and name for name in events):
        raise invalid("events is not a non-empty list of names")
    # A type that is documented but missing from the provider's index may be named too: it is known, only its listing is in doubt.
    unknown = [name for name in events if not _known(name, contract)]
    if unknown and not (events == ["*"] and "all" in contract.policy.wildcards):
        raise invalid(f"events names unknown types: {', '.join(map(ascii, unknown[:5]))}")
    return tuple(events)


def _known(name: str, contract: Contract) -> bool:
    if name in contract.events or contract.open_catalog:
        return True
    prefix = name[:-1] if name.endswith("*") and "prefix" in contract.policy.wildcards else ""
    return bool(prefix) and any(event.startswith(prefix) for event in contract.events)


def _check_secret(secret: object, contract: Contract) -> None:
    signing = contract.policy.signing
    if signing is None or STANDARD not in signing.schemes:  # any text serves
        if not isinstance(secret, str) or not secret or _unwritable(secret):
            raise invalid("secret is not a text")
        return
    try:
        key_bytes(secret if isinstance(secret, str) else "")
    except ValueError as error:
        raise invalid(f"secret is malformed: {error}") from None


def _unwritable(text: str) -> bool:
    """Whether a text has no bytes: half of a surrogate pair, which JSON can name, is no character."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)

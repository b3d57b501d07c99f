"""How flaws get at a body: its bytes, its envelope as a value, or every value of what happened.

Law: a flaw changes what it is given, so that several may be switched on at once; a body that another one spoilt is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hookproof.model.contract import Contract
from hookproof.reference import jsontext
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw

Change = Callable[[Conduct], Conduct]


def flaw(name: str, row: str, title: str, conduct: Change, *breaks: str, implies: tuple[str, ...] = ()) -> Flaw:
    """Make a flaw of which nothing but the conduct differs."""
    return Flaw(id=name, row=row, title=title, conduct=conduct, breaks=breaks, implies=implies)


def raw(change: Callable[[bytes], bytes]) -> Change:
    """Change the bytes of every body when the event happens."""

    def flawed(conduct: Conduct) -> Conduct:
        def render(contract: Contract, event_id: str, event_type: str, created_at: int, content: dict[str, Any]) -> bytes:
            return change(conduct.render(contract, event_id, event_type, created_at, content))

        return replace(conduct, render=render)

    return flawed


def changed(body: bytes, change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    """Change one envelope as a value; numbers keep their digits."""
    try:
        value = jsontext.read(body, exact=True)
    except ValueError:
        return body
    return jsontext.compact(change(value)) if isinstance(value, dict) else body


def rewritten(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    """Change every envelope as a value when the event happens."""
    return raw(lambda body: changed(body, change))


def each_value(change: Callable[[Any], Any]) -> Change:
    """Change every value of what happened, which is the whole body where no member holds it; what was cut to its identifiers stays."""

    def altered(body: dict[str, Any]) -> dict[str, Any]:
        if "data" in body:
            return body if "truncated" in body else {**body, "data": _each(body["data"], change)}
        whole: dict[str, Any] = _each(body, change)
        return whole

    return rewritten(altered)


def _each(value: Any, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 -- any JSON value
    if isinstance(value, dict):
        value = {name: _each(member, change) for name, member in value.items()}
    elif isinstance(value, list):
        value = [_each(item, change) for item in value]
    return change(value)

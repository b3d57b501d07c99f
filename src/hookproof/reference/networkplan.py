"""Checks what the control interface is asked to plan for the network.

Law: names end in ``.test``, so that nothing real is ever answered for; a member that is not given plans nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hookproof.reference.network import normal
from hookproof.reference.refusals import invalid

_MOST_NAMES = 1000
_LARGEST_PORT = 65_535


def plan_asked(document: Mapping[str, Any]) -> tuple[dict[str, list[list[str]]], dict[str, int], str]:
    """Give names with their answers, routes and authorities; raise ``RefusalError`` for the first fault."""
    names, routes, authorities = document.get("names", {}), document.get("routes", {}), document.get("authorities", "")
    if not isinstance(names, dict) or len(names) > _MOST_NAMES or not all(map(_is_name, names)):
        raise invalid("names is not an object with names under .test")
    if not all(_are_answers(lists) for lists in names.values()):
        raise invalid("names holds something else than non-empty lists of lists of addresses")
    if not isinstance(routes, dict) or not all(normal(address) and _is_port(port) for address, port in routes.items()):
        raise invalid("routes is not an object of ports by address")
    if not isinstance(authorities, str) or not authorities.isascii():
        raise invalid("authorities is not text in PEM")
    return names, routes, authorities


def _is_name(name: str) -> bool:
    return name.endswith(".test") and name == name.lower()


def _are_answers(lists: object) -> bool:
    if not isinstance(lists, list) or not lists:
        return False
    return all(isinstance(listed, list) and all(isinstance(each, str) and normal(each) for each in listed) for listed in lists)


def _is_port(port: object) -> bool:
    return isinstance(port, int) and not isinstance(port, bool) and 0 < port <= _LARGEST_PORT

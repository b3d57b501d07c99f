"""Keys for things whose names hold characters that a format does not allow.

Law: different names have different keys, and a name that is allowed is its own key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]+")


def keys(names: Iterable[str]) -> Mapping[str, str]:
    """Give each name its key of ``A-Z a-z 0-9 _ . -``, the form that OpenAPI, AsyncAPI and Svix have in common."""
    known = sorted(set(names))
    found = {name: name for name in known if _FORBIDDEN.search(name) is None and name}
    taken = set(found.values())
    for name in known:
        if name not in found:
            found[name] = key = free(_FORBIDDEN.sub(".", name) or "-", taken)
            taken.add(key)
    return {name: found[name] for name in known}


def free(wanted: str, taken: set[str]) -> str:
    """Give a key that is not taken yet: the wanted one, or that with a number."""
    if wanted not in taken:
        return wanted
    return next(key for key in (f"{wanted}-{number}" for number in range(2, len(taken) + 3)) if key not in taken)

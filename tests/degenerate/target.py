"""What a degenerate target is: something that listens where a platform should be, and how a run before it must end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from hookproof.staging.profile import Profile

HASTY = Profile(name="quick", samples=0, real_wait=0.0, patience=0.3, answer=10.0, ready=10.0)
"""For targets that answer but do not deliver."""

CURT = Profile(name="quick", samples=0, real_wait=0.0, patience=0.3, answer=0.4, ready=0.4)
"""For targets that do not answer, or never become ready."""

PATIENT = Profile(name="quick", samples=0, real_wait=0.0, patience=10.0, answer=30.0, ready=60.0)
"""For targets that are right."""

CONFORMS, BROKEN, CONFIGURATION, NOTHING, UNREACHABLE = 0, 1, 4, 5, 6
"""Statuses with which a run ends."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Target:
    """One target.

    ``law``: how it behaves, in one sentence. ``ends``: the status of a run before it, ``says`` a part of the last line. ``keeps``:
    clauses without the provider's name, or patterns of them, that it may keep, each with the reason. ``breaks``: clauses that must
    be found broken, ``loses`` those, or patterns, that must not be kept. ``stages``: the situations that are staged, all where empty.
    """

    name: str
    law: str
    serve: Callable[[], AbstractContextManager[str]]
    ends: int
    says: str = ""
    keeps: Mapping[str, str] = field(default_factory=dict)
    breaks: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    profile: Profile = HASTY

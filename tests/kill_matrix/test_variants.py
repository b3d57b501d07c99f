"""Odd but legal platforms before the real suite: no promise is called broken, and the judge names the reading that each one chose."""

from __future__ import annotations

import os
from functools import cache

import pytest

from hookproof.judge import items
from hookproof.model.contract import Role
from hookproof.model.verdict import Level, Outcome, Verdict
from hookproof.reference.departures import Departures, Variant
from hookproof.reference.timekeeping import REAL, SCALED, VIRTUAL, Timekeeping
from hookproof.reference.variants.catalogue import VARIANTS
from hookproof.staging.profile import PROFILES, Profile
from tests.kill_matrix.trial import short, tried
from tests.suites.courtroom import orbit

LEAST = 32
PROFILE_OF = {
    VIRTUAL: PROFILES["quick"],
    SCALED: Profile(name="fast", samples=0, real_wait=60.0, patience=2.0),
    REAL: Profile(name="brief", samples=0, real_wait=0.0, patience=1.0),
}
"""How a platform is put through by the time that it keeps: long enough to see what is promised, and no longer."""

LATE, SHORT = "everything-300-milliseconds-late", {"routing", "sequences", "signatures"}
"""A platform so slow that six minutes of it are kept for the night, and the situations that are tried by day."""

WHOLE = os.environ.get("HOOKPROOF_NIGHTLY") == "1"

SETTLED = (Outcome.KEPT, Outcome.NOT_APPLICABLE)
PLATFORMS = {name: variant for name, variant in VARIANTS.items() if variant.role is Role.PLATFORM}
NAMED = pytest.mark.parametrize("variant", [pytest.param(v, id=v.id, marks=pytest.mark.xdist_group(v.id)) for v in PLATFORMS.values()])
"""Both tests of a variant are given to one worker, which judges it once."""


@cache
def _judged(name: str) -> tuple[Verdict, ...]:
    """Put a variant through everything."""
    profile = PROFILE_OF[VARIANTS[name].timekeeping(Timekeeping()).mode]
    by_day = {short(each.clause.id) for each in items(orbit(), Role.PLATFORM) if {*each.rule.situations} <= SHORT}
    return tried(Departures(variants=(name,)), profile=profile, only=by_day if name == LATE and not WHOLE else None).verdicts


@NAMED
def test_a_legal_variant_keeps_every_must(variant: Variant) -> None:
    """An odd but legal platform breaks no MUST, breaks the named SHOULDs alone, and leaves nothing unobserved that it shows."""
    verdicts = _judged(variant.id)
    legal = (*SETTLED, Outcome.NOT_OBSERVED) if variant.partial else SETTLED
    open_musts = [(v.clause, v.event, v.judgement.reason) for v in verdicts if v.level is Level.MUST and v.outcome not in legal]
    assert not open_musts
    broken = {short(v.clause): v.judgement.reason for v in verdicts if v.outcome is Outcome.BROKEN}
    assert set(broken) == variant.warned, broken
    assert any(v.outcome is Outcome.KEPT and v.level is Level.MUST for v in verdicts)


@NAMED
def test_the_reading_of_a_variant_is_named(variant: Variant) -> None:
    """Where the documents leave something open, the judge says which of the legal readings it saw, and no other."""
    shown = {short(v.clause): v.judgement.reading for v in _judged(variant.id) if v.event is None}
    misread = {
        clause: shown[clause]
        for clause, words in variant.readings.items()
        if words not in shown[clause] or (", " in words and " or " in shown[clause])
    }
    assert not misread


def test_there_are_many_variants() -> None:
    """Fewer would leave known ways of being odd untried."""
    assert len(PLATFORMS) >= LEAST

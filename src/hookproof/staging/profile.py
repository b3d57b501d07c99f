"""How thorough a run is. Explicit, because Hypothesis would choose by itself when CI is set.

Law: a profile changes how much is tried, never what counts as kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Profile:
    """``samples``: generated payloads per event beside the examples. ``real_wait``: longest single real wait in seconds.

    ``explored``: requests that are made up for each operation of the subscription API. ``patience``: how long to wait for an arrival that
    is due now; ``answer``: for the target's answer to one call; ``ready``: for a clock that was moved; all in seconds. ``hostile``: bodies
    are sent too that bring a careless receiver to its knees.
    """

    name: str
    samples: int
    real_wait: float
    patience: float
    answer: float = 30.0
    ready: float = 120.0
    hostile: bool = False
    explored: int = 5


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(name="quick", samples=0, real_wait=0.0, patience=10.0),
        Profile(name="ci", samples=2, real_wait=150.0, patience=20.0, explored=20),
        Profile(name="certify", samples=5, real_wait=900.0, patience=30.0, explored=50),
        Profile(name="nightly", samples=20, real_wait=3600.0, patience=30.0, explored=200),
        Profile(name="hostile", samples=0, real_wait=0.0, patience=10.0, hostile=True),
    )
}
"""Profile by name."""

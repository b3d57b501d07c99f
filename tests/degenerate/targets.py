"""Every degenerate target, and the law that no two have one name."""

from __future__ import annotations

from collections.abc import Mapping

from tests.degenerate.blunt import BLUNT
from tests.degenerate.senders import SENDERS
from tests.degenerate.spoiled import SPOILED
from tests.degenerate.target import Target

EVERY: tuple[Target, ...] = (*BLUNT, *SENDERS, *SPOILED)

TARGETS: Mapping[str, Target] = {target.name: target for target in EVERY}
"""Target by name."""

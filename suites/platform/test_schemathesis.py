"""The subscription API keeps its description and our promises under requests that Schemathesis makes up.

One run of Schemathesis stands behind all items. A promise that SHOULD be kept is shown as an expected failure; it fails nothing.
"""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Level
from hookproof.reporting.markup import xml_safe
from hookproof.staging.blaming import blame_text, reason
from hookproof.staging.exploring import Exploration, Probe


@pytest.mark.explores
def test_operation(item: Probe, exploration: Exploration) -> None:
    """Whatever is asked in this phase, every answer is one that was promised, and nothing happens that was not."""
    tried = exploration.tried(item)
    if tried is None:
        pytest.skip(f"not_observed: {exploration.missing or 'no request was made'}")
    blames = exploration.blames(item)
    binding = [blame for blame in blames if blame.level is Level.MUST]
    if binding or tried.errors:
        told = [*tried.errors, *(blame_text(blame, exploration, item) for blame in binding)]
        pytest.fail(xml_safe("\n".join(told)), pytrace=False)
    if blames:
        pytest.xfail(xml_safe("; ".join(reason(blame, exploration) for blame in blames)))

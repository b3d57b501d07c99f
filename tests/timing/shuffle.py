"""A pytest plug-in that judges in random order: ``HOOKPROOF_ORDER=7 PYTHONPATH=. pytest suites -p tests.timing.shuffle``.

Law: the order follows from the number alone, so that a run can be repeated.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Shuffle the items by the number in ``HOOKPROOF_ORDER``; which comes first decides which situation is staged first."""
    items.sort(key=lambda item: str(item.nodeid))
    random.Random(os.environ["HOOKPROOF_ORDER"]).shuffle(items)  # noqa: S311 -- reproducible order, no secret

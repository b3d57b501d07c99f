"""What is broken through hooks is mended again, and recorded from when to when."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hookproof.staging.inside import broken_storage
from hookproof.staging.stage import Stage


class Told:
    """A stage and a platform that only remember what they were told, in order."""

    def __init__(self) -> None:
        self.breaking = False
        self.order: list[tuple[str, str]] = []
        self.tools = SimpleNamespace(platform=SimpleNamespace(storage=lambda state: self.order.append(("platform", state))))

    def note(self, name: str, **facts: Any) -> None:
        """Remember a note."""
        self.order.append((name, facts["state"]))

    def emit(self) -> None:
        """Remember an emission, which may be one that ends the situation."""
        self.order.append(("emission", ""))
        if self.breaking:
            raise RuntimeError


@pytest.mark.parametrize("state", ["down", "full"])
@pytest.mark.parametrize("fails", [False, True])
def test_storage_is_mended_whatever_happens(state: str, *, fails: bool) -> None:
    """The recorded stretch holds the real one, so that nothing emitted inside was emitted with whole storage by mistake."""
    told = Told()
    told.breaking = fails
    with pytest.raises(RuntimeError) if fails else nullcontext(), broken_storage(cast("Stage", told), state):
        told.emit()
    assert told.order == [("storage", state), ("platform", state), ("emission", ""), ("platform", "ok"), ("storage", "ok")]

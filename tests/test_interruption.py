"""A run that is interrupted ends in order wherever the interruption meets it."""

from __future__ import annotations

import sys
from types import TracebackType

import pytest

from hookproof.pytest_plugin import pytest_keyboard_interrupt


@pytest.mark.parametrize("placed", [True, False], ids=["with a line", "without any"])
def test_a_frame_without_a_line_is_left_out(*, placed: bool) -> None:
    """An instruction may belong to no line of the source: its frame is not shown, all others are, and what is left can be told."""
    frame = sys._getframe()
    nowhere = TracebackType(None, frame, 1 << 20, -1)
    whole = TracebackType(nowhere, frame, frame.f_lasti, frame.f_lineno) if placed else nowhere
    told = pytest.ExceptionInfo.from_exception(KeyboardInterrupt().with_traceback(whole))
    with pytest.raises(TypeError):
        told.getrepr()
    pytest_keyboard_interrupt(told)
    assert len(told.traceback) == int(placed)
    assert "KeyboardInterrupt" in str(told.getrepr(funcargs=True))

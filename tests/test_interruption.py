"""A run that is interrupted ends in order wherever the interruption meets it."""

from __future__ import annotations

import pytest

from hookproof.pytest_plugin import pytest_keyboard_interrupt


def interrupted() -> None:
    """Be interrupted."""
    raise KeyboardInterrupt


def nowhere() -> None:
    """Be interrupted at an instruction of no line."""
    raise KeyboardInterrupt


nowhere.__code__ = nowhere.__code__.replace(co_linetable=b"")


@pytest.mark.parametrize(("place", "shown"), [(interrupted, 2), (nowhere, 1)], ids=["a line", "no line"])
def test_a_frame_without_a_line_is_left_out(place: object, shown: int) -> None:
    """An instruction may belong to no line of the source: its frame is not shown, all others are, and what is left can be told."""
    assert callable(place)
    with pytest.raises(KeyboardInterrupt) as told:
        place()
    assert bool(told.traceback[-1]._rawentry.tb_lineno) is (shown == 2)
    pytest_keyboard_interrupt(told)
    assert len(told.traceback) == shown
    assert "KeyboardInterrupt" in str(told.getrepr(funcargs=True))

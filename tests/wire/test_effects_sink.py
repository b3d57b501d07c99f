"""The sink counts calls by event, and says what was wrong with a call instead of forgetting it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookproof.model.errors import CapabilityError, UnreachableError
from hookproof.wire.effects_sink import TOKEN, EffectsSink
from tests.degenerate.servers import free_port


def call(url: str, body: object, method: str = "POST") -> int:
    """Call as a receiver would; give the status."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, raw, method=method)) as answer:  # noqa: S310 -- our own sink
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["evt_1", "evt_2", "evt ü"]), max_size=6))
def test_every_call_is_one_effect(names: list[str]) -> None:
    """However often it comes; an event of which nobody called took none."""
    sink = EffectsSink()
    try:
        assert {call(sink.url, {"event_id": name}) for name in names} <= {204}
        assert sink.settled(len(names))
        for name in ("evt_1", "evt_2", "evt ü", "evt_3"):
            seen = sink.effect(name)
            assert (seen.count, seen.via) == (names.count(name), "sink")
    finally:
        sink.close()


def test_a_fixed_port_has_a_url_that_is_known_before() -> None:
    """A free one has a path that nobody can guess; a port that is taken is an error."""
    port = free_port()
    sink, other = EffectsSink(port=port), EffectsSink()
    try:
        assert sink.url == f"http://127.0.0.1:{port}/{TOKEN}/effects"
        assert TOKEN not in other.url
        with pytest.raises(UnreachableError):
            EffectsSink(port=port)
    finally:
        sink.close()
        other.close()


def test_contents_are_kept() -> None:
    """What the receiver says that it applied is told on."""
    sink = EffectsSink()
    try:
        call(sink.url, {"event_id": "evt_1", "content": {"x": 1}})
        assert sink.settled(1)
        assert sink.effect("evt_1").content == {"x": 1}
    finally:
        sink.close()


@pytest.mark.parametrize("body", [b"", b"evt_1", b"[]", b"{}", b'{"event_id": 1}', b'{"event_id": ""}', b"\xff", b"[" * 100_000])
def test_a_call_that_names_no_event_is_an_error(body: bytes) -> None:
    """It is told at the next question, with the URL and what was said."""
    sink = EffectsSink()
    try:
        call(sink.url, {"event_id": "evt_1"})
        call(sink.url, body)
        assert sink.settled(2)
        with pytest.raises(CapabilityError, match=r"--effects-sink http://127.* names no event") as caught:
            sink.effect("evt_1")
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 500
    finally:
        sink.close()


def test_only_post_is_an_effect() -> None:
    """A receiver that asks instead of telling is told so."""
    sink = EffectsSink()
    try:
        call(sink.url, {"event_id": "evt_1"}, method="PUT")
        assert sink.settled(1)
        with pytest.raises(CapabilityError, match="PUT"):
            sink.effect("evt_1")
    finally:
        sink.close()


def test_calls_elsewhere_only_are_an_error_and_beside_right_ones_none() -> None:
    """Whoever calls another path is told where; strangers do not disturb."""
    sink = EffectsSink()
    try:
        assert call(sink.url.rpartition("/")[0][:-4] + "/x", {"event_id": "evt_1"}) == 404
        with pytest.raises(CapabilityError, match="at other paths only"):
            sink.effect("evt_1")
        call(sink.url, {"event_id": "evt_1"})
        assert sink.settled(1)
        assert sink.effect("evt_1").count == 1
    finally:
        sink.close()

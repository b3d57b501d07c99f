"""Laws of giving up on a receiver that does not answer."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.errors import UnreachableError
from hookproof.model.transcript import Exchange
from hookproof.staging.answering import MOST_UNANSWERED, answer_patience, require_answers
from hookproof.staging.delivering import Mailroom
from tests.suites.courtroom import orbit

URL = "http://127.0.0.1:1/in"
FAILURES = {
    "timeout": "no whole answer in time",
    "refused": "nobody listens there",
    "reset": "the connection was reset",
    "closed": "the connection was closed without an answer",
    "malformed": "what came is no HTTP answer",
}


def tools() -> Mailroom:
    """As much of a mailroom as is looked at."""
    return cast("Mailroom", SimpleNamespace(receiver=SimpleNamespace(url=URL), unanswered=0, suspect=""))


def exchange(*, status: int = 0, failure: str = "", fault: str = "") -> Exchange:
    """Make an exchange with a delivery."""
    return Exchange(
        id="x1", situation="s", at=0, scope="", method="POST", path="", key="none", request_headers=(), request_body=b"", status=status,
        response_headers=(), response_body=b"", started_at=0, done_at=0, failure="" if status else failure or "timeout", fault=fault,
    )  # fmt: skip


EXCHANGES = st.builds(
    exchange,
    status=st.sampled_from([0, 0, 0, 200, 401, 500]),
    failure=st.sampled_from(sorted(FAILURES)),
    fault=st.sampled_from(["", "", "stale"]),
)


@given(batches=st.lists(st.lists(EXCHANGES, min_size=1, max_size=12), max_size=6))
def test_only_correct_deliveries_in_a_row_count(batches: list[list[Exchange]]) -> None:
    """After each batch a receiver is given up exactly if so many correct deliveries since its last answer had none, however batched."""
    room, seen = tools(), list[Exchange]()
    for batch in batches:
        seen += batch
        last = max((at for at, each in enumerate(seen) if each.status), default=-1)
        vain = [each for each in seen[last + 1 :] if not each.fault]
        if len(vain) < MOST_UNANSWERED:
            require_answers(room, batch)
            assert room.unanswered == len(vain)
        else:
            with pytest.raises(UnreachableError, match=f"^{URL}: {len(vain)} correct deliveries in a row had no answer"):
                require_answers(room, batch)
            return


@given(crowd=st.lists(EXCHANGES.filter(lambda each: not each.fault), min_size=1, max_size=60), before=st.integers(0, MOST_UNANSWERED - 1))
def test_a_crowd_counts_once(crowd: list[Exchange], before: int) -> None:
    """Who answers any of those that came together is there; who answers none left one more delivery without an answer."""
    room = tools()
    require_answers(room, [exchange()] * before)
    if any(each.status for each in crowd):
        require_answers(room, crowd, crowd=True)
        assert room.unanswered == 0
    elif before + 1 < MOST_UNANSWERED:
        require_answers(room, crowd, crowd=True)
        assert room.unanswered == before + 1
    else:
        with pytest.raises(UnreachableError, match=f": {MOST_UNANSWERED} correct deliveries in a row"):
            require_answers(room, crowd, crowd=True)


@pytest.mark.parametrize("failure", [*FAILURES, "evaporated"])
def test_the_error_says_how_it_failed(failure: str) -> None:
    """The error is one line with the address, the commonest way in which no answer came in words, and a remedy."""
    with pytest.raises(UnreachableError) as caught:
        require_answers(tools(), [exchange(failure="reset"), *[exchange(failure=failure)] * MOST_UNANSWERED])
    assert f"({FAILURES.get(failure, failure)})" in str(caught.value)
    assert "Let it answer" in str(caught.value)
    assert "last faulty delivery" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_error_names_what_may_have_felled_it() -> None:
    """The fault of the last faulty delivery before the silence is named, and none that was sent into the silence."""
    room = tools()
    require_answers(room, [exchange(status=401, fault="stale"), exchange(status=200), exchange(fault="deep-nesting")])
    require_answers(room, [exchange(), exchange(fault="long-number")])
    with pytest.raises(UnreachableError, match="the last faulty delivery before them had deep-nesting"):
        require_answers(room, [exchange()] * MOST_UNANSWERED)


@given(seconds=st.floats(0.001, 3600))
def test_a_late_answer_is_waited_for(seconds: float) -> None:
    """An answer is waited for longer than the contract allows, so that a late one is seen to be late."""
    contract = replace(orbit(), policy=replace(orbit().policy, timeout_seconds=seconds))
    assert answer_patience(contract) > seconds

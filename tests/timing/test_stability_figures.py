"""The figures of the stability measurement: bounds that hold, logs that can be continued, orders that can be repeated."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.stability import Run, ordered, read_log, upper_bound
from tests.timing.shuffle import pytest_collection_modifyitems

RUNS = st.builds(
    Run,
    kind=st.sampled_from(["quiet", "loaded"]),
    number=st.integers(1, 9999),
    seed=st.integers(0, 2**31 - 1),
    seconds=st.integers(0, 9_000).map(lambda tenths: tenths / 10),
    load=st.integers(0, 9_000).map(lambda hundredths: hundredths / 100),
    verdicts=st.integers(0, 999),
    failure=st.none() | st.text("abc /:-0123.", min_size=1).map(str.strip).filter(bool),
)


@given(runs=st.integers(1, 2000))
def test_no_failure_in_n_runs_bounds_the_rate_by_three_in_n(runs: int) -> None:
    """Without failures the bound is three in so many runs, which is a little more than the exact one."""
    assert upper_bound(0, runs) == min(1, 3 / runs)
    assert (1 - min(1, 3 / runs)) ** runs <= 0.05


@given(runs=st.integers(2, 300), data=st.data())
def test_with_failures_the_bound_is_exact(runs: int, data: st.DataObject) -> None:
    """At the bound so few failures are seen one time in twenty; more failures in as many runs give a higher bound."""
    failures = data.draw(st.integers(1, runs - 1))
    rate = upper_bound(failures, runs)
    assert failures / runs < rate <= 1
    seen = sum(math.comb(runs, k) * rate**k * (1 - rate) ** (runs - k) for k in range(failures + 1))
    assert seen == pytest.approx(0.05, abs=1e-6)
    assert failures == 1 or upper_bound(failures - 1, runs) < rate


@given(runs=st.lists(RUNS, max_size=8))
def test_a_log_tells_its_runs(runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> None:
    """What a log says of its runs is what was measured, whatever else stands in it, so that a measurement can be continued."""
    log = Path(tmp_path_factory.mktemp("log") / "stability.log")
    log.write_text("".join(f"# a remark\n{run}\n" for run in runs))
    assert read_log(log) == runs


def test_a_measurement_goes_on_where_it_stopped() -> None:
    """Only runs that are missing are made, each with the seed that it would have had in one go."""
    whole = ordered("quiet", 6, 7, [])
    assert ordered("quiet", 6, 7, whole[:4]) == whole[4:]
    assert len({run.seed for run in whole}) == 6


def test_an_order_follows_from_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal numbers give equal orders from whatever order before, other numbers others, and nothing is lost."""
    orders = []
    for number, before in (("1", range(50)), ("1", reversed(range(50))), ("2", range(50))):
        monkeypatch.setenv("HOOKPROOF_ORDER", number)
        found = [SimpleNamespace(nodeid=f"t{each:02}") for each in before]
        pytest_collection_modifyitems(found)
        orders.append([each.nodeid for each in found])
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[2]) == [f"t{each:02}" for each in range(50)]

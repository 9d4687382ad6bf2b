"""The same tests by another hand: `ioos_qc`, the reference programs of QARTOD, as an oracle.

Where ours differ it is on purpose: a spike fails only where it stands alone and the readings around
it are quiet (an oracle's window of three values flags both sides of any oscillation, and a real
danger that swings would be kept out); two readings that leave and return together are suspect,
which the oracle's window cannot see; and what cannot be decided is not a pass.
"""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ioos_qc import qartod

from sensors.model import Qc
from sensors.qc.checks import Checks, Flat, Rate, Spike
from sensors.qc.gross_range import climatology, gross_range
from tests.screened import flags_of

STEP_S = 600
DATA = Path(os.environ.get("GROUNDWATCH_DATA", "../shared/data"))
tenths = st.integers(-40, 40).map(lambda tenth: tenth / 10)
series = st.lists(tenths, min_size=5, max_size=80)


def instants(count: int) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
    return np.datetime64("2026-06-01") + np.arange(count) * np.timedelta64(STEP_S, "s")


def ours(checks: Checks, values: list[float]) -> list[int]:
    return flags_of(checks, [float(STEP_S * n) for n in range(len(values))], values)


@given(series)
def test_gross_range_and_climatology_agree_with_the_oracle(values: list[float]) -> None:
    oracle = qartod.gross_range_test(values, (-3.0, 3.0), (-2.0, 2.0))
    for value, flag in zip(values, oracle.tolist(), strict=True):
        gross, usual = gross_range(value, -3.0, 3.0), climatology(value, -2.0, 2.0)
        assert max(gross.flag, usual.flag) == flag


@given(series)
def test_rate_of_change_agrees_with_the_oracle(values: list[float]) -> None:
    oracle = qartod.rate_of_change_test(values, instants(len(values)), 0.55 / STEP_S)
    limits = Rate(limit=0.55, per_s=STEP_S, source="test")
    assert ours(Checks(rate=limits), values) == oracle.tolist()


@given(st.lists(st.sampled_from([0.0, 0.0, 0.0, 1.0]), min_size=8, max_size=80))
def test_a_flat_line_agrees_with_the_oracle(values: list[float]) -> None:
    duration_s = 5 * STEP_S
    oracle = qartod.flat_line_test(values, instants(len(values)), duration_s, 10**9, 1e-9)
    limits = Flat(readings=6, duration_s=duration_s, but=None, source="test")
    assert ours(Checks(flat=limits), values) == oracle.tolist()


@settings(max_examples=200)
@given(series)
def test_what_fails_as_a_spike_is_one_for_the_oracle_too(values: list[float]) -> None:
    oracle = qartod.spike_test(values, suspect_threshold=1.05, method="differential")
    limits = Spike(step=1.05, within=1, flag=Qc.FAIL, source="test")
    for mine, flag in zip(ours(Checks(spike=limits), values), oracle.tolist(), strict=True):
        assert mine != Qc.FAIL or flag == Qc.SUSPECT


@given(st.sets(st.integers(3, 50), max_size=8), st.integers(0, 2**16))
def test_spikes_that_stand_alone_are_the_same_as_the_oracles(places: set[int], seed: int) -> None:
    values = np.random.default_rng(seed).normal(2.0, 0.05, 60)
    apart = {place for place in places if not places & {place - 1, place - 2, place - 3}}
    values[sorted(apart)] += 5.0
    oracle = qartod.spike_test(values, suspect_threshold=1.05, method="differential")
    limits = Spike(step=1.05, within=1, flag=Qc.FAIL, source="test")
    mine = ours(Checks(spike=limits), values.tolist())
    failed = {place for place, flag in enumerate(mine) if flag == Qc.FAIL}
    assert failed == {place for place, flag in enumerate(oracle.tolist()) if flag == 3} == apart


@pytest.mark.skipif(not DATA.is_dir(), reason="the measured data are not beside the project")
def test_a_real_stage_gets_the_oracles_rates_and_flat_lines() -> None:
    with gzip.open(DATA / "uk_avon_2091_warwick_sg_dec_2012.csv.gz", "rt") as stream:
        rows = [line.strip().split(",") for line in stream.readlines()[21:]]
    values = [float(row[1]) for row in rows if len(row) > 1 and row[1]]
    assert len(values) > 1000
    when = instants(len(values))
    rate = qartod.rate_of_change_test(values, when, 0.0205 / STEP_S)
    flat = qartod.flat_line_test(values, when, 6 * STEP_S, 10**9, 1e-9)
    assert 0 < rate.tolist().count(3) < len(values) / 2
    by_rate = Checks(rate=Rate(limit=0.0205, per_s=STEP_S, source="test"))
    by_flat = Checks(flat=Flat(readings=7, duration_s=6 * STEP_S, but=None, source="test"))
    assert ours(by_rate, values) == rate.tolist()
    assert ours(by_flat, values) == flat.tolist()

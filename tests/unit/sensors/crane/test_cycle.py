"""Lift cycles: one record a lift, whatever the order in which its samples arrive."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundwatch.cycles import CycleKeeper
from sensors.crane.cycle import Sample, cycles
from sensors.model import Report
from tests.builders import at
from tests.unit.alerting.joints.yard import crane, registry, stands

LIMIT_T = 0.3


def sample(taken_s: float, load_t: float, radius_m: float = 20.0, slew_deg: float = 0.0) -> Sample:
    return Sample(taken_s, load_t, load_t * 20.0, radius_m, slew_deg)


def lift(first_s: float, load_t: float, n: int = 10) -> list[Sample]:
    hung = [sample(first_s + second, load_t, 20.0 + second, 3.0 * second) for second in range(n)]
    return [sample(first_s - 1, 0.1), *hung, sample(first_s + n, 0.1, 20.0 + n, 3.0 * n)]


def test_a_lift_has_its_largest_load_and_where_it_began_and_ended() -> None:
    entries = lift(10, 2.0)
    entries[5] = entries[5]._replace(load_t=2.4, pct=48.0)
    (found,) = cycles(entries, LIMIT_T)
    assert (found.start.taken_s, found.duration_s) == (10.0, 10.0)
    assert (found.max_load_t, found.max_pct) == (2.4, 48.0)
    assert (found.start.radius_m, found.end.radius_m) == (20.0, 30.0)
    assert (found.start.slew_deg, found.end.slew_deg) == (0.0, 30.0)
    assert not found.was_cut


def test_two_lifts_are_two_records_and_one_under_way_is_none() -> None:
    entries = [*lift(10, 2.0), *lift(100, 1.0), sample(200, 2.0), sample(201, 2.0)]
    assert [found.max_load_t for found in cycles(entries, LIMIT_T)] == [2.0, 1.0]


def test_a_jerk_on_an_empty_hook_is_no_lift() -> None:
    assert cycles(lift(10, 0.5, n=3), LIMIT_T) == []


def test_readings_that_stop_end_a_lift_and_the_record_says_so() -> None:
    entries = [*lift(10, 2.0)[:-1], sample(500, 2.0), sample(501, 0.0)]
    (found,) = cycles(entries, LIMIT_T)
    assert found.was_cut
    assert found.end.taken_s == 19.0


def reports(loads: list[float]) -> list[Report]:
    return [stands(2.0 * n, "A", float(n), load_t=load) for n, load in enumerate(loads)]


def kept(known: CycleKeeper, entries: list[Report]) -> list[tuple[object, ...]]:
    end = [stands(2000.0 + n, "A", 0.0, load_t=0.0) for n in range(90)]
    records = known.take([*entries, *end])
    return [(record.taken_at, tuple(record.values.items())) for record in records]


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.sampled_from([0.0, 0.1, 1.0, 2.5]), min_size=4, max_size=80),
    st.integers(0, 2**32 - 1),
)
def test_any_order_of_arrival_gives_the_same_records(
    tmp_path: Path, loads: list[float], seed: int
) -> None:
    known = registry(tmp_path, crane("A", 0.0, 40.0))
    chance = random.Random(seed)
    entries = reports(loads)
    delays = {id(entry): chance.uniform(0, 55) for entry in entries}
    mixed = sorted(entries, key=lambda entry: entry.taken_at.timestamp() + delays[id(entry)])
    mixed = [again for entry in mixed for again in [entry] * (1 + (chance.random() < 0.1))]
    assert kept(CycleKeeper(known), mixed) == kept(CycleKeeper(known), entries)


def test_a_record_is_a_report_of_its_own_kind_at_the_instant_the_lift_began(tmp_path: Path) -> None:
    known = registry(tmp_path, crane("A", 0.0, 40.0))
    keeper = CycleKeeper(known)
    entries = reports([0.0, *([2.0] * 10), 0.0])
    assert keeper.take(entries) == []
    (record,) = keeper.take([stands(2000.0, "A", 0.0, load_t=0.0)])
    assert (record.kind, record.device, record.point) == ("crane_cycle", "A", "")
    assert record.taken_at == at(0) + timedelta(seconds=2)
    assert record.values["duration_s"] == 20.0
    assert record.values["max_load_t"] == pytest.approx(2.0)
    assert "max_pct" not in record.values

"""Cranes beside each other: how near they are, how they keep apart, and what breaks that."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware_sim.events import DEEDS, Event
from firmware_sim.physics.apart import Segment, apart_m, clearance_m, stand
from firmware_sim.physics.cycle import IDLE, Corner
from firmware_sim.physics.rig import Rig
from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec, SensorSpec

START = datetime(2026, 7, 1, tzinfo=UTC)
M_PER_DEG = 111_195.0


def crane(name: str, east_m: float, height_m: float, **design: float) -> DeviceSpec:
    lon = 113.3 + east_m / (M_PER_DEG * math.cos(math.radians(23.3)))
    return DeviceSpec(
        site="yard",
        id=name,
        kind="crane",
        every_s=2.0,
        sensors=(SensorSpec("clearance_m"), SensorSpec("load_t")),
        design={"jib_length_m": 50.0, "mast_height_m": height_m, "counter_jib_m": 12.0, **design},
        position=(23.3, lon),
    )


LOW, HIGH = crane("LOW", 0.0, 42.0), crane("HIGH", 80.0, 48.0)


def event(deed: str, at_s: float, target: str, **params: float) -> Event:
    defaults = {name: param.default for name, param in DEEDS[deed].params.items()}
    return Event(deed=deed, at_s=at_s, target=target, params=defaults | params)


def distances(*events: Event, until_s: float) -> list[tuple[float, float]]:
    world = World(start=START, seed=4, events=events, devices=[LOW, HIGH])
    low, high = Rig(LOW, world), Rig(HIGH, world)
    assert low.stand is not None
    assert high.stand is not None
    found = []
    for step in range(int(until_s / 2.0)):
        t_s = 2.0 * step
        near = clearance_m(low.stand, low.at(t_s, 2.0), high.stand, high.at(t_s, 2.0))
        found.append((t_s, near))
    return found


def sampled(one: Segment, other: Segment) -> float:
    def points(segment: Segment) -> list[tuple[float, ...]]:
        begin, end = segment
        return [
            tuple(a + (b - a) * k / 60.0 for a, b in zip(begin, end, strict=True))
            for k in range(61)
        ]

    return min(math.dist(a, b) for a in points(one) for b in points(other))


coordinate = st.floats(-40.0, 40.0)
point = st.tuples(coordinate, coordinate, coordinate)


@given(one=st.tuples(point, point), other=st.tuples(point, point))
@example(one=((0, 1, 0), (0, 0, 0)), other=((0, 0, 0), (0, 1, 1e-05)))  # as good as parallel
def test_the_distance_of_segments_is_that_of_their_nearest_points(
    one: Segment, other: Segment
) -> None:
    found, roughly = apart_m(one, other), sampled(one, other)
    assert found <= roughly + 1e-6
    assert roughly - found < 2.5


def test_jibs_pointing_at_each_other_pass_over_by_the_difference_of_their_heights() -> None:
    low, high = stand(LOW, 50.0), stand(HIGH, 50.0)
    assert low is not None
    assert high is not None
    up = Corner(0.0, 0.0, 10.0, 90.0, 41.0, IDLE)
    other = Corner(0.0, 0.0, 45.0, 270.0, 47.0, IDLE)
    assert clearance_m(low, up, high, other) == pytest.approx(5.0, abs=0.01)
    away = Corner(0.0, 0.0, 10.0, 270.0, 41.0, IDLE)
    assert clearance_m(low, away, high, other) > 15.0
    assert low.away(high)[0] == pytest.approx(80.0, rel=1e-3)
    assert low.away(high)[1] == pytest.approx(90.0, abs=0.1)


def test_ordinary_work_keeps_cranes_apart() -> None:
    assert min(near for _, near in distances(until_s=4 * 3600.0)) > 10.0


def test_a_near_miss_is_as_near_as_it_says_while_it_lasts_and_never_nearer() -> None:
    near_miss = event("near_miss", 3600.0, "yard/LOW", clearance_m=3.0, lasting=240.0)
    found = distances(near_miss, until_s=5400.0)
    during = [near for t, near in found if 3600.0 <= t <= 3840.0]
    assert max(during) - min(during) < 0.01
    assert during[0] == pytest.approx(3.0, abs=0.05)
    assert min(near for _, near in found) > 2.9
    assert min(near for t, near in found if t < 3300.0 or t > 4200.0) > 10.0


def test_a_load_is_carried_where_it_is_sent_and_set_down_at_home() -> None:
    goes = event(
        "carry", 3600.0, "yard/LOW", azimuth_deg=200.0, radius_m=25.0, load_t=2.0, lasting=90.0
    )
    world = World(start=START, seed=4, events=[goes], devices=[LOW, HIGH])
    rig = Rig(LOW, world)
    path = [rig.at(2.0 * step, 2.0) for step in range(2400)]
    there = [hook for hook in path if 3600.0 <= hook.t_s <= 3690.0]
    assert {round(hook.slew_deg % 360.0, 3) for hook in there} == {200.0}
    assert {(hook.radius_m, hook.load_t) for hook in there} == {(25.0, 2.0)}
    assert all(abs(b.load_t - a.load_t) < 1.6 for a, b in pairwise(path))
    assert any(hook.load_t == 0.0 for hook in path if hook.t_s > 3700.0)


RAIL = {"rail_azimuth_deg": 90.0, "travel_min_m": -20.0, "travel_max_m": 100.0}
ROLLING = crane("ROLLING", 0.0, 42.0, x_work_from_m=-10.0, x_work_to_m=0.0, **RAIL)


def test_a_crane_on_a_rail_works_on_its_stretch_and_goes_where_it_is_sent() -> None:
    goes = event("travel", 7200.0, "yard/ROLLING", to_m=60.0, azimuth_deg=180.0, lasting=90.0)
    world = World(start=START, seed=4, events=[goes], devices=[ROLLING, HIGH])
    rig = Rig(ROLLING, world)
    path = [rig.at(2.0 * step, 2.0) for step in range(4500)]
    there = {(hook.travel_m, hook.slew_deg % 360.0) for hook in path if 7200 <= hook.t_s <= 7290}
    assert there == {(60.0, 180.0)}
    assert all(abs(b.travel_m - a.travel_m) <= 0.8 + 1e-9 for a, b in pairwise(path))
    work = [hook.travel_m for hook in path if hook.t_s < 6600.0]
    assert -10.0 <= min(work) < -7.0
    assert -3.0 < max(work) <= 0.0


def test_a_crane_that_travelled_is_as_near_as_one_that_stands_there() -> None:
    rolling, high = stand(ROLLING, 50.0), stand(HIGH, 50.0)
    built = stand(crane("BUILT", 60.0, 42.0), 50.0)
    assert rolling is not None
    assert high is not None
    assert built is not None
    hook, other = Corner(0.0, 0.0, 10.0, 30.0, 30.0, IDLE), Corner(0.0, 0.0, 20.0, 270.0, 9.0, IDLE)
    there = replace(hook, travel_m=60.0)
    near = clearance_m(built, hook, high, other)
    assert clearance_m(rolling, there, high, other) == pytest.approx(near, abs=1e-3)
    assert clearance_m(high, other, rolling, there) == pytest.approx(near, abs=1e-3)
    assert clearance_m(rolling, hook, high, other) > near + 10.0
    assert rolling.nearest_m(high) == pytest.approx(0.0, abs=1e-9)


def test_a_crane_keeps_off_the_sector_its_site_file_names() -> None:
    spec = crane("ALONE", 400.0, 60.0, x_keep_off_from_deg=330.0, x_keep_off_to_deg=30.0)
    rig = Rig(spec, World(start=START, seed=4, devices=[spec]))
    azimuths = [rig.at(10.0 * step, 2.0).slew_deg % 360.0 for step in range(2000)]
    assert all(29.0 < azimuth < 331.0 for azimuth in azimuths)
    assert max(azimuths) - min(azimuths) > 90.0

"""Distances between cranes: symmetric, and never larger than those of sampled points."""

import math
import random
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sensors.crane.geometry import (
    Part,
    Pose,
    Rail,
    Segment,
    Tower,
    clearance_m,
    compared_parts,
    distance_m,
    parts_of,
)

FIXED = (Part.JIB, Part.TAIL, Part.ROPE, Part.MAST)
ALL = tuple((a, b) for a in FIXED for b in FIXED if Part.JIB in (a, b) or Part.TAIL in (a, b))
_metres = st.floats(-80.0, 80.0)
_point = st.tuples(_metres, _metres, _metres)
_segment = st.tuples(_point, _point)


def tower(x_m: float = 0.0, y_m: float = 0.0, jib_foot_m: float = 50.0, **more: float) -> Tower:
    return Tower(
        x_m=x_m,
        y_m=y_m,
        base_m=0.0,
        jib_foot_m=jib_foot_m,
        head_m=jib_foot_m + 6.0,
        jib_m=more.get("jib_m", 50.0),
        tail_m=more.get("tail_m", 13.0),
        low_hook_m=0.0,
        half_width_m=more.get("half_width_m", 0.0),
    )


def along(line: Segment, share: float) -> tuple[float, ...]:
    return tuple(a + share * (b - a) for a, b in zip(*line, strict=True))


@given(_segment, _segment)
@example(((0, 0, 0), (0, 2, 6.103515625e-05)), ((0, 1, 0), (0, 0, 0)))  # as good as parallel
def test_the_distance_of_two_lines_is_the_same_both_ways(one: Segment, other: Segment) -> None:
    assert distance_m(one, other) == pytest.approx(distance_m(other, one), abs=1e-6)


@given(_segment, _segment, st.integers(0, 2**32))
def test_no_two_points_of_them_are_nearer(one: Segment, other: Segment, seed: int) -> None:
    chance = random.Random(seed)
    shares = [(chance.random(), chance.random()) for _ in range(60)] + [(0, 0), (0, 1), (1, 0)]
    sampled = min(math.dist(along(one, s), along(other, t)) for s, t in shares)
    assert distance_m(one, other) <= sampled + 1e-6


@given(_segment, _segment)
def test_and_some_two_points_are_as_near(one: Segment, other: Segment) -> None:
    best = min(
        math.dist(along(one, s / 40), along(other, t / 40)) for s in range(41) for t in range(41)
    )
    step = (math.dist(*one) + math.dist(*other)) / 80
    assert best - distance_m(one, other) <= step + 1e-6


_pose = st.builds(Pose, st.floats(-540, 540), st.floats(3, 50), st.floats(0, 45))


@settings(max_examples=60, deadline=None)
@given(_pose, _pose, st.floats(20, 110), st.floats(30, 70), st.integers(0, 2**32))
def test_cranes_are_never_told_to_be_farther_apart_than_their_sampled_shapes(
    pose: Pose, pose2: Pose, apart_m: float, height_m: float, seed: int
) -> None:
    one, other = tower(), tower(apart_m, 5.0, height_m)
    told = clearance_m((one, pose), (other, pose2), ALL)
    assert told == pytest.approx(clearance_m((other, pose2), (one, pose), ALL), abs=1e-6)
    chance = random.Random(seed)
    mine, theirs = parts_of(one, pose), parts_of(other, pose2)
    sampled = min(
        math.dist(along(mine[a], chance.random()), along(theirs[b], chance.random()))
        for a, b in ALL
        for _ in range(40)
    )
    assert told <= sampled + 1e-6


@settings(max_examples=100, deadline=None)
@given(_pose, _pose, st.floats(5, 120), st.floats(20, 90))
def test_parts_left_out_are_farther_apart_than_the_room_that_must_stay(
    pose: Pose, pose2: Pose, apart_m: float, height_m: float
) -> None:
    room_m = 2.0
    one, other = tower(), tower(apart_m, 0.0, height_m)
    left_out = [test for test in ALL if test not in compared_parts(one, other, room_m)]
    for test in left_out:
        assert clearance_m((one, pose), (other, pose2), [test]) > room_m - 1e-6


@settings(max_examples=100, deadline=None)
@given(_pose, _pose, st.floats(5, 260), st.floats(20, 90), st.floats(-1, 1), st.floats(0, 60))
def test_nor_do_parts_left_out_come_nearer_wherever_the_crane_travels(
    pose: Pose, pose2: Pose, apart_m: float, height_m: float, north: float, travel_m: float
) -> None:
    rail = Rail(math.sqrt(1 - north * north), north, 0.0, 60.0, 8.0)
    one, other = replace(tower(), rail=rail), tower(apart_m, 0.0, height_m)
    left_out = [test for test in ALL if test not in compared_parts(one, other, 2.0)]
    there = pose._replace(travel_m=travel_m)
    for test in left_out:
        assert clearance_m((one, there), (other, pose2), [test]) > 2.0 - 1e-6


def test_undercarriages_are_held_against_each_other_and_against_masts_alone() -> None:
    rail = Rail(1.0, 0.0, 0.0, 60.0, 8.0)
    one, other = replace(tower(), rail=rail), replace(tower(jib_foot_m=70.0), rail=rail)
    tests = set(compared_parts(one, other, 2.0))
    assert (Part.CARRIAGE, Part.CARRIAGE) in tests
    assert not any(Part.CARRIAGE in test and set(test) & {Part.JIB, Part.TAIL} for test in tests)
    assert not any(theirs is Part.CARRIAGE for _, theirs in compared_parts(one, tower(40.0), 2.0))


def test_cranes_out_of_each_others_reach_are_not_compared() -> None:
    assert compared_parts(tower(), tower(103.0), 2.0) == ()
    assert (Part.JIB, Part.JIB) in compared_parts(tower(), tower(101.9), 2.0)


def test_jibs_that_pass_over_each_other_are_not_compared_but_ropes_and_jibs_are() -> None:
    low, high = tower(), tower(60.0, 0.0, 70.0)
    assert compared_parts(low, high, 2.0) == ((Part.JIB, Part.ROPE), (Part.TAIL, Part.ROPE))


CASES = {
    "jib tip 2 m from the other's mast (A7)": (
        *(tower(), Pose(90, 20, 10), tower(52.0, 0.0, 70.0), Pose(90, 20, 10), 2.0),
    ),
    "jib beside a rope": (
        *(tower(), Pose(90, 20, 10), tower(40.0, 30.0, 70.0), Pose(180, 26.0, 10), 4.0),
    ),
    "hook held 8 m over a jib": (
        *(tower(), Pose(90, 20, 10), tower(30.0, 30.0, 70.0), Pose(180, 30.0, 58.0), 8.0),
    ),
    "two jibs at one height, side by side": (
        *(tower(), Pose(0, 20, 10), tower(12.0, 0.0, 50.0), Pose(0, 20, 10), 12.0),
    ),
    "two jibs that cross": (
        *(tower(), Pose(90, 20, 10), tower(30.0, -20.0, 50.0), Pose(0, 40, 10), 0.0),
    ),
    "counter-jib beside a rope": (
        *(tower(), Pose(270, 20, 30), tower(10.0, 23.0, 70.0), Pose(180, 20.0, 30), 3.0),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_known_distances(case: str) -> None:
    one, pose, other, pose2, expected = CASES[case]
    tests = compared_parts(one, other, 2.0)
    assert clearance_m((one, pose), (other, pose2), tests) == pytest.approx(expected, abs=1e-9)


def test_the_width_of_jibs_and_masts_is_taken_off() -> None:
    one = tower(half_width_m=0.8)
    other = tower(60.0, 0.0, 70.0, half_width_m=0.8)
    apart = clearance_m((one, Pose(90, 20, 10)), (other, Pose(0, 20, 10)), [(Part.JIB, Part.MAST)])
    assert apart == pytest.approx(10.0 - 1.6)


def test_a_raised_jib_reaches_up_and_its_rope_hangs_from_its_tip() -> None:
    luffing = replace(tower(), is_luffing=True)
    jib, _, rope, _ = parts_of(luffing, Pose(90, 25.0, 10.0, 60.0))
    assert jib[1] == pytest.approx((25.0, 0.0, 50.0 + 50.0 * math.sin(math.radians(60))))
    assert rope[0][2] == jib[1][2]

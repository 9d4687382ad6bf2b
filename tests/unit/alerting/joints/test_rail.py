"""Cranes on rails: where they are follows their travel, and without it nothing is judged."""

import json
import math
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.book import Change
from groundwatch.http.sensor_models import DeviceAnswer
from ingest.intake import Intake
from ingest.source import RawMessage
from sensors.crane.frame import Frame
from sensors.model import Position, Qc, SensorKey
from sensors.registry import Device, Registry
from tests.builders import at
from tests.unit.alerting.joints.test_pair import final, shuffled
from tests.unit.alerting.joints.test_zone_joint import zone
from tests.unit.alerting.joints.yard import (
    SENSORS,
    crane,
    firing,
    judge_of,
    on_rail,
    outputs,
    registry,
    run,
    stands,
)

ROOM_M = 2.0
FAR_M = 160.0  # from the rail's zero to the fixed crane: farther than both reach


def apart(folder: Path) -> Registry:
    """LOW goes along its rail towards TALL, which it reaches only from the rail's far end."""
    return registry(folder, on_rail("LOW", 0.0, 40.0), crane("TALL", FAR_M, 60.0))


def device_of(known: Registry, name: str) -> Device:
    device = known.device("site", name)
    assert device is not None
    return device


def test_cranes_that_only_meet_by_travelling_are_a_pair_and_alert_when_they_do(
    tmp_path: Path,
) -> None:
    """TALL's rope hangs 120 m from the rail's zero, LOW's jib points towards it."""
    known = apart(tmp_path)
    for travel_m, told, near_m in ((0.0, None, 70.0), (67.0, "moderate", 3.0)):
        judge = judge_of(known)
        entries = [stands(0, "TALL", 270.0), stands(0.1, "LOW", 90.0, travel_m=travel_m)]
        assert firing(run(judge, entries)).get("TALL/crane_clearance") == told
        assert outputs(judge, "clearance_m")[0.1] == pytest.approx(near_m, abs=0.1)


def test_the_way_to_contact_is_gone_by_travelling_as_well(tmp_path: Path) -> None:
    judge = judge_of(apart(tmp_path))
    going = [
        entry
        for second in range(4)
        for entry in (
            stands(second, "TALL", 270.0),
            stands(second + 0.1, "LOW", 90.0, travel_m=60.0 + 0.5 * second),
        )
    ]
    run(judge, going)
    assert outputs(judge, "contact_s")[3.1] == pytest.approx(8.5 / 0.5, abs=0.4)


UNKNOWN = {
    "it is missing": {},
    "it is doubtful": {"travel_m": 80.0, "qc": {"travel_m": int(Qc.SUSPECT)}},
    "it failed": {"travel_m": 80.0, "qc": {"travel_m": int(Qc.FAIL)}},
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_without_its_travel_the_pair_has_no_value_and_is_blind(tmp_path: Path, case: str) -> None:
    judge = judge_of(apart(tmp_path))
    judge.silence.start(at(0).timestamp(), grace_s=0.0)
    first = [stands(0, "TALL", 270.0), stands(0.1, "LOW", 90.0, travel_m=0.0)]
    later = [
        entry
        for second in range(3, 18)
        for entry in (
            stands(second, "TALL", 270.0),
            stands(second + 0.1, "LOW", 90.0, **UNKNOWN[case]),  # type: ignore[arg-type]
        )
    ]
    assert run(judge, first + later) == []
    known = outputs(judge, "clearance_m")
    assert list(known) == [0.1], f"judged where it stood before: {known}"
    (blind,) = [c for c in judge.tick(at(18), 99) if c.alert.sensor.device == "LOW"]
    assert "TALL smallest distance" in blind.alert.reason


def test_an_idle_crane_that_does_not_know_its_travel_is_nowhere(tmp_path: Path) -> None:
    judge = judge_of(apart(tmp_path))
    run(judge, [stands(0, "TALL", 270.0, state=0.0), stands(0.1, "LOW", 90.0, state=0.0)])
    assert outputs(judge, "clearance_m") == {}


HALF_SAID = {
    "travel and no rail": (
        on_rail("LOW", 0.0, 40.0, rail="hook_low_m: 0"),
        "LOW has travel_m and the site file gives no rail_azimuth_deg and no travel_min_m and no"
        " travel_max_m",
    ),
    "a rail and no travel": (
        on_rail("LOW", 0.0, 40.0, sensors=SENSORS),
        "LOW stands on a rail and has no travel_m beside its slew_deg",
    ),
    "a rail and travel of another point": (
        on_rail("LOW", 0.0, 40.0).replace("quantity: travel_m", "quantity: travel_m, point: bogie"),
        "LOW stands on a rail and has no travel_m beside its slew_deg",
    ),
}


@pytest.mark.parametrize("case", HALF_SAID)
def test_a_crane_that_may_stand_anywhere_is_not_judged_and_check_says_so(
    tmp_path: Path, case: str
) -> None:
    block, why = HALF_SAID[case]
    road = "zones:" + zone("road", "no_lift", 20.0, 40.0)
    known = registry(tmp_path, block, crane("TALL", 60.0, 60.0), zones=road)
    assert {str(s.key) for s in known.sensors() if s.derived and s.key.point} == {
        "site/TALL/road/no_lift_m"
    }
    missing = device_of(known, "LOW").missing
    assert missing["neighbours/clearance_m"] == why
    assert missing["road/no_lift_m"] == why


def test_a_crane_on_a_rail_that_stands_alone_is_said_not_to_tell_where(tmp_path: Path) -> None:
    known = registry(tmp_path, on_rail("LOW", 0.0, 40.0, sensors=SENSORS))
    assert "has no travel_m" in device_of(known, "LOW").missing["travel_m"]
    known = registry(tmp_path, on_rail("LOW", 0.0, 40.0))
    assert "travel_m" not in device_of(known, "LOW").missing


def test_the_interface_gives_both_ends_of_a_rail(tmp_path: Path) -> None:
    known = apart(tmp_path)
    low = device_of(known, "LOW")
    assert low.zero is not None
    answer = DeviceAnswer.parts(low)
    first, last = (Position(end.lat, end.lon) for end in answer["rail"])
    assert first == low.zero
    assert Frame(low.zero).xy_m(last) == pytest.approx((100.0, 0.0), abs=1e-6)
    assert DeviceAnswer.parts(device_of(known, "TALL"))["rail"] is None


def test_a_zone_is_judged_from_where_the_crane_is(tmp_path: Path) -> None:
    """The zone begins 120 m east of the rail's zero; a load hangs 30 m east of the crane."""
    road = "zones:" + zone("road", "no_lift", 120.0, 140.0)
    known = registry(tmp_path, on_rail("A", 0.0, 40.0), zones=road)
    for travel_m, told, off_m in (
        (0.0, {}, 90.0),
        (95.0, {"road/crane_no_lift_zone": "severe"}, -5.0),
    ):
        judge = judge_of(known)
        changes = run(judge, [stands(0, "A", 90.0, radius_m=30.0, travel_m=travel_m)])
        assert firing(changes) == told
        assert outputs(judge, "no_lift_m", "A", "road")[0] == pytest.approx(off_m, abs=0.1)


def test_an_undercarriage_in_a_low_no_entry_zone_is_in_it(tmp_path: Path) -> None:
    """The zone ends at 12 m, far below the jib; the base is at 10 m, its bogies 4 m ahead."""
    ditch = "zones:" + zone("ditch", "no_entry", 50.0, 60.0, ", top_m: 12")
    judge = judge_of(registry(tmp_path, on_rail("A", 0.0, 40.0), zones=ditch))
    run(judge, [stands(0, "A", 0.0, hook_m=30.0, travel_m=45.0)])
    assert outputs(judge, "no_entry_m", "A", "ditch")[0] == pytest.approx(1.0, abs=0.1)
    changes = run(judge, [stands(1, "A", 0.0, hook_m=30.0, travel_m=46.5)], 2)
    assert firing(changes) == {"ditch/crane_no_entry_zone": "extreme"}


def test_two_cranes_of_one_rail_meet_with_their_undercarriages(tmp_path: Path) -> None:
    """Both stand at the rail's zero when their travel is 0; jibs at right angles to the rail."""
    judge = judge_of(registry(tmp_path, on_rail("LOW", 0.0, 40.0), on_rail("TALL", 0.0, 60.0)))
    entries = [
        stands(0, "TALL", 0.0, travel_m=60.0),
        stands(0.1, "LOW", 0.0, travel_m=49.0),
    ]
    assert firing(run(judge, entries)) == {"TALL/crane_clearance": "moderate"}
    assert outputs(judge, "clearance_m")[0.1] == pytest.approx(11.0 - 8.0, abs=0.05)


def test_alerts_and_cards_are_of_the_rails_middle(tmp_path: Path) -> None:
    known = apart(tmp_path)
    low = device_of(known, "LOW")
    assert low.zero == Position(23.2, 113.2)
    assert Frame(low.zero).xy_m(low.position) == pytest.approx((50.0, 0.0), abs=1e-6)
    assert {sensor.position for sensor in low.sensors} == {low.position}
    assert device_of(known, "TALL").zero is None


def test_a_crane_that_runs_away_past_its_rail_is_red_though_it_is_not_believed_to_be_there(
    tmp_path: Path,
) -> None:
    """A storm drives it past the stop between two readings of a crane that reports slowly."""
    known = apart(tmp_path)
    (sensor,) = [s for s in device_of(known, "LOW").sensors if s.key.quantity == "travel_m"]
    assert (sensor.suspect_low, sensor.suspect_high) == (-5.0, 105.0)
    judge, intake = judge_of(known), Intake(known)
    changes: list[Change] = []
    for seq, travel_m in enumerate((40.0, 99.0, 113.0, 114.0), start=1):
        taken_at = at(60.0 * seq)
        payload = {"at": taken_at.isoformat(), "readings": {"travel_m": travel_m}}
        message = RawMessage("gw/1/site/LOW/telemetry", json.dumps(payload).encode(), taken_at)
        (report,) = intake.decode([message]).reports
        assert report.qc.get("travel_m", Qc.PASS) == (Qc.SUSPECT if travel_m > 105 else Qc.PASS)
        changes += judge.take([report], seq, taken_at)
    assert firing(changes).get("/crane_travel_end") == "extreme"


_stance = st.tuples(
    st.integers(-100, 100), st.integers(0, 359), st.integers(4, 50), st.integers(0, 45)
)


@settings(max_examples=25, deadline=None)
@given(_stance, st.integers(0, 359), st.sampled_from([0, 37, 180, 301]))
def test_a_crane_at_some_travel_is_as_near_as_one_that_was_built_there(
    stance: tuple[int, int, int, int], slew: int, azimuth: int
) -> None:
    travel_m, slew2, radius_m, hook_m = stance
    rail = f"rail_azimuth_deg: {azimuth}, travel_min_m: -100, travel_max_m: 100"
    rolling = on_rail("LOW", 60.0, 40.0, rail)
    tall = crane("TALL", 20.0, 60.0).replace("base_elevation_m: 10", "base_elevation_m: 25")
    area = "zones:" + zone("road", "no_lift", 0.0, 30.0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        moved = registry(folder, rolling, tall, zones=area)
        zero = device_of(moved, "LOW").zero
        assert zero is not None
        spot = spot_at(zero, azimuth, travel_m)
        built = crane("LOW", 60.0, 40.0).replace(
            f"position: {{lat: 23.2, lon: {zero.lon:.8f}}}",
            f"position: {{lat: {spot.lat:.10f}, lon: {spot.lon:.10f}}}",
        )
        still = registry(folder, built, tall, zones=area)
    judge, judge2 = judge_of(moved), judge_of(still)
    for each, at_m in ((judge, float(travel_m)), (judge2, None)):
        low = stands(0.1, "LOW", float(slew2), radius_m=radius_m, hook_m=hook_m, travel_m=at_m)
        run(each, [stands(0.0, "TALL", float(slew)), low])
    for point, quantity in (("TALL", "clearance_m"), ("road", "no_lift_m")):
        told = outputs(judge, quantity, "LOW", point)[0.1]
        if judge2.find(SensorKey("site", "LOW", point, quantity)) is None:
            assert told > ROOM_M  # built there it could not reach so far
            continue
        built_there = outputs(judge2, quantity, "LOW", point)[0.1]
        # Parts that could come near from elsewhere along the rail are farther off than the room.
        assert told == pytest.approx(built_there, abs=0.01) or ROOM_M < told < built_there


def spot_at(zero: Position, azimuth: float, travel_m: float) -> Position:
    along = math.radians(azimuth)
    return Frame(zero).position(travel_m * math.sin(along), travel_m * math.cos(along))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 360), st.integers(60, 64)), max_size=25),
    st.integers(0, 2**32 - 1),
)
def test_any_order_of_arrival_gives_the_same_distances_and_the_same_history(
    moves: list[tuple[bool, int, int]], seed: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        known = apart(Path(name))
    entries = [
        stands(0.7 * n, "LOW", float(slew), travel_m=float(travel), state=2.0)
        if is_low
        else stands(0.7 * n, "TALL", float(slew))
        for n, (is_low, slew, travel) in enumerate(moves)
    ]
    last_s = 0.7 * len(entries)
    end = [
        entry
        for n in range(100)
        for entry in (
            stands(last_s + n, "TALL", 90.0),
            stands(last_s + n + 0.1, "LOW", 270.0, travel_m=62.0),
        )
    ]
    straight, mixed = judge_of(known), judge_of(known)
    told = run(straight, entries + end)
    told_mixed = run(mixed, shuffled(entries, seed) + end)
    for quantity in ("clearance_m", "contact_s"):
        assert outputs(mixed, quantity) == outputs(straight, quantity)
    assert final(told) == final(told_mixed)

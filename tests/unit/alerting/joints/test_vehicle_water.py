"""A vehicle in water: two sensors at one place, judged in event time."""

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.book import Change
from alerting.joints.table import joints_for
from alerting.judge import Judge
from alerting.model import AlertState, Severity
from alerting.rules import PACK_FOLDER
from sensors.model import Report
from sensors.qc.checks import NO_CHECKS
from sensors.registry import Registry
from sensors.underpass import Underpass
from sensors.virtual.water import with_virtual_water
from tests.builders import at, packs_of, registry, report, sensor

CAR = sensor("vehicles", "camera", device="CAM", point="lane", every_s=60.0)
STANDS = CAR.key._replace(quantity="vehicle_depth_m")


@cache
def street(close_depth_m: float | None = None, holds_h: float | None = None) -> Registry:
    """Make an underpass with a camera and a gauge."""
    given = {"close_depth_m": close_depth_m, "depth_holds_h": holds_h}
    design = {name: value for name, value in given.items() if value is not None}
    deep = sensor("ponding_depth_m", device="UP", every_s=60.0, design=design, checks=NO_CHECKS)
    (site,) = registry(replace(CAR, checks=NO_CHECKS), deep).sites.values()
    site = replace(site, underpasses=(Underpass(zone="CAM/lane", gauge="UP"),))
    return Registry([with_virtual_water(site)])


def judge_of(known: Registry) -> Judge:
    return Judge(
        registry=known,
        packs=packs_of(PACK_FOLDER),
        detector_for=lambda _: None,
        joints=joints_for(known),
    )


def cars(seconds: float, n: float) -> Report:
    return report(seconds, {"vehicles": n}, kind="camera", device="CAM", point="lane")


def deep(seconds: float, depth_m: float) -> Report:
    return report(seconds, {"ponding_depth_m": depth_m}, device="UP")


def run(judge: Judge, reports: Sequence[Report]) -> list[Change]:
    changes: list[Change] = []
    for seq, entry in enumerate(reports, 1):
        changes += judge.take([entry], seq, entry.received_at)
    return [each for each in changes if each.alert.hazard == "vehicle_in_water"]


def standing(changes: list[Change]) -> list[Change]:
    last = {each.alert.id: each for each in changes}
    return [each for each in last.values() if each.alert.state is AlertState.FIRING]


def outputs(judge: Judge) -> list[tuple[float, float]]:
    watch = judge.find(STANDS)
    assert watch is not None
    start_s = at(0).timestamp()
    times = [time_s - start_s for time_s in watch.history.times]
    return list(zip(times, watch.history.values, strict=True))


LEVELS = [(0.149, 0), (0.15, Severity.SEVERE), (0.269, Severity.SEVERE), (0.27, Severity.EXTREME)]


@pytest.mark.parametrize(("depth_m", "level"), LEVELS)
def test_a_vehicle_is_judged_by_the_water_it_stands_in(depth_m: float, level: int) -> None:
    here = judge_of(street())
    found = standing(run(here, [deep(0, depth_m), deep(60, depth_m), cars(70, 1)]))
    assert [int(each.alert.severity) for each in found] == ([level] if level else [])
    for each in found:
        assert (each.alert.sensor, each.alert.value) == (STANDS, depth_m)


def test_the_depth_at_which_the_gauge_s_road_is_closed_counts() -> None:
    found = standing(run(judge_of(street(0.2)), [deep(0, 0.21), deep(60, 0.21), cars(70, 1)]))
    assert [each.alert.severity for each in found] == [Severity.EXTREME]


def test_water_that_rises_under_a_vehicle_is_told_without_the_camera_s_next_word() -> None:
    here = judge_of(street())
    changes = run(here, [deep(0, 0.0), cars(30, 1), deep(60, 0.3), deep(120, 0.3)])
    (found,) = standing(changes)
    assert found.alert.started_at == at(120)


def test_traffic_on_a_dry_road_and_water_without_a_vehicle_are_calm() -> None:
    dry = [entry for n in range(20) for entry in (deep(60 * n, 0.02), cars(60 * n + 5, n % 4))]
    empty = [entry for n in range(20) for entry in (deep(60 * n, 0.6), cars(60 * n + 5, 0))]
    assert run(judge_of(street()), dry) == []
    assert run(judge_of(street()), empty) == []


def test_one_wild_depth_is_no_water() -> None:
    wild = [deep(0, 0.0), deep(60, 3.0), cars(70, 2), deep(120, 0.0), cars(130, 2)]
    assert run(judge_of(street()), wild) == []


def test_a_silent_gauge_has_not_drained_the_underpass_and_the_alert_says_so() -> None:
    here = judge_of(street())
    (found,) = standing(run(here, [deep(0, 0.4), deep(60, 0.4), cars(3660, 1)]))
    assert found.alert.severity is Severity.EXTREME
    said = found.transition.said
    assert said is not None
    assert said.remark == "1 vehicle seen; UP is silent, its depth is 60 min old"
    assert said.remark_zh == "看到车辆1辆；UP已无数据，水深为60分钟前的值"
    assert said.is_suspect


def test_a_fresh_depth_is_told_with_the_number_of_vehicles() -> None:
    (found,) = standing(run(judge_of(street()), [deep(0, 0.4), deep(60, 0.4), cars(70, 3)]))
    said = found.transition.said
    assert said is not None
    assert (said.remark, said.remark_zh) == (
        "3 vehicles seen; depth of UP",
        "看到车辆3辆，水深取自UP",
    )
    assert not said.is_suspect


def test_a_depth_that_nobody_knows_is_no_dry_road_and_its_blindness_is_told() -> None:
    here = judge_of(street())
    here.silence.start(at(0).timestamp(), grace_s=0.0)
    run(here, [cars(60.0 * n, 1) for n in range(1, 8)])
    assert outputs(here) == []
    blind = [each.alert for each in here.tick(at(430), 9) if each.alert.sensor.device == "CAM"]
    assert ["lane depth of water where a vehicle is" in each.reason for each in blind] == [True]


def test_an_old_depth_counts_no_longer_than_the_site_file_says() -> None:
    reports = [deep(0, 0.4), deep(60, 0.4), cars(60 + 3601, 1)]
    assert run(judge_of(street(holds_h=1.0)), reports) == []


def test_a_vehicle_that_is_no_longer_seen_may_have_sunk_so_a_person_ends_the_alert() -> None:
    here = judge_of(street())
    gone = [entry for n in range(2, 30) for entry in (cars(60 * n, 0), deep(60 * n + 1, 0.5))]
    changes = run(here, [deep(0, 0.4), deep(60, 0.4), cars(70, 1), *gone])
    (found,) = standing(changes)
    assert found.alert.awaiting_sign_off


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6))
def test_the_output_is_a_function_of_the_set_of_readings(seed: int) -> None:
    random_ = random.Random(seed)
    reports = [
        cars(15.0 * n, random_.choice((0, 1, 2)))
        if random_.random() < 0.5
        else deep(15.0 * n, random_.choice((0.0, 0.1, 0.2, 0.5)))
        for n in range(8)
    ]
    first, second = judge_of(street()), judge_of(street())
    run(first, reports)
    mixed = random_.sample(reports, len(reports))
    run(second, [*mixed, *random_.sample(mixed, 3)])
    assert outputs(first) == outputs(second)

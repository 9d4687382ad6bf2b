"""Boreholes as a whole and neighbouring poles; what alerts say beside; nothing doubtful clears."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.history import Flag, History
from alerting.joints.borehole import profile, profile_words
from alerting.judge import Judge
from alerting.rules import PACK_FOLDER, own_limit_faults
from sensors.model import Qc, Report, SensorKey
from sensors.neighbours import Neighbours
from sensors.registry import OwnLimit, Place, Registry, Sheet
from sensors.virtual.ground import hole_and_depth, with_virtual_ground
from tests.builders import at, judge, packs_of, registry, sensor
from tests.unit.alerting.ground.built import (
    a_report,
    change,
    district,
    final,
    firing,
    judge_of,
    pole,
    run,
    shuffled,
    wall,
)

DEPTHS = ("2.5", "5.0", "7.5")
HOLE = SensorKey("site", "D-01", "CX1", "deep_h_max_mm")


def string() -> Judge:
    sensors = [sensor("deep_h_mm", "pit", point=f"CX1-{d}m", every_s=600.0) for d in DEPTHS]
    return judge_of(district(*sensors))


def depth(seconds: float, name: str, value: float, *, qc: Qc = Qc.PASS) -> Report:
    values = {"deep_h_mm": value}
    return a_report("site", "D-01", "pit", seconds, values, point=f"CX1-{name}m", qc=qc)


def outputs(here: Judge, key: SensorKey) -> list[tuple[float, float]]:
    watch = here.find(key)
    assert watch is not None
    times = [time_s - at(0).timestamp() for time_s in watch.history.times]
    return list(zip(times, watch.history.values, strict=True))


@pytest.mark.parametrize(
    ("point", "place"),
    [("CX3-7.5m", ("CX3", 7.5)), ("CX3-A-12m", ("CX3-A", 12.0)), ("WT1", None), ("CX3", None)],
)
def test_a_point_tells_its_borehole_and_depth(point: str, place: tuple[str, float] | None) -> None:
    assert hole_and_depth(point) == place


def test_a_borehole_says_its_greatest_movement_with_its_sign() -> None:
    here = string()
    run(here, [depth(0, "2.5", 3.0), depth(0, "5.0", -8.0), depth(0, "7.5", 4.0)])
    assert outputs(here, HOLE) == [(0, -8.0)]


def test_the_alert_says_at_which_depth_and_what_is_missing() -> None:
    here = string()
    told = [depth(600.0 * n, name, 12.0 + float(name)) for n in (0, 1) for name in ("2.5", "5.0")]
    (standing,) = firing(run(here, told))
    assert standing.alert.sensor == HOLE
    said = "Borehole CX1 moved most at 5 m: 17 mm; nothing recent from 7.5 m."
    assert said in standing.alert.reason


def test_a_missing_point_makes_the_borehole_doubtful_so_that_it_cannot_clear() -> None:
    here = string()
    run(here, [depth(0, "2.5", 1.0), depth(0, "5.0", 1.0)])
    watch = here.find(HOLE)
    assert watch is not None
    assert watch.history.flags[0] & Flag.SUSPECT
    run(here, [depth(600, name, 1.0) for name in DEPTHS], first_seq=10)
    assert watch.history.flags[1] == Flag.CAN_CLEAR


def test_a_profile_is_that_of_one_instant() -> None:
    here = string()
    run(here, [depth(0, "2.5", 1.0), depth(0, "5.0", 2.0), depth(3000, "2.5", 9.0)])
    points = {
        float(d): sensor("deep_h_mm", "pit", point=f"CX1-{d}m", every_s=600.0) for d in DEPTHS
    }

    def history_of(key: SensorKey) -> History | None:
        watch = here.find(key)
        return watch.history if watch is not None else None

    then = profile(points, history_of, at(10).timestamp())
    assert [point.value_mm for point in then] == [1.0, 2.0, None]
    now = profile(points, history_of, at(3000).timestamp())
    assert [point.value_mm for point in now] == [9.0, None, None]
    assert profile_words("CX1", []).en == "borehole CX1: no point has a recent value"


def test_neighbouring_poles_are_judged_by_what_they_settled_since_zeroing() -> None:
    poles = [
        sensor("settlement_mm", "formwork", device=name, point="P1", every_s=60.0)
        for name in ("D-01", "D-02")
    ]
    own = [change(570, "zeroed"), change(580, "pouring")]
    known = district(
        *poles,
        device_stages={"D-01": own, "D-02": own},
        neighbours=[Neighbours(one="D-01/P1", other="D-02/P1", spacing_m=9.0)],
    )
    here = judge_of(known)
    before = [pole(60.0 * n, 5.0 * (d == "D-02"), d) for n in range(10) for d in ("D-01", "D-02")]
    during = [
        pole(600 + 60.0 * n, sunk, d)
        for n in range(3)
        for d, sunk in (("D-01", 5.0), ("D-02", 1.0))
    ]
    changes = run(here, before + during)
    assert [entry.alert.sensor.quantity for entry in firing(changes)] == ["differential_mm"]
    (standing,) = firing(changes)
    assert standing.alert.value == 9.0  # 5 - 1 now, less 0 - 5 before


STRUT_DESIGN = {"strut_kn_per_degc": 20.0, "strut_reference_degc": 15.0}


def test_a_strut_s_alert_says_what_heat_explains_and_judges_the_whole() -> None:
    strut = sensor(
        "strut_force_kn",
        "pit",
        point="ZL1",
        design={**STRUT_DESIGN, "strut_capacity_kn": 2000.0, "safety_grade": 1.0},
    )
    air = sensor("temperature_degc", "pit")
    here = judge(strut, air)
    hot = [
        entry
        for n in range(3)
        for entry in (
            a_report("site", "D-01", "pit", 600.0 * n, {"temperature_degc": 35.0}),
            a_report("site", "D-01", "pit", 600.0 * n, {"strut_force_kn": 1700.0}, point="ZL1"),
        )
    ]
    (standing,) = firing(run(here, hot))
    assert standing.alert.severity.word == "severe"
    assert "Heat explains about 400 kN of it (35.0 °C, 20 kN/°C from 15 °C on)" in (
        standing.alert.reason
    )


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(DEPTHS), st.integers(-30, 30)),
        min_size=3,
        max_size=50,
        unique_by=lambda row: (row[0], row[1]),
    ),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_order_of_a_string_s_points_gives_the_same_profile_and_history(
    rows: list[tuple[int, str, int]], seed: int
) -> None:
    entries = [depth(150.0 * n, name, float(value)) for n, name, value in sorted(rows)]
    end = [depth(5000 + 300.0 * n, name, 0.0) for n in range(20) for name in DEPTHS]
    straight, mixed = string(), string()
    told, other = run(straight, entries + end), run(mixed, shuffled(entries, seed) + end)
    assert outputs(mixed, HOLE) == outputs(straight, HOLE)
    assert final(other) == final(told)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["late", "suspect", "missing", "same"]), st.integers(0, 9)),
        min_size=1,
        max_size=40,
    )
)
def test_nothing_late_suspect_or_missing_clears(rows: list[tuple[str, int]]) -> None:
    here = judge_of(district(sensor("wall_top_h_mm", "pit", every_s=600.0)))
    changes = run(here, [wall(0, 15.0), wall(600, 15.0)])
    for n, (what, value) in enumerate(rows, 2):
        time_s = 600.0 * n
        if what == "late":
            entry = wall(time_s, float(value), delay_s=5000.0)
        elif what == "suspect":
            entry = wall(time_s, float(value), qc=Qc.SUSPECT)
        elif what == "same":
            entry = wall(time_s, 15.0)
        else:
            continue
        changes += run(here, [entry], first_seq=n + 10)
    assert len(firing(changes)) == 1


def test_an_own_limit_of_the_deepest_point_is_no_limit_of_the_whole_borehole() -> None:
    sheet = Sheet(document="Sheet 7 (fictitious)", sheet="7", day="2026-03-01", signed_by="Nobody")
    own = OwnLimit(
        rule="pit_displacement",
        severity="severe",
        limits={"cumulative": 25.0},
        unit="mm",
        sheet=sheet,
        place=Place("site.yaml", 9),
    )
    points = [
        replace(sensor("deep_h_mm", "pit", device="PIT", point=f"CX1-{depth}m"), limits=(own,))
        for depth in ("2.0", "4.0")
    ]
    (site,) = registry(*points).sites.values()
    known = Registry([with_virtual_ground(site)])
    assert known.sensor(points[0].key._replace(point="CX1", quantity="deep_h_max_mm")) is not None
    assert list(own_limit_faults(known.sensors(), packs_of(PACK_FOLDER))) == []

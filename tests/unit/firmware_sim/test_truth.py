"""The labels of the district's scenarios are what is really true, judged without any server.

A label must be crossed inside its window and hold to its end; a device that is neither labelled nor
allowed must cross nothing.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware_sim.library import staged
from firmware_sim.physics.build import build
from firmware_sim.physics.world import World
from firmware_sim.scenario import SEVERITIES, Scenario, load_scenario
from firmware_sim.site import load_sites
from tests.unit.firmware_sim.levels import Levels, truth

ROOT = Path(__file__).parents[3]
SCENARIOS = ROOT / "firmware_sim" / "scenarios"
# The tide is high at one start and low at another; work stops at night.
STARTS = [datetime(2026, 7, 1, hour, tzinfo=UTC) for hour in (1, 7, 13)]


@pytest.fixture(scope="module", params=STARTS, ids=lambda start: f"from {start.hour} UTC")
def storm(request: pytest.FixtureRequest) -> tuple[Scenario, dict[str, dict[str, Levels]]]:
    script = load_scenario(SCENARIOS / "district-storm.yaml")
    fleet = load_sites(ROOT / "examples" / "baiyun")
    return script, {d.name: truth(d, script, request.param, fleet) for d in script.choose(fleet)}


def test_every_label_is_crossed_in_its_window_and_holds_to_its_end(
    storm: tuple[Scenario, dict[str, dict[str, Levels]]],
) -> None:
    script, found = storm
    labels = script.expand(load_sites(ROOT / "examples" / "baiyun"))
    assert {label.hazard for label, _ in labels} >= {
        "rainstorm", "river_flood", "ponding", "crane_wind", "pit_deformation", "sensor_silent"
    }  # fmt: skip
    for label, device in labels:
        if label.hazard == "sensor_silent":
            continue
        least = SEVERITIES.index(label.severity) + 1
        over = [t for t, severity in found[device.name][label.hazard] if severity >= least]
        what = (label.hazard, device.name, label.severity)
        assert over, what
        assert label.from_s <= over[0] <= label.by_s, (*what, over[0] / 60)
        death = found[device.name][label.hazard][-1][0]
        assert over[-1] >= min(label.until_s, death) - 2 * device.every_s, (*what, over[-1] / 60)


def test_river_labels_do_not_depend_on_judging_the_rate_of_rise() -> None:
    for name in ("district-storm", "cut-and-burst"):
        script = load_scenario(SCENARIOS / f"{name}.yaml")
        for label, device in script.expand(load_sites(ROOT / "examples" / "baiyun")):
            if label.hazard != "river_flood":
                continue
            steady = device.design["warning_stage_m"]
            signal = build(device, World(start=STARTS[0], seed=script.seed, events=script.events))
            step = int(device.every_s)
            times = range(step, int(label.by_s), step)
            assert max(signal.at(float(t))[""]["stage_m"] for t in times) > steady + 0.05


def test_what_is_neither_labelled_nor_allowed_crosses_no_limit(
    storm: tuple[Scenario, dict[str, dict[str, Levels]]],
) -> None:
    script, found = storm
    checked = 0
    for device in load_sites(ROOT / "examples" / "baiyun"):
        for hazard, levels in found[device.name].items():
            if any(scope.covers(hazard, device) for scope in script.allowed):
                continue
            checked += 1
            over = [(t / 60, severity) for t, severity in levels if severity]
            assert not over, (device.name, hazard, over[:3])
    assert checked > 50


def test_whatever_is_labelled_is_also_allowed_and_nothing_quiet_is_labelled() -> None:
    for path in SCENARIOS.glob("*.yaml"):
        stage = staged(load_scenario(path))
        script = stage.script
        for label, device in script.expand(stage.devices):
            assert any(s.covers(label.hazard, device) for s in script.allowed), label
            assert not any(s.covers(label.hazard, device) for s in script.quiet), label


def test_the_first_label_is_crossed_within_eight_simulated_minutes(
    storm: tuple[Scenario, dict[str, dict[str, Levels]]],
) -> None:
    _, found = storm
    first = min(
        t for hazards in found.values() for levels in hazards.values() for t, s in levels if s
    )
    assert first <= 480.0


def test_the_gauge_dies_while_it_stands_above_its_warning_stage(
    storm: tuple[Scenario, dict[str, dict[str, Levels]]],
) -> None:
    script, found = storm
    last_s, severity = found["baihe-creek/WL-02"]["river_flood"][-1]
    silent = [label for label, _ in script.expand(load_sites(ROOT / "examples" / "baiyun"))]
    assert severity >= 2
    assert last_s == 75 * 60.0
    assert any(x.hazard == "sensor_silent" and x.from_s > last_s for x in silent)


def test_the_cut_gauge_crosses_its_limit_while_nobody_can_hear_it() -> None:
    script = load_scenario(SCENARIOS / "cut-and-burst.yaml")
    fleet = {d.name: d for d in load_sites(ROOT / "examples" / "baiyun")}
    for start in STARTS:
        gauge = fleet["baihe-creek/WL-01"]
        levels = dict(truth(gauge, script, start)["river_flood"])
        warning = gauge.design["warning_stage_m"]
        assert warning > 0
        (label,) = script.labels
        over = [t for t, severity in levels.items() if severity >= 2]
        assert label.from_s <= over[0] <= label.by_s
        assert over[-1] >= label.until_s


def test_a_quiet_day_crosses_nothing() -> None:
    script = load_scenario(SCENARIOS / "quiet-day.yaml")
    fleet = load_sites(ROOT / "examples" / "baiyun")
    devices = script.choose(fleet)
    # Machines speak every few seconds: one of each kind stands for all of theirs.
    slow = [d for d in devices if d.every_s >= 60.0]
    fast = list({d.kind: d for d in devices if d.every_s < 60.0}.values())
    for device in slow + fast:
        for hazard, levels in truth(device, script, STARTS[0], fleet).items():
            assert not [t for t, severity in levels if severity], (device.name, hazard)

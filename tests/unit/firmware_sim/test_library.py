"""The library of scenarios: wide enough, with quiet days, and labelled by what is really true.

Every label's hazard must really be as bad as it says within its window and until its end, and what
is neither labelled nor allowed must not be bad at all; both judged without any server.
"""

import os
from itertools import pairwise

import pytest

from firmware_sim.library import DEFAULT_START, Staged, find, names, staged
from firmware_sim.scenario import SEVERITIES, Label
from firmware_sim.site import DeviceSpec
from tests.unit.firmware_sim.levels import Levels, truth

PROVING = [name for name in names() if find(name).sites == "examples/proving"]
# What cannot be judged from values alone: silence, doubt, what is only unusual, and zones.
UNSEEN = {"sensor_silent", "sensor_doubtful", "anomaly", "crane_zone"}
# Simulated samples beyond which a scenario is followed only when asked for.
WHOLE = "GROUNDWATCH_TEST_LIBRARY" in os.environ
MOST_SAMPLES = 3_000
# The mean wind and the unloaded lean come and go; a label holds while they come back within this.
DIPS_S = {
    "crane_wind": 600.0,
    "hoist_wind": 600.0,
    "crane_tilt": 1200.0,
    "crane_jib_held": 600.0,
}


def size(stage: Staged) -> float:
    return sum(stage.script.duration_s / device.every_s for device in stage.devices)


def chosen() -> list[str]:
    stages = {name: staged(find(name)) for name in PROVING}
    return [name for name, stage in stages.items() if WHOLE or size(stage) <= MOST_SAMPLES]


def test_the_library_is_wide_and_a_third_of_it_is_quiet() -> None:
    scripts = [find(name) for name in names()]
    assert len(scripts) >= 40
    quiet = [script for script in scripts if not script.labels]
    assert len(quiet) >= len(scripts) / 3
    labelled = {label.hazard for script in scripts for label in script.labels}
    assert labelled >= {
        *("crane_overload", "crane_wind", "crane_collision", "crane_tilt"),
        *("hoist_overload", "hoist_wind", "pit_deformation", "pit_support"),
        *("pit_groundwater", "pit_surroundings", "formwork_collapse", "rainstorm"),
        *("river_flood", "ponding", "sensor_silent"),
    }


@pytest.mark.parametrize("name", chosen())
def test_labels_are_true_and_what_is_not_labelled_does_not_happen(name: str) -> None:
    stage = staged(find(name))
    script = stage.script
    start = script.start or DEFAULT_START
    found = {d.name: truth(d, script, start, stage.fleet) for d in stage.devices}
    for label, device in script.expand(stage.devices):
        if label.hazard not in UNSEEN:
            assert_true(label, device, found[device.name][label.hazard])
    for device in stage.devices:
        for hazard, levels in found[device.name].items():
            if not any(scope.covers(hazard, device) for scope in script.allowed):
                assert not [t for t, severity in levels if severity], (device.name, hazard)


def assert_true(label: Label, device: DeviceSpec, levels: Levels) -> None:
    least = SEVERITIES.index(label.severity) + 1
    begun_s = label.from_s - device.every_s
    over = [t for t, severity in levels if severity >= least and t >= begun_s]
    what = (label.hazard, device.name, label.severity)
    assert over, what
    assert over[0] <= label.from_s + device.every_s, (*what, over[0])
    dip_s = max(DIPS_S.get(label.hazard, 0.0), 2.0 * device.every_s)
    until_s = min(label.until_s, levels[-1][0])
    held = [t for t in [*over, until_s] if t <= until_s]
    assert all(b - a <= dip_s for a, b in pairwise(held)), what

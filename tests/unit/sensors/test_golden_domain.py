"""Cells of the domain reference beside the limits of packs: A5, A8 and the ranges of D4."""

import json
from pathlib import Path

import pytest

from ingest.codecs.crane_alarm import read
from ingest.codecs.heard import Incoming
from sensors.model import Qc
from sensors.plausible import why_not_plausible
from tests.builders import at, sensor
from tests.unit.sensors.test_derive import made, taken

# The 云筑 string: bit, what it says, and whether it is an alarm (a limit switch is none).
BITS = [
    (0, "wind", True),
    (1, "overweight", True),
    (2, "collision", True),
    (3, "moment", True),
    (4, "tilt", True),
    *((bit, "collision front/rear/left/right", True) for bit in (5, 6, 7, 8)),
    *((bit, "area front/rear/left/right", True) for bit in (9, 10, 11, 12)),
    *((bit, "limits up/down/out/in/left/right", False) for bit in (13, 14, 15, 16, 17, 18)),
    (19, "entered zone", True),
    (20, "anti-collision stop angle", True),
    (21, "brake angle", True),
    *((bit, "rest", False) for bit in range(22, 32)),
]


@pytest.mark.parametrize(("bit", "what", "is_alarm"), BITS)
def test_every_bit_of_the_yunzhu_string(
    tmp_path: Path, bit: int, what: str, is_alarm: bool
) -> None:
    registry, _ = made(tmp_path, "limit_bits", extra="")
    values = taken(registry, f'"limit_bits": {1 << bit}').values
    assert values["device_alarms"] == float(is_alarm), what


# The vendor's black box: codes; action 0 clears, 1 raises.
CODES = [11, 12, 13, 14, 15, 21, 22, 23, 24, 31, 32, 33, 34, 41, 42, 51, 61, 71, 81]


@pytest.mark.parametrize("code", range(100))
def test_every_code_of_the_black_box_and_no_other(code: int) -> None:
    for action in (0, 1):
        body: dict[str, str | int] = {"HxzId": "1", "RTime": "2026-06-01 08:00:00"}
        body |= {"AlarmType": code, "AlarmAction": action}
        heard = read(Incoming(("alarm", "1"), json.dumps(body).encode(), at(1)))
        if code not in CODES:
            assert "is not known" in heard.faults[0].reason
            continue
        (sample,) = heard.samples
        assert sample.values[f"alarm.{code}"] == action


@pytest.mark.parametrize(
    ("mast_m", "sensors", "is_said"),
    [
        (50, "load_t", False),
        (50.1, "load_t", True),
        (112, "load_t wind_ms", False),
        (112, "load_t gust_ms", False),
    ],
)
def test_above_50_m_a_crane_without_anemometer_is_said_not_to_be_judged(
    tmp_path: Path, mast_m: float, sensors: str, is_said: bool
) -> None:
    registry, faults = made(tmp_path, sensors, extra=f"design: {{mast_height_m: {mast_m}}}")
    assert faults == []
    missing = registry.sites["site"].devices[0].missing
    assert ("needs an anemometer" in missing.get("wind_ms", "")) is is_said


# D4, gross range and climatology: the last value that is kept and the first that is not.
RANGES = [
    ("rain", "rain_mm", 0.0, Qc.PASS, -0.01, Qc.FAIL),
    ("rain", "rain_mm", 20.0, Qc.PASS, 20.01, Qc.SUSPECT),
    ("rain", "rain_mm", 60.0, Qc.SUSPECT, 60.01, Qc.FAIL),
    ("crane", "load_t", -0.5, Qc.PASS, -0.51, Qc.FAIL),
    ("crane", "slew_deg", 720.0, Qc.PASS, 720.1, Qc.FAIL),
    ("crane", "slew_deg", -720.0, Qc.PASS, -720.1, Qc.FAIL),
    ("crane", "wind_ms", 75.0, Qc.SUSPECT, 75.1, Qc.FAIL),
    ("crane", "gust_ms", 75.0, Qc.SUSPECT, 75.1, Qc.FAIL),
    ("crane", "moment_pct", 130.0, Qc.PASS, 130.1, Qc.SUSPECT),
]


@pytest.mark.parametrize(("kind", "quantity", "kept", "as_flag", "beyond", "flag"), RANGES)
def test_both_sides_of_every_range(
    kind: str, quantity: str, kept: float, as_flag: Qc, beyond: float, flag: Qc
) -> None:
    of = sensor(quantity, kind)
    assert why_not_plausible(kept, of)[0] == as_flag
    assert why_not_plausible(beyond, of)[0] == flag

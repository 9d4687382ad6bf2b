"""How often a pit is to be read by hand: GB 50497-2019 Table 7.0.3, row by row (B5)."""

from datetime import timedelta
from pathlib import Path

import pytest

from alerting.judge import Judge
from alerting.model import AlertKind
from alerting.rules import PACK_FOLDER, Frequency, Required, load_packs
from groundwatch.limit_sheet import limits_text
from sensors.lifecycle import Life, StageChange
from sensors.registry import Sensor
from tests.builders import START, at, packs_of, report, sensor
from tests.unit.alerting.ground.built import district
from tests.unit.alerting_limits.look import pit

DAY_S = 86400.0


def frequency() -> Frequency:
    (found,) = [pack.frequency for pack in packs_of(PACK_FOLDER)["pit"] if pack.frequency]
    return found


def dug(depth_m: float | None) -> Life:
    return Life([StageChange(at=at(0), stage="excavating", depth_m=depth_m)])


def cast() -> Life:
    return Life([StageChange(at=at(0), stage="slab_cast")])


def by_hand(grade: float, **more: object) -> Sensor:
    return pit("wall_top_h_mm", grade=grade, depth=15.0, read_by="hand", **more)


# metres dug of 15, grade, days between readings at the strict and at the lenient end
DUG = [
    (0.0, 1, 2, 3),
    (5.0, 1, 2, 3),
    (5.1, 1, 1, 2),
    (10.0, 1, 1, 2),
    (10.1, 1, 0.5, 1),
    (16.0, 1, 0.5, 1),
    (5.0, 2, 3, 3),
    (10.0, 2, 2, 2),
    (15.0, 2, 1, 1),
]
# days after the slab, grade, days between readings
SLAB = [
    *[(0, 1, 1), (7, 1, 1), (8, 1, 3), (14, 1, 3), (15, 1, 5), (28, 1, 5), (29, 1, 7)],
    *[(0, 2, 2), (7, 2, 2), (8, 2, 3), (14, 2, 3), (15, 2, 7), (28, 2, 7), (29, 2, 10)],
]


@pytest.mark.parametrize(("depth_m", "grade", "strict_d", "lenient_d"), DUG)
def test_while_it_is_dug_the_depth_decides(
    depth_m: float, grade: int, strict_d: float, lenient_d: float
) -> None:
    for words, days in (({}, strict_d), ({"limit_end": "lenient"}, lenient_d)):
        of = by_hand(float(grade), **words)
        found = frequency().required(of, dug(depth_m), at(0).timestamp())
        assert isinstance(found, Required)
        assert found.every == timedelta(days=days)
        assert (found.provenance.clause, found.provenance.confidence) == ("Table 7.0.3", "V")


@pytest.mark.parametrize(("age_d", "grade", "days"), SLAB)
def test_after_the_slab_its_age_decides(age_d: float, grade: int, days: float) -> None:
    found = frequency().required(by_hand(float(grade)), cast(), at(age_d * DAY_S).timestamp())
    assert isinstance(found, Required)
    assert found.every == timedelta(days=days)


MISSING = [
    (by_hand(1.0), Life(), "no stage is known"),
    (by_hand(1.0), dug(None), "nobody has said how deep the pit is dug"),
    (by_hand(3.0), dug(5.0), "has no row for excavating with safety_grade 3"),
    (pit("wall_top_h_mm", depth=None, read_by="hand"), dug(5.0), "gives no pit_depth_m"),
    (pit("wall_top_h_mm", grade=None, read_by="hand"), dug(5.0), "gives no safety_grade"),
]


@pytest.mark.parametrize(("of", "life", "reason"), MISSING)
def test_what_misses_an_input_is_asked_nothing_and_says_why(
    of: Sensor, life: Life, reason: str
) -> None:
    found = frequency().required(of, life, at(0).timestamp())
    assert isinstance(found, str)
    assert reason in found


def test_a_device_that_reads_by_itself_is_held_to_its_own_interval() -> None:
    assert not frequency().speaks_of(pit("wall_top_h_mm"))


def blind_at(hours: float, depth_m: float, read_by: str) -> str | None:
    """Give how bad the silence of a point is that was read once, by hand every three days."""
    of = sensor(
        "wall_top_h_mm",
        "pit",
        every_s=3 * DAY_S,
        design={"pit_depth_m": 15.0, "safety_grade": 1.0},
        words={"read_by": read_by},
    )
    stages = [StageChange(at=at(0), stage="excavating", depth_m=depth_m)]
    here = Judge(
        registry=district(of, stages=stages),
        packs=packs_of(PACK_FOLDER),
        detector_for=lambda _: None,
    )
    here.silence.start(at(0).timestamp(), grace_s=0.0)
    here.take([report(0, {"wall_top_h_mm": 1.0}, kind="pit")], 1, at(1))
    here.tick(at(60), 1)
    told = [each.alert for each in here.tick(at(hours * 3600), 1)]
    blind = [alert for alert in told if alert.kind is AlertKind.BLIND]
    return next((a.severity.word for a in blind if a.sensor.device == of.key.device), None)


@pytest.mark.parametrize(
    ("hours", "depth_m", "read_by", "severity"),
    [
        (14.9, 15.0, "hand", None),
        (15.1, 15.0, "hand", "minor"),
        (36.1, 15.0, "hand", "moderate"),
        (36.1, 4.0, "hand", None),
        (60.1, 4.0, "hand", "minor"),
        (36.1, 15.0, "device", None),
    ],
)
def test_a_point_nobody_reads_often_enough_is_overdue(
    hours: float, depth_m: float, read_by: str, severity: str | None
) -> None:
    assert blind_at(hours, depth_m, read_by) == severity


SITE = """
site: {id: pit, name: Pit, position: {lat: 23.2, lon: 113.2}, kind: pit,
  district: D, street: S, village: V}
stages: [{stage: excavating, at: 2026-01-01T00:00:00Z, depth_m: 12}]
devices:
  - id: HAND
    kind: pit
    every: 1d
    design: {pit_depth_m: 15, safety_grade: 1, read_by: hand, support_type: bored_pile}
    sensors: [{quantity: wall_top_h_mm}]
"""


def test_limits_says_how_often_and_by_which_row(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "pit.yaml").write_text(SITE, encoding="utf-8")
    text = limits_text("pit/HAND/wall_top_h_mm", sites=tmp_path, at=START, as_json=False)
    assert "to be read every 12 h (dug to 80 % of the depth), overdue after 15 h" in text
    assert "GB 50497-2019 Table 7.0.3; confidence V" in text
    assert "gb50497-7.0.3.yaml:" in text


def test_a_pack_that_names_no_table_is_refused(tmp_path: Path) -> None:
    text = (PACK_FOLDER / "pit.yaml").read_text(encoding="utf-8")
    wrong = text.replace("table: gb50497_7_0_3, only", "table: gb50497_7, only")
    (tmp_path / "pit.yaml").write_text(wrong, encoding="utf-8")
    _, faults = load_packs(tmp_path)
    (fault,) = [str(each) for each in faults if "gb50497_7'" in str(each)]
    assert "there is no table 'gb50497_7'" in fault
    assert "gb50497_7_0_3" in fault

"""What the simulator reads from site files, and how it says what is wrong with them."""

from pathlib import Path

import pytest

from firmware_sim.errors import Misuse
from firmware_sim.kinds import KINDS
from firmware_sim.site import load_sites
from firmware_sim.units import base_of
from sensors.catalogue import KINDS as CATALOGUE

EXAMPLES = Path(__file__).parents[3] / "examples"

SITE = """\
site:
  id: tower
  design: {wall_top_h_limit_mm: 30}
devices:
  - id: TC-01
    kind: crane
    every: 5s
    design: {max_load_t: 8, load_chart: [[14, 8.0], [30, 3.5], [50, 2.0]]}
    sensors:
      - {quantity: wind_ms, unit: km/h}
      - {quantity: load_t, unit: kg, calibration: {scale: 2.0, offset: 0.5}}
  - id: PIT-1
    kind: pit
    sensors:
      - {quantity: wall_top_h_mm, point: WT1}
      - {quantity: wall_top_h_mm, point: WT2, design: {wall_top_h_limit_mm: 20}}
"""


def write(folder: Path, text: str) -> Path:
    (folder / "one.yaml").write_text(text, encoding="utf-8")
    return folder


def faults(folder: Path) -> list[str]:
    with pytest.raises(Misuse) as caught:
        load_sites(folder)
    return caught.value.faults


def test_the_quantities_copied_by_hand_are_in_the_catalogue() -> None:
    """The catalogue has those besides that the server computes and no device sends."""
    assert KINDS.keys() == CATALOGUE.keys()
    for kind, quantities in KINDS.items():
        assert quantities <= CATALOGUE[kind].quantities.keys(), kind


def test_the_base_units_copied_by_hand_are_those_of_the_catalogue() -> None:
    for kind in CATALOGUE.values():
        for quantity in kind.quantities.values():
            if quantity.key not in KINDS[kind.key]:
                continue
            plain = quantity.unit in ("count", "code", "bool")
            assert base_of(quantity.key) == ("" if plain else quantity.unit), quantity.key


def test_a_device_knows_its_pace_its_chart_and_the_nearest_design_value(tmp_path: Path) -> None:
    crane, pit = load_sites(write(tmp_path, SITE))
    assert (crane.name, crane.every_s, crane.design["max_load_t"]) == ("tower/TC-01", 5.0, 8.0)
    assert crane.load_chart == ((14.0, 8.0), (30.0, 3.5), (50.0, 2.0))
    limits = [sensor.design["wall_top_h_limit_mm"] for sensor in pit.sensors]
    assert limits == [30.0, 20.0]
    assert pit.every_s == 600.0


def test_a_sensor_sends_in_its_own_unit_what_calibration_will_undo(tmp_path: Path) -> None:
    wind, load = load_sites(write(tmp_path, SITE))[0].sensors
    assert wind.raw(10.0) == pytest.approx(36.0)
    # The server computes raw kg / 1000 * 2.0 + 0.5.
    assert load.raw(4.5) == pytest.approx(2000.0)


@pytest.mark.parametrize(
    ("find", "put", "expected"),
    [
        ("kind: crane", "kind: krane", "one.yaml:6: unknown kind `krane`; allowed are crane"),
        ("every: 5s", "every: soon", "one.yaml:7: every: `soon` is not a duration"),
        ("every: 5s", "every: 1ms", "one.yaml:7: every: at least 0.1 s"),
        ("wind_ms, unit: km/h", "wind_kn", "one.yaml:10: a crane has no quantity `wind_kn`"),
        ("unit: kg", "unit: stone", "one.yaml:11: load_t in `stone`? Allowed are t, kg, kN"),
        ("scale: 2.0", "scale: 0", "one.yaml:11: a calibration's scale cannot be 0"),
        ("id: PIT-1", "id: TC-01", "device `tower/TC-01` is described twice"),
        ("id: tower", "name: tower", "one.yaml:1: `site: {id: …}` is missing"),
        (
            "  - id: PIT-1",
            "  - id: PIT-1\n    id: PIT-2",
            "one.yaml:13: key `id` stands here twice",
        ),
        ("devices:", "devices: [", "one.yaml:5: not valid YAML"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    tmp_path: Path, find: str, put: str, expected: str
) -> None:
    told = faults(write(tmp_path, SITE.replace(find, put, 1)))
    assert any(expected in fault for fault in told), told


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = SITE.replace("kind: crane", "kind: krane").replace("wall_top_h_mm", "wall_mm")
    assert len(faults(write(tmp_path, text))) == 3


def test_a_directory_without_site_files_is_a_mistake(tmp_path: Path) -> None:
    assert "no site file" in faults(tmp_path)[0]


def test_the_example_sites_load() -> None:
    assert len(load_sites(EXAMPLES / "baiyun")) >= 40
    assert len(load_sites(EXAMPLES / "hubeau")) == 47

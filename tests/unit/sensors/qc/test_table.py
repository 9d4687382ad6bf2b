"""The tables, and what a site file may say instead: every mistake with file and line."""

from pathlib import Path

import pytest

from sensors.qc.checks import Checks
from sensors.qc.table import load_tables
from sensors.site import load_site

SITE = """
site:
  id: creek
  name: Creek
  position: {{lat: 23.2, lon: 113.2}}
  kind: river
  district: d
  street: s
  village: v
devices:
  - id: WL
    kind: water_level
    every: 5m
    sensors:
      - quantity: stage_m
        quality: {quality}
"""


def loaded(folder: Path, quality: str) -> tuple[Checks | None, list[str]]:
    path = folder / "creek.yaml"
    path.write_text(SITE.format(quality=quality))
    found = load_site(path)
    faults = [str(fault) for fault in found.faults]
    if found.site is None or not found.site.devices[0].sensors:
        return None, faults
    return found.site.devices[0].sensors[0].checks, faults


def test_the_tables_that_are_shipped_have_no_fault_and_every_number_a_source() -> None:
    tables, faults = load_tables()
    assert not faults
    assert {"rain", "water_level", "pit", "formwork", "crane"} <= set(tables)
    for quantities in tables.values():
        for block in quantities.values():
            for name in block.model_fields_set:
                specs = getattr(block, name)
                for spec in specs if isinstance(specs, list) else [specs]:
                    assert "source" in spec.model_fields_set
                    assert "confidence" in spec.model_fields_set


def test_a_site_file_replaces_the_tests_it_names_and_no_other(tmp_path: Path) -> None:
    usual, faults = loaded(tmp_path, "{}")
    own, more = loaded(tmp_path, "{spike: {step: 0.05}, flat: off}")
    assert not faults
    assert not more
    assert usual is not None
    assert own is not None
    assert own.spike is not None
    assert (own.spike.step, own.spike.within, own.flat) == (0.05, 1, None)
    assert (own.rate, own.in_rain) == (usual.rate, usual.in_rain)


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        ("{spike: {step: -1}}", "step"),
        ("{spike: {step: 1, stpe: 1}}", "stpe"),
        ("{spike: {step: 1, returns_within: 3}}", "returns_within"),
        ("{rate: {limit: 1}}", "per"),
        ("{rate: no}", "'no' is no test; allowed: off"),
        ("{flat: {readings: 1, duration: 1h}}", "readings"),
        ("{against: {partner: wind_ms, window: 1m}}", "no quantity 'wind_ms'"),
        ("{spikes: off}", "spikes"),
    ],
)
def test_a_mistake_is_said_with_its_line(tmp_path: Path, quality: str, said: str) -> None:
    _, faults = loaded(tmp_path, quality)
    assert len(faults) == 1
    assert faults[0].startswith(f"{tmp_path}/creek.yaml:16: ")
    assert said in faults[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: boat\nversion: '1'\nquantities: {}", ":1: no such kind"),
        ("kind: rain\nversion: '1'\nquantities:\n  rainmm: {}", ":4: a rain has no quantity"),
        ("kind: rain\nquantities: {}", "version"),
    ],
)
def test_a_mistake_in_a_table_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "own.yaml").write_text(text)
    _, faults = load_tables(tmp_path)
    assert [fault for fault in faults if said in str(fault)]

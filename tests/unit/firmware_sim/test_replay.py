"""Recorded data: columns mapped to readings, and the order in which they are sent."""

import gzip
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware_sim.errors import Misuse
from firmware_sim.mapping import load_mapping
from firmware_sim.replay import Manner, Message, arrange, load_rows

ROOT = Path(__file__).parents[3]
EXCERPT = ROOT / "tests" / "fixtures" / "hubeau_gloria_excerpt.csv.gz"
HUBEAU = ROOT / "examples" / "replay" / "hubeau.yaml"

MAPPING = """\
site: river
time: {column: when, format: "%d/%m/%Y %H:%M", zone: "+08:00"}
device: {column: gauge}
quantities:
  stage_m: {column: level, unit: cm, offset: 1.0}
  flow_m3s: {column: flow}
missing: ["-999"]
where: {ok: "y"}
"""
CSV = """\
when,gauge,level,flow,ok
01/07/2026 08:00,A,150,2.5,y
01/07/2026 08:00,B,-999,,y
01/07/2026 08:10,A,151,-999,y
01/07/2026 08:10,B,90,1,n
"""


def mapped(folder: Path, text: str = MAPPING) -> Path:
    path = folder / "map.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def recorded(folder: Path, text: str = CSV) -> Path:
    path = folder / "data.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return path


def excerpt(manner: Manner) -> list[Message]:
    return arrange(load_rows(EXCERPT, load_mapping(HUBEAU)), manner)


def sent(messages: list[Message]) -> list[tuple[str, datetime]]:
    return [(m.device, sample.at) for m in messages for sample in m.samples]


def test_columns_become_base_units_and_missing_values_are_left_out(tmp_path: Path) -> None:
    rows = load_rows(recorded(tmp_path), load_mapping(mapped(tmp_path)))
    midnight = datetime(2026, 7, 1, tzinfo=UTC)
    assert [(row.at, row.device, row.values) for row in rows] == [
        (midnight, "A", {"stage_m": 2.5, "flow_m3s": 2.5}),
        (midnight + timedelta(minutes=10), "A", {"stage_m": 2.51}),
    ]


def test_rows_of_one_device_and_instant_are_one_message(tmp_path: Path) -> None:
    text = MAPPING.replace('where: {ok: "y"}\n', "")
    doubled = CSV + "01/07/2026 08:10,B,-999,7,y\n"
    rows = load_rows(recorded(tmp_path, doubled), load_mapping(mapped(tmp_path, text)))
    last = [row for row in rows if row.device == "B"]
    assert [row.values for row in last] == [{"stage_m": 1.9, "flow_m3s": 7.0}]


@pytest.mark.parametrize(
    ("find", "put", "expected"),
    [
        ("column: when", "col: when", "map.yaml:2: `time: {column: …}` is missing"),
        ("%d/%m/%Y %H:%M", "german", "map.yaml:2: `format` must be iso"),
        ("+08:00", "Mars/Base", "map.yaml:2: unknown zone `Mars/Base`"),
        ("unit: cm", "unit: ft", "map.yaml:5: stage_m in `ft`? Allowed are m, cm, mm"),
        ("flow_m3s:", "flow:", "map.yaml:6: unknown quantity `flow`"),
        ("unit: cm", "unit: cm, scale: 2", "map.yaml:5: give `scale` or `unit`, not both"),
        ("site: river", "site: a/b", "map.yaml:1: `site` must be an id"),
        ("device: {column: gauge}", "device: gauge", "map.yaml:3: `device` must be"),
        ("missing:", "mising:", "map.yaml:7: unknown key `mising`"),
    ],
)
def test_a_mistake_in_the_mapping_is_told_with_file_and_line(
    tmp_path: Path, find: str, put: str, expected: str
) -> None:
    with pytest.raises(Misuse) as caught:
        load_mapping(mapped(tmp_path, MAPPING.replace(find, put, 1)))
    assert any(expected in fault for fault in caught.value.faults), caught.value.faults


@pytest.mark.parametrize(
    ("find", "put", "expected"),
    [
        ("level", "lvl", "no column level; it has when, gauge, lvl"),
        ("151", "1S1", "data.csv.gz:4: could not convert string to float"),
        ("01/07/2026 08:10,A", "soon,A", "data.csv.gz:4: time data 'soon'"),
        ("08:00,A", "08:00,A/B", "data.csv.gz:2: `A/B` cannot be a device id"),
    ],
)
def test_a_mistake_in_the_data_is_told_with_file_and_line(
    tmp_path: Path, find: str, put: str, expected: str
) -> None:
    path = recorded(tmp_path, CSV.replace(find, put, 1))
    with pytest.raises(Misuse) as caught:
        load_rows(path, load_mapping(mapped(tmp_path)))
    assert expected in caught.value.faults[0]


def test_a_truncated_file_is_a_mistake_not_a_crash(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Misuse, match="cannot be read"):
        load_rows(path, load_mapping(mapped(tmp_path)))


def test_in_order_each_device_counts_its_samples_from_zero() -> None:
    messages = excerpt(Manner())
    times = [sample.at for m in messages for sample in m.samples]
    assert times == sorted(times)
    assert len(messages) == 10366
    by_device: dict[str, list[int]] = {}
    for m in messages:
        by_device.setdefault(m.device, []).extend(sample.seq for sample in m.samples)
    assert len(by_device) == 12
    assert all(numbers == list(range(len(numbers))) for numbers in by_device.values())


def test_a_shuffle_delays_nothing_by_more_than_its_window_and_loses_nothing() -> None:
    plain, mixed = excerpt(Manner()), excerpt(Manner(shuffle_s=1800.0, seed=4))
    assert Counter(sent(mixed)) == Counter(sent(plain))
    assert sent(mixed) != sent(plain)
    latest = datetime.min.replace(tzinfo=UTC)
    for _, at in sent(mixed):
        latest = max(latest, at)
        assert latest - at <= timedelta(minutes=30)


def test_duplicates_are_as_many_as_asked_for_and_the_seed_decides_which() -> None:
    manner = Manner(shuffle_s=1800.0, duplicate=0.05, seed=9)
    messages = excerpt(manner)
    extra = len(messages) - 10366
    assert 400 <= extra <= 640
    assert len(set(sent(messages))) == 10366
    assert sent(messages) == sent(excerpt(manner))
    assert sent(messages) != sent(excerpt(Manner(shuffle_s=1800.0, duplicate=0.05, seed=10)))


def test_a_batch_joins_consecutive_samples_of_one_device() -> None:
    messages = excerpt(Manner(batch=10))
    assert Counter(sent(messages)) == Counter(sent(excerpt(Manner())))
    assert {len(m.samples) for m in messages[:-12]} == {10}


def test_from_and_until_cut_a_stretch_out() -> None:
    noon = datetime(2020, 1, 22, 12, tzinfo=UTC)
    both = excerpt(Manner(until=noon)), excerpt(Manner(since=noon))
    assert sum(len(half) for half in both) == 10366
    assert max(at for _, at in sent(both[0])) < noon == min(at for _, at in sent(both[1]))


@pytest.mark.parametrize("wrong", [{"duplicate": 1.5}, {"batch": 0}, {"speed": 0.0}])
def test_impossible_manners_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(Misuse):
        Manner(**wrong)  # type: ignore[arg-type]

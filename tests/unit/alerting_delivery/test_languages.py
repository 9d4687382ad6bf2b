"""Every hazard and colour as a first notice in both languages, looked at by people, and no leaks.

The texts are in `tests/golden/notices`; with GROUNDWATCH_WRITE_GOLDEN=1 they are written anew, to
be read before they are committed.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.book import Change
from alerting.model import Card, Notice, NotifyReason, Recipient, Severity
from alerting.render import render_text
from groundwatch.cards import CardDesk
from groundwatch.clock import SystemClock
from groundwatch.district import load_district
from sensors.model import Position, Qc
from tests.builders import judge, report, sensor
from tests.unit.alerting_delivery.values import NOW

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests/golden/notices"
MINOR, MODERATE, SEVERE, EXTREME = Severity
READER = Recipient(id="ann", name="Ann Example", channel="a", address="x:1")
STATION = {
    "datum": 0.0,
    "warning_stage_m": 3.0,
    "guaranteed_stage_m": 4.0,
    "record_stage_m": 5.0,
}
PIT = {
    "wall_top_h_limit_mm": 30.0,
    "surface_v_limit_mm": 30.0,
    "gw_level_limit_mm": 1000.0,
    "strut_capacity_kn": 1000.0,
    "strut_force_limit_kn": 1000.0,
    "anchor_capacity_kn": 1000.0,
}


RAIL = {"rail_azimuth_deg": 85.0, "travel_min_m": 0.0, "travel_max_m": 72.0}


@dataclass(frozen=True)
class Case:
    """Holding `value` long enough raises `level`; `value` grows by `step` with each reading."""

    kind: str
    quantity: str
    value: float
    level: Severity
    count: int = 3
    every_s: float = 60.0
    step: float = 0.0
    design: Mapping[str, float] = field(default_factory=dict)


def rain(per_minute: float, level: Severity) -> Case:
    return Case("rain", "rain_total_mm", 100.0, level, 90, 60.0, per_minute)


CASES = [
    *(Case("crane", "moment_pct", v, s) for v, s in zip((82, 93, 104, 118), Severity, strict=True)),
    *(Case("crane", "wind_ms", v, s, 150, 1.0) for v, s in
      zip((9, 11.2, 13.5, 21), Severity, strict=True)),
    Case("crane", "clearance_m", 9.0, MINOR),
    Case("crane", "clearance_m", 4.2, MODERATE),
    Case("crane", "clearance_m", 1.5, EXTREME),
    Case("crane", "travel_m", 71.4, MODERATE, design=RAIL),
    Case("crane", "travel_m", -0.6, EXTREME, design=RAIL),
    Case("crane", "held_jib_ms", 18.4, SEVERE, 8),
    Case("hoist", "load_pct", 95.0, MODERATE),
    Case("hoist", "load_pct", 104.0, SEVERE),
    Case("hoist", "load_pct", 115.0, EXTREME),
    Case("pit", "wall_top_h_mm", 19.0, MINOR, design=PIT),
    Case("pit", "wall_top_h_mm", 26.0, MODERATE, design=PIT),
    Case("pit", "wall_top_h_mm", 31.0, SEVERE, design=PIT),
    Case("pit", "surface_v_mm", -31.0, SEVERE, design=PIT),
    Case("pit", "strut_force_kn", 870.0, MODERATE, design=PIT),
    Case("pit", "strut_force_kn", 1010.0, EXTREME, design=PIT),
    Case("pit", "danger_sign", 1.0, EXTREME),
    Case("formwork", "settlement_mm", 6.5, MODERATE, 60, 5.0),
    Case("formwork", "settlement_mm", 8.5, SEVERE, 60, 5.0),
    *(rain(v, s) for v, s in zip((0.0, 0.52, 0.9, 1.3), Severity, strict=True) if v),
    *(Case("water_level", "stage_m", v, s, 3, 300.0, 0.0, STATION)
      for v, s in zip((2.6, 3.2, 4.1, 5.2), Severity, strict=True)),
    Case("water_level", "stage_m", 1.9, MODERATE, 12, 300.0, 0.05, STATION),
    *(Case("water_level", "ponding_depth_m", v, s)
      for v, s in zip((0.11, 0.18, 0.3, 0.5), Severity, strict=True)),
    Case("camera", "persons", 1.0, MODERATE, design={"persons_allowed": 0.0}),
    Case("camera", "persons", 3.0, SEVERE, design={"persons_allowed": 0.0}),
    Case("camera", "vehicle_depth_m", 0.18, SEVERE),
    Case("camera", "vehicle_depth_m", 0.31, EXTREME),
]  # fmt: skip


def changes_of(case: Case, qc: Qc = Qc.PASS) -> list[Change]:
    gauge = sensor(case.quantity, case.kind, every_s=case.every_s, design=case.design)
    judged = judge(gauge)
    found: list[Change] = []
    for number in range(case.count):
        values = {case.quantity: case.value + case.step * number}
        flags = {case.quantity: int(qc)}
        entry = report(case.every_s * number, values, kind=case.kind, qc=flags)
        found += judged.take([entry], number + 1, entry.received_at)
    return [change for change in found if change.notify is not None]


@cache
def desk() -> CardDesk:
    district = load_district(ROOT / "examples/baiyun")
    assert not district.faults
    return CardDesk(district.resources, SystemClock())


def notice_of(change: Change, card: Card | None, reason: NotifyReason | None = None) -> Notice:
    return Notice(
        id="notice",
        reason=reason or change.notify or NotifyReason.FIRST,
        alert=replace(change.alert, id="alert-1"),
        transition=change.transition,
        recipient=READER,
        card=card,
        created_at=NOW,
    )


def first(case: Case) -> Change:
    found = [change for change in changes_of(case) if change.alert.severity == case.level]
    assert found, f"{case} does not raise {case.level.word}"
    return found[-1]


def all_texts(language: str) -> Iterator[str]:
    for case in CASES:
        yield render_text(notice_of(first(case), None, NotifyReason.FIRST), language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_first_notices_read_as_people_have_looked_at_them(language: str) -> None:
    text = "\n\n".join(all_texts(language)) + "\n"
    file = GOLDEN / f"{language}.txt"
    if os.environ.get("GROUNDWATCH_WRITE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


# --- nothing English in the Chinese ---

UNITS = {
    *("m", "mm", "cm", "km", "h", "min", "s", "d", "t", "kN", "kPa", "V", "km/h", "mm/h", "m/h"),
    *("m/s", "mm/d", "kN·m", "m³"),
}
STANDARDS = re.compile(r"(?:GB|JGJ|DBJ|SL)(?:/T)?\s?\d[\d.\-]*")
LINKS = re.compile(r"\S*/api/v1/\S*|\w+://\S*")
WORD = re.compile(r"[A-Za-z][A-Za-z/·³]*")


def leaks(text: str, known: set[str]) -> list[str]:
    """List the English words of a Chinese text that are no unit, standard, id or name."""
    for name in sorted(known, key=len, reverse=True):
        text = text.replace(name, " ")
    text = STANDARDS.sub(" ", LINKS.sub(" ", text))
    return [word for word in WORD.findall(text) if word not in UNITS and len(word) > 1]


IDS = {"site", "D-01", "alert-1"}


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("qc", [Qc.PASS, Qc.SUSPECT])
def test_no_english_leaks_into_a_chinese_notice(case: Case, qc: Qc) -> None:
    for change in changes_of(case, qc):
        for reason in NotifyReason:
            text = render_text(notice_of(change, None, reason), "zh")
            assert (
                leaks(text.replace(f"可信度 {change.alert.provenance.confidence}", ""), IDS) == []
            )


def names_of(card: Card) -> set[str]:
    found = {link.place for link in card.chain} | {link.person for link in card.chain}
    for each in (*card.teams, *card.supplies, *card.cameras, *card.places):
        found |= {each.name, each.phone, each.link}
    return {name for name in found if name}


@settings(max_examples=60, deadline=None)
@given(
    st.floats(23.1, 23.45),
    st.floats(113.1, 113.5),
    st.sampled_from(["river_flood", "ponding", "rainstorm", "crane_wind", "pit_deformation"]),
    st.sampled_from(list(Severity)),
)
def test_no_english_leaks_into_a_chinese_card(
    lat: float, lon: float, hazard: str, severity: Severity
) -> None:
    card = desk().near(Position(lat, lon), hazard, severity, NOW + timedelta(days=150))
    names = names_of(card) | file_names()
    text = render_text(notice_of(first(CASES[0]), card, NotifyReason.FIRST), "zh")
    assert leaks(text, IDS | names | {"可信度 H"}) == []


@cache
def file_names() -> set[str]:
    found = load_district(ROOT / "examples/baiyun").resources
    names = [team.name for team in found.teams] + [depot.name for depot in found.depots]
    names += [camera.name for camera in found.cameras] + [place.name for place in found.places]
    names += [facility.name for facility in found.facilities]
    return set(names)

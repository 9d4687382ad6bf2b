"""GB 50497-2019 Tables 8.0.4 and 8.0.5, cell by cell as the domain reference has them."""

import re
from typing import NamedTuple

import pytest

from alerting.basis import Layer
from alerting.rules import PACK_FOLDER, rules_for
from alerting.tables import TABLE_FOLDER, load_tables
from sensors.registry import Sensor
from tests.builders import packs_of
from tests.unit.alerting_limits.look import Found, bound, limits, pit, wholes

SOIL = ("soil_nail", "composite_soil_nail", "shotcrete_anchor")
PILE = ("bored_pile", "diaphragm_wall", "sheet_pile")

# item | support types | grade 1 | grade 2 | grade 3 | confidence; cumulative mm · %H · rate mm/d
TABLE_804 = """
wall_top_h | soil_nail composite_soil_nail shotcrete_anchor cement_soil | 30–40 · 0.3–0.4 · 3–5 | 40–50 · 0.5–0.8 · 4–5 | 50–60 · 0.7–1.0 · 5–6 | S6
wall_top_h | bored_pile diaphragm_wall sheet_pile smw_wall | 20–30 · 0.2–0.3 · 2–3 | 30–40 · 0.3–0.5 · 2–4 | 40–60 · 0.6–0.8 · 3–5 | S6
wall_top_v | soil_nail composite_soil_nail shotcrete_anchor | 20–30 · 0.2–0.4 · 2–3 | 30–40 · 0.4–0.6 · 3–4 | 40–60 · 0.6–0.8 · 4–5 | V
wall_top_v | cement_soil smw_wall | – | 30–40 · 0.6–0.8 · 3–4 | 40–60 · 0.8–1.0 · 4–5 | V
wall_top_v | bored_pile diaphragm_wall sheet_pile | 10–20 · 0.1–0.2 · 2–3 | 20–30 · 0.3–0.5 · 2–3 | 30–40 · 0.5–0.6 · 3–4 | S6
deep_h | composite_soil_nail | 40–60 · 0.4–0.6 · 3–4 | 50–70 · 0.6–0.8 · 4–5 | 60–80 · 0.7–1.0 · 5–6 | S6
deep_h | smw_wall | – | 50–60 · 0.6–0.8 · 4–5 | 60–70 · 0.7–1.0 · 5–6 | V
deep_h | sheet_pile | 50–60 · 0.6–0.7 · 2–3 | 60–80 · 0.7–0.8 · 3–5 | 70–90 · 0.8–1.0 · 4–5 | S6
deep_h | bored_pile diaphragm_wall | 30–50 · 0.3–0.4 · (2–3) | 40–60 · 0.4–0.6 · (3–5) | 50–70 · 0.6–0.8 · (4–5) | S6
column_v | all | 20–30 · – · 2–3 | 20–30 · – · 2–3 | 20–40 · – · 2–4 | S6
surface_v | all | 25–35 · – · 2–3 | 35–45 · – · 3–4 | 45–55 · – · 4–5 | S6
heave | all | 30–60 · – · 4–10 | 30–60 · – · 4–10 | 30–60 · – · 4–10 | S6
"""


class Row(NamedTuple):
    """One cell of the table: three ranges, of which the middle may be missing."""

    item: str
    support: str
    grade: int
    cumulative: tuple[float, float]
    of_depth: tuple[float, float] | None
    rate: tuple[float, float]
    confidence: str
    rate_confidence: str

    def __str__(self) -> str:
        return f"{self.item}-{self.support}-{self.grade}"


def ends(text: str) -> tuple[float, float] | None:
    numbers = re.findall(r"[\d.]+", text)
    return (float(numbers[0]), float(numbers[-1])) if numbers else None


def rows() -> list[Row]:
    found = []
    for line in TABLE_804.strip().splitlines():
        item, supports, *grades, confidence = (part.strip() for part in line.split("|"))
        for support in supports.split():
            for grade, cell in enumerate(grades, 1):
                if cell == "–":
                    continue
                cumulative, of_depth, rate = cell.split("·")
                first, last = ends(cumulative), ends(rate)
                assert first is not None
                assert last is not None
                sure = "V" if "(" in rate else confidence
                found.append(
                    Row(item, support, grade, first, ends(of_depth), last, confidence, sure)
                )
    return found


RULE = {
    **dict.fromkeys(("wall_top_h", "wall_top_v", "deep_h"), "pit_displacement"),
    **dict.fromkeys(("column_v", "heave"), "pit_columns"),
    "surface_v": "pit_surface",
}


def gauge(row: Row, depth: float, **more: object) -> Sensor:
    words = {} if row.support == "all" else {"support_type": row.support}
    return pit(f"{row.item}_mm", grade=float(row.grade), depth=depth, **words, **more)


@pytest.mark.parametrize("row", rows(), ids=str)
def test_in_a_deep_pit_the_absolute_value_is_the_limit_at_its_lower_end(row: Row) -> None:
    found = wholes(gauge(row, 90.0), RULE[row.item])
    assert found["cumulative"] == Found(row.cumulative[0], "mm", row.confidence)
    assert found["rate"] == Found(row.rate[0], "mm/d", row.rate_confidence)


@pytest.mark.parametrize("row", [row for row in rows() if row.of_depth], ids=str)
def test_in_a_shallow_pit_the_share_of_its_depth_is_the_limit(row: Row) -> None:
    assert row.of_depth is not None
    found = wholes(gauge(row, 2.0), RULE[row.item])
    of_depth_mm = row.of_depth[0] / 100.0 * 2000.0
    assert found["cumulative"].value == pytest.approx(of_depth_mm)
    assert found["cumulative"].unit == "mm"


@pytest.mark.parametrize("row", rows(), ids=str)
def test_a_project_may_choose_the_upper_end(row: Row) -> None:
    found = wholes(gauge(row, 90.0, limit_end="lenient"), RULE[row.item])
    assert found["cumulative"].value == row.cumulative[1]
    assert found["rate"].value == row.rate[1]


@pytest.mark.parametrize(
    ("item", "support"),
    [("wall_top_v", "smw_wall"), ("wall_top_v", "cement_soil"), ("deep_h", "smw_wall")],
)
def test_an_empty_cell_of_grade_1_is_not_judged(item: str, support: str) -> None:
    rule = bound(pit(f"{item}_mm", grade=1.0, support_type=support), "pit_displacement")
    assert rule.levels == ()
    assert all("has no row" in gap.reason for gap in rule.not_judged)


# Forces and pressures: item, grade, per cent of the design value, confidence
FORCES = [
    ("strut_force_kn", 1, "pit_strut", {"strut_capacity_kn": 1000}, 600.0, "S6"),
    ("strut_force_kn", 2, "pit_strut", {"strut_capacity_kn": 1000}, 700.0, "S6"),
    ("strut_force_kn", 3, "pit_strut", {"strut_capacity_kn": 1000}, 700.0, "S6"),
    ("anchor_force_kn", 1, "pit_anchor", {"anchor_capacity_kn": 1000}, 600.0, "V"),
    ("anchor_force_kn", 2, "pit_anchor", {"anchor_capacity_kn": 1000}, 700.0, "V"),
    ("anchor_force_kn", 3, "pit_anchor", {"anchor_capacity_kn": 1000}, 700.0, "V"),
    ("wall_force_kn_m", 1, "pit_wall_force", {"wall_force_design_kn_m": 1000}, 600.0, "S6"),
    ("wall_force_kn_m", 2, "pit_wall_force", {"wall_force_design_kn_m": 1000}, 700.0, "S6"),
    ("wall_force_kn_m", 3, "pit_wall_force", {"wall_force_design_kn_m": 1000}, 700.0, "S6"),
    ("earth_pressure_kpa", 1, "pit_pressure", {"earth_pressure_design_kpa": 100}, 60.0, "S6"),
    ("earth_pressure_kpa", 2, "pit_pressure", {"earth_pressure_design_kpa": 100}, 70.0, "S6"),
    ("earth_pressure_kpa", 3, "pit_pressure", {"earth_pressure_design_kpa": 100}, 70.0, "S6"),
    ("pore_pressure_kpa", 1, "pit_pressure", {"pore_pressure_design_kpa": 100}, 60.0, "S6"),
    ("pore_pressure_kpa", 2, "pit_pressure", {"pore_pressure_design_kpa": 100}, 70.0, "S6"),
    ("pore_pressure_kpa", 3, "pit_pressure", {"pore_pressure_design_kpa": 100}, 70.0, "S6"),
]


@pytest.mark.parametrize(("quantity", "grade", "rule", "design", "limit", "confidence"), FORCES)
def test_the_largest_force_is_a_share_of_the_design_value(
    quantity: str, grade: int, rule: str, design: dict[str, float], limit: float, confidence: str
) -> None:
    found = wholes(pit(quantity, grade=float(grade), **design), rule)["of_limit"]
    assert (found.value, found.confidence) == (limit, confidence)


UPPER = [
    *(("strut_force_kn", n, "pit_strut", {"strut_capacity_kn": 1000}, 800.0) for n in (1, 2, 3)),
    *(("anchor_force_kn", n, "pit_anchor", {"anchor_capacity_kn": 1000}, 800.0) for n in (1, 2, 3)),
    *(
        (f"{stem}_{unit}", n, rule, {f"{stem}_design_{unit}": 100}, 70.0 if n == 1 else 80.0)
        for stem, unit, rule in (
            ("wall_force", "kn_m", "pit_wall_force"),
            ("earth_pressure", "kpa", "pit_pressure"),
            ("pore_pressure", "kpa", "pit_pressure"),
        )
        for n in (1, 2, 3)
    ),
]


@pytest.mark.parametrize(("quantity", "grade", "rule", "design", "limit"), UPPER)
def test_the_other_end_of_a_force(
    quantity: str, grade: int, rule: str, design: dict[str, float], limit: float
) -> None:
    of = pit(quantity, grade=float(grade), limit_end="lenient", **design)
    assert wholes(of, rule)["of_limit"].value == limit


@pytest.mark.parametrize(("member", "confidence"), [("strut", "V"), ("anchor", "S6")])
def test_the_least_force_is_80_to_100_per_cent_of_the_preload_and_one_sided(
    member: str, confidence: str
) -> None:
    of = pit(f"{member}_force_kn", **{f"{member}_preload_kn": 300})
    rule = f"pit_{member}_slack"
    assert limits(of, rule, "moderate")["value"] == Found(300.0, "kN", confidence)
    assert limits(of, rule, "severe")["value"] == Found(240.0, "kN", confidence)
    assert bound(of, rule).sign == -1.0
    chosen = pit(f"{member}_force_kn", limit_end="lenient", **{f"{member}_preload_kn": 300})
    assert limits(chosen, rule, "moderate")["value"].value == 240.0


# Table 8.0.5: quantity, words of the site, column of the rule, lower end, upper end, unit, confidence
TABLE_805 = [
    ("gw_level_mm", {}, "pit_groundwater", "cumulative", 1000, 2000, "mm", "S6"),
    ("gw_level_mm", {}, "pit_groundwater", "rate", 500, 500, "mm/d", "S6"),
    (
        "pipe_v_mm",
        {"pipe_kind": "rigid_pressure"},
        "pit_surroundings",
        "cumulative",
        10,
        20,
        "mm",
        "V",
    ),
    ("pipe_v_mm", {"pipe_kind": "rigid_pressure"}, "pit_surroundings", "rate", 2, 2, "mm/d", "V"),
    (
        "pipe_v_mm",
        {"pipe_kind": "rigid_gravity"},
        "pit_surroundings",
        "cumulative",
        10,
        30,
        "mm",
        "V",
    ),
    ("pipe_v_mm", {"pipe_kind": "rigid_gravity"}, "pit_surroundings", "rate", 2, 2, "mm/d", "V"),
    ("pipe_v_mm", {"pipe_kind": "flexible"}, "pit_surroundings", "cumulative", 10, 40, "mm", "V"),
    ("pipe_v_mm", {"pipe_kind": "flexible"}, "pit_surroundings", "rate", 3, 5, "mm/d", "V"),
    ("road_v_mm", {"road_kind": "main_road"}, "pit_surroundings", "cumulative", 10, 30, "mm", "V"),
    ("road_v_mm", {"road_kind": "main_road"}, "pit_surroundings", "rate", 3, 3, "mm/d", "V"),
    ("road_v_mm", {"road_kind": "street"}, "pit_surroundings", "cumulative", 20, 40, "mm", "V"),
    ("road_v_mm", {"road_kind": "street"}, "pit_surroundings", "rate", 3, 3, "mm/d", "V"),
    ("building_v_mm", {}, "pit_building", "rate", 2, 3, "mm/d", "S6"),
    ("building_tilt_permille", {}, "pit_building_tilt", "of_limit", 2, 2, "permille", "S6"),
    ("crack_building_mm", {"crack_kind": "existing"}, "pit_crack", "of_limit", 1.5, 3, "mm", "S6"),
    ("crack_building_mm", {"crack_kind": "new"}, "pit_crack", "of_limit", 0.2, 0.25, "mm", "S6"),
    ("crack_ground_mm", {"crack_kind": "existing"}, "pit_crack", "of_limit", 10, 15, "mm", "S6"),
    ("crack_ground_mm", {"crack_kind": "new"}, "pit_crack", "of_limit", 1, 3, "mm", "S6"),
]


@pytest.mark.parametrize(
    ("quantity", "words", "rule", "measure", "low", "high", "unit", "confidence"), TABLE_805
)
def test_the_surroundings_have_their_own_table_for_every_grade(
    quantity: str,
    words: dict[str, str],
    rule: str,
    measure: str,
    low: float,
    high: float,
    unit: str,
    confidence: str,
) -> None:
    of = pit(quantity, grade=None, depth=None, **words)
    assert wholes(of, rule)[measure] == Found(low, unit, confidence)
    chosen = pit(quantity, grade=None, depth=None, limit_end="lenient", **words)
    assert wholes(chosen, rule)[measure].value == high


def test_a_building_may_tilt_by_a_ten_thousandth_of_its_height_a_day() -> None:
    of = pit("building_tilt_permille", grade=None)
    found = limits(of, "pit_building_tilt_rate", "severe")["rate"]
    assert found == Found(0.1, "permille/d", "S6")


def test_after_the_base_slab_rates_count_seven_tenths() -> None:
    tables, faults = load_tables(TABLE_FOLDER, Layer.STANDARD)
    assert not faults
    table = tables["gb50497_8_0_4"]
    place = table.find("rate_after_slab", {}, {})
    assert isinstance(place, int)
    row = table.spec.rows[place]
    assert (row.cells["factor"], row.confidence) == (0.7, "S6")


MISSING = [
    ("wall_top_h_mm", {}, "the site file gives no support_type"),
    ("surface_v_mm", {"grade": None}, "the site file gives no safety_grade"),
    ("pipe_v_mm", {}, "the site file gives no pipe_kind"),
    ("road_v_mm", {}, "the site file gives no road_kind"),
    ("crack_ground_mm", {}, "the site file gives no crack_kind"),
    ("building_v_mm", {}, "the site file gives no building_v_limit_mm"),
    ("strut_force_kn", {}, "the site file gives no strut_capacity_kn"),
    ("strut_force_kn", {}, "the site file gives no strut_preload_kn"),
    ("earth_pressure_kpa", {}, "the site file gives no earth_pressure_design_kpa"),
    (
        "deep_h_mm",
        {"support_type": "soil_nail"},
        "has no row for deep_h with support_type soil_nail",
    ),
]


@pytest.mark.parametrize(("quantity", "given", "reason"), MISSING)
def test_what_misses_an_input_is_not_judged_and_says_which(
    quantity: str, given: dict[str, object], reason: str
) -> None:

    of = pit(quantity, **given)  # type: ignore[arg-type]
    gaps = [gap for rule in rules_for(of, packs_of(PACK_FOLDER)["pit"]) for gap in rule.not_judged]
    assert any(reason in gap.reason and not gap.may_raise for gap in gaps), gaps


def test_the_designers_own_value_beats_the_table_in_both_directions() -> None:
    for own in (12.0, 45.0):
        of = pit("wall_top_h_mm", support_type="bored_pile", wall_top_h_limit_mm=own)
        assert wholes(of, "pit_displacement")["cumulative"].value == own

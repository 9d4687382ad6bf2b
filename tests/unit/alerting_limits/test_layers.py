"""Three layers of limits: the standard, the local rule, the project; the later wins, and says so."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.basis import From, Layer, Period, period
from alerting.memory import fingerprint
from alerting.rules import PACK_FOLDER, BoundRule, Packs, load_packs, rules_for
from alerting.rules.bind import in_force
from alerting.rules.pack import Candidate
from groundwatch.district import District, load_district
from groundwatch.doubts import less_strict, unverified
from sensors.registry import OwnLimit, Place, Sensor, Sheet
from tests.builders import START, judge, report, sensor

HEAD = """overlay: crane
version: here-1
source: Rule of the district (fictitious)
clause: "4"
confidence: S
"""

SHEET = Sheet(document="Sheet 7 (fictitious)", sheet="7", day="2026-03-01", signed_by="Nobody")


def lay(folder: Path, text: str, *, name: str = "local.yaml") -> tuple[Packs, list[str]]:
    (folder / name).write_text(text, encoding="utf-8")
    packs, faults = load_packs(local=folder)
    return packs, [str(fault) for fault in faults]


def moment(packs: Packs, of: Sensor | None = None) -> BoundRule:
    crane = of or sensor("moment_pct", "crane", every_s=5.0)
    return next(rule for rule in rules_for(crane, packs["crane"]) if rule.id == "crane_moment")


def severe(rule: BoundRule) -> dict[tuple[float, ...], Layer]:
    entry = next(level for level in rule.levels if level.severity.word == "severe")
    return {tuple(limit for _, limit in way.limits): way.basis.layer for way in entry.ways}


def test_an_overlay_changes_one_limit_and_leaves_the_rest(tmp_path: Path) -> None:
    packs, faults = lay(
        tmp_path,
        HEAD + "change:\n  crane_moment:\n    levels: {severe: {any: [{value: 98}]}}\n",
    )
    assert faults == []
    rule = moment(packs)
    assert severe(rule) == {(98.0,): Layer.LOCAL}
    way = next(level for level in rule.levels if level.severity.word == "severe").ways[0]
    assert way.basis.place == f"{tmp_path / 'local.yaml'}:8"
    assert way.provenance.source == "Rule of the district (fictitious)"
    assert [level.ways[0].limits[0][1] for level in rule.levels] == [80.0, 90.0, 98.0, 110.0]
    assert rule.levels[0].ways[0].basis.layer is Layer.STANDARD
    assert rule.pack == "crane@3+here-1"


def test_an_overlay_changes_any_field_and_the_place_is_kept(tmp_path: Path) -> None:
    packs, faults = lay(
        tmp_path,
        HEAD + "change:\n  crane_moment:\n    title: Moment here\n    raise_when: {n: 3, of: 4}\n",
    )
    assert faults == []
    rule = moment(packs)
    assert (rule.title, rule.n, rule.of, rule.margin) == ("Moment here", 3, 4, 5.0)
    assert rule.origins["raise_when.n"].layer is Layer.LOCAL
    assert rule.origins["raise_when.n"].place.endswith("local.yaml:9")
    assert rule.origins["clear_when.margin"].layer is Layer.STANDARD
    assert "/crane.yaml:" in rule.origins["clear_when.margin"].place


def test_an_overlay_adds_a_way_a_level_and_a_rule(tmp_path: Path) -> None:
    packs, faults = lay(
        tmp_path,
        HEAD
        + """change:
  crane_clearance:
    levels: {severe: {any: [{value: 3}]}}
rules:
  - id: crane_load
    hazard: crane_overload
    quantities: [load_t]
    title: Load
    title_zh: 起重量
    measures: {value: {of: value, unit: t, baseline: empty hook}}
    levels: {severe: {any: [{value: 5}], source: Rule of the district, confidence: S}}
    clear_when: {hold: 10s}
""",
    )
    assert faults == []
    clearance = rules_for(sensor("clearance_m", "crane"), packs["crane"])[0]
    assert [level.severity.word for level in clearance.levels] == [
        *("minor", "moderate", "severe", "extreme"),
    ]
    (load,) = rules_for(sensor("load_t", "crane"), packs["crane"])
    assert load.levels[0].ways[0].basis.layer is Layer.LOCAL


def test_a_rule_out_of_use_is_said_with_the_person_and_the_reason(tmp_path: Path) -> None:
    packs, faults = lay(
        tmp_path,
        HEAD
        + "disable:\n  - {rule: crane_moment, reason: no load cells on this district, by: A. Person}\n"
        "  - {rule: crane_clearance, level: minor, reason: too close by plan, by: A. Person}\n",
    )
    assert faults == []
    assert rules_for(sensor("moment_pct", "crane"), packs["crane"]) == []
    (clearance,) = rules_for(sensor("clearance_m", "crane"), packs["crane"])
    assert [level.severity.word for level in clearance.levels] == ["moderate", "extreme"]
    assert "A. Person" in clearance.not_judged[0].reason


RULE = "  - id: crane_moment\n    hazard: x\n"
FAULTY = [
    (HEAD + "rules:\n" + RULE, ":7", "rule 'crane_moment' exists already"),
    (HEAD + "change: {crane_momant: {title: x}}\n", ":6", "did you mean 'crane_moment'?"),
    (HEAD + "change: {crane_moment: {titel: x}}\n", ":6", "unknown key 'titel'"),
    (HEAD + "change: {crane_moment: {id: x}}\n", ":6", "a rule's id cannot be changed"),
    (HEAD.replace("crane", "krane", 1), ":1", "there is no pack 'krane'"),
    (HEAD.replace("source", "sauce"), ":3", "unknown key 'sauce'"),
    (HEAD + "disable: [{rule: crane_moment, reason: because}]\n", ":6", "'by' is missing"),
    (HEAD + "disable: [{rule: crane_x, reason: because, by: A. B.}]\n", ":6", "no rule 'crane_x'"),
    (
        HEAD + "valid_from: 2026-01-01\nchange: {crane_moment: {raise_when: {n: 3}}}\n",
        ":7",
        "`raise_when` would hold at once",
    ),
    (
        HEAD + "change:\n  crane_moment:\n    levels: {severe: {any: [{valeu: 98}]}}\n",
        ":8",
        "no measure 'valeu'",
    ),
    (
        HEAD + "change: {crane_moment: {measures: {value: {unit: t}}}}\n",
        ":6",
        "moment_pct is in %, not in t",
    ),
    ("pack: crane\nversion: '9'\n", ":1", "exists already, in"),
]


@pytest.mark.parametrize(("text", "place", "said"), FAULTY)
def test_a_fault_of_an_overlay_is_named_where_it_stands(
    tmp_path: Path, text: str, place: str, said: str
) -> None:
    _, faults = lay(tmp_path, text)
    assert any(f"local.yaml{place}: " in fault and said in fault for fault in faults), faults


def own(value: float, unit: str = "%", **more: object) -> OwnLimit:
    return OwnLimit(
        rule="crane_moment",
        severity="severe",
        limits={"value": value},
        unit=unit,
        sheet=SHEET,
        place=Place("site.yaml", 12),
        **more,  # type: ignore[arg-type]
    )


def with_limits(*limits: OwnLimit, **more: object) -> Sensor:
    return replace(sensor("moment_pct", "crane", every_s=5.0), limits=limits, **more)  # type: ignore[arg-type]


def test_a_projects_own_limit_wins_over_local_and_standard(tmp_path: Path) -> None:
    packs, _ = lay(
        tmp_path, HEAD + "change:\n  crane_moment:\n    levels: {severe: {any: [{value: 98}]}}\n"
    )
    rule = moment(packs, with_limits(own(95.0)))
    assert severe(rule) == {(95.0,): Layer.PROJECT}
    way = next(level for level in rule.levels if level.severity.word == "severe").ways[0]
    assert way.basis.place == "site.yaml:12"
    assert way.provenance.source == "Sheet 7 (fictitious)"
    assert "signed by Nobody" in way.provenance.clause


def test_a_limit_that_is_not_valid_yet_leaves_the_one_before_in_force() -> None:
    of = with_limits(own(95.0, valid_from=date(2026, 6, 2)))  # readings begin on 2026-06-01
    packs, _ = load_packs()
    judged = judge(of)
    day_s = 86400.0
    cases = [(0.0, 97.0, "moderate"), (day_s - 20, 97.0, "moderate"), (day_s, 97.0, "severe")]
    for number, (seconds, value, word) in enumerate(cases):
        for more in (0.0, 5.0):
            entry = report(seconds + more, {"moment_pct": value}, kind="crane", delay_s=0.1)
            judged.take([entry], 2 * number + int(more > 0) + 1, entry.received_at)
        watch = judged.find(of.key)
        assert watch is not None
        level = watch.tracks[0].newest.level
        assert word == ("minor", "moderate", "severe", "extreme")[level - 1]
    assert set(severe(moment(packs, of))) == {(100.0,), (95.0,)}


@settings(deadline=None, max_examples=40)
@given(st.permutations(range(8)))
def test_dated_limits_judge_by_the_time_a_reading_was_taken_not_by_its_arrival(
    order: list[int],
) -> None:
    of = with_limits(own(95.0, valid_from=date(2026, 6, 2)))
    judged = judge(of)
    start_s = 86400.0 - 20.0
    for seq, number in enumerate(order):
        entry = report(start_s + 5.0 * number, {"moment_pct": 97.0}, kind="crane", delay_s=50.0)
        judged.take([entry], seq + 1, entry.received_at)
    watch = judged.find(of.key)
    assert watch is not None
    track = watch.tracks[0]
    levels = [state.level for state in track.states]
    assert levels == [0, 2, 2, 2, 2, 3, 3, 3]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.none() | st.dates(date(2025, 1, 1), date(2025, 1, 20)),
            st.none() | st.dates(date(2025, 1, 1), date(2025, 1, 20)),
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 25),
)
def test_at_any_time_the_last_layer_that_is_valid_is_in_force(
    days: list[tuple[date | None, date | None]], day: int
) -> None:
    layers = [
        Candidate(
            {"value": float(number)},
            From(source="a document", valid_from=first, valid_until=last),
            Layer.LOCAL,
            "",
        )
        for number, (first, last) in enumerate(days)
    ]
    noon_s = period(date(2024, 12, 29), None).from_s + 86400.0 * day + 43200.0
    valid = [
        entry
        for entry, (first, last) in zip(layers, days, strict=True)
        if period(first, last).holds_at(noon_s)
    ]
    chosen = [entry for entry, when in in_force(layers) if when.holds_at(noon_s)]
    assert chosen == valid[-1:]


def test_a_stretch_without_any_valid_limit_is_said() -> None:
    of = with_limits(
        OwnLimit(
            rule="crane_clearance",
            severity="severe",
            limits={"value": 3.0},
            unit="m",
            sheet=SHEET,
            place=Place("site.yaml", 1),
            valid_from=date(2027, 1, 1),
        )
    )
    packs, _ = load_packs()
    near = replace(sensor("clearance_m", "crane"), limits=of.limits)
    (rule,) = rules_for(near, packs["crane"])
    gap = next(gap for gap in rule.not_judged if gap.severity.word == "severe")
    assert gap.reason == "its limit holds from 2027-01-01"
    assert gap.may_raise


def test_a_period_counts_both_of_its_days_in_utc() -> None:
    when = period(date(2026, 6, 1), date(2026, 6, 1))
    assert when == Period(START.timestamp(), START.timestamp() + 86400.0)


def test_a_saved_state_is_folded_again_when_only_a_date_has_changed() -> None:
    one = judge(with_limits(own(95.0, valid_from=date(2026, 6, 2))))
    other = judge(with_limits(own(95.0, valid_from=date(2026, 6, 3))))
    key = sensor("moment_pct", "crane").key
    tracks = []
    for judged in (one, other):
        watch = judged.find(key)
        assert watch is not None
        tracks.append(watch.tracks[0])
    assert fingerprint(tracks[0]) != fingerprint(tracks[1])


SITE = """site:
  id: s
  name: S
  position: {lat: 23.2, lon: 113.2}
  kind: building
  district: d
  street: s
  village: v
  design: {wind_stop_ms: 11.0}
  design_sheet: {document: Lifting plan (fictitious), sheet: "2", date: 2026-02-01, signed_by: Nobody}
devices:
  - id: TC-01
    kind: crane
    every: 5s
    sensors:
      - quantity: moment_pct
        limits:
          - rule: RULE
            severity: severe
            limits: {value: VALUE}
            unit: "UNIT"
            document: Letter (fictitious)
            sheet: "1"
            date: 2026-02-03
            signed_by: Nobody
      - {quantity: wind_ms}
"""


def district(
    folder: Path, *, rule: str = "crane_moment", value: str = "95", unit: str = "%"
) -> District:
    (folder / "sites").mkdir(exist_ok=True)
    text = SITE.replace("RULE", rule).replace("VALUE", value).replace("UNIT", unit)
    (folder / "sites" / "s.yaml").write_text(text, encoding="utf-8")
    return load_district(folder)


def test_a_site_file_gives_a_sheet_to_its_design_values_and_limits_of_its_own(
    tmp_path: Path,
) -> None:
    loaded = district(tmp_path)
    assert not [fault for fault in loaded.faults if "sites/s.yaml:" in fault]
    sensors = {entry.key.quantity: entry for entry in loaded.registry.sensors()}
    assert severe(moment(loaded.packs, sensors["moment_pct"])) == {(95.0,): Layer.PROJECT}
    wind = next(
        rule
        for rule in rules_for(sensors["wind_ms"], loaded.packs["crane"])
        if rule.id == "crane_wind"
    )
    way = next(level for level in wind.levels if level.severity.word == "severe").ways[0]
    assert way.limits[0][1] == 11.0
    assert way.basis.layer is Layer.PROJECT
    assert way.basis.place.endswith("s.yaml:9")
    assert "Lifting plan (fictitious)" in way.provenance.clause


WRONG = [
    ({"rule": "crane_momant"}, "did you mean 'crane_moment'?"),
    ({"rule": "crane_wind"}, "no rule 'crane_wind' speaks of moment_pct"),
    ({"unit": "t"}, "value of crane_moment is not in 't'"),
    ({"value": "x"}, "is not a number"),
]


@pytest.mark.parametrize(("change", "said"), WRONG)
def test_an_own_limit_that_fits_no_rule_is_a_fault_with_its_line(
    tmp_path: Path, change: dict[str, str], said: str
) -> None:
    faults = [fault for fault in district(tmp_path, **change).faults if "sites/s.yaml:" in fault]
    assert any(said in fault for fault in faults), faults


def test_what_is_less_strict_than_the_layer_below_is_said_and_counted(tmp_path: Path) -> None:
    assert less_strict(district(tmp_path)) == []
    (line,) = less_strict(district(tmp_path, value="104"))
    assert "severe value: 104 %, not 100" in line
    assert line.endswith("s.yaml:18; 1 sensor")
    folder = tmp_path / "packs"
    folder.mkdir()
    lines = (
        HEAD
        + "change:\n  crane_moment:\n    raise_when: {n: 5, of: 5}\n    clear_when: {hold: 1s}\n"
        + "  crane_wind:\n    levels: {moderate: {any: [{mean_2min: 11}]}}\n"
        + "disable: [{rule: crane_clearance, reason: not fitted, by: A. Person}]\n"
    )
    (folder / "crane.yaml").write_text(lines, encoding="utf-8")
    said = "\n".join(less_strict(district(tmp_path)))
    for part in ("raises later: n 2 to 5", "clears earlier: hold", "moderate mean_2min: 11 m/s"):
        assert part in said
    assert "the whole rule is out of use: not fitted (A. Person)" in said


def test_unverified_limits_are_one_line_a_rule_with_its_sensors(tmp_path: Path) -> None:
    loaded = district(tmp_path)
    assert unverified(loaded) == []
    sensors = load_district(Path(__file__).parents[3] / "examples/baiyun")
    lines = unverified(sensors)
    assert len(lines) == len(set(lines)) < 40
    assert any("ponding: not verified: extreme (V); 6 sensors" in line for line in lines)


def test_every_built_in_table_and_pack_is_without_fault() -> None:
    packs, faults = load_packs(PACK_FOLDER)
    assert faults == []
    assert sum(len(kind) for kind in packs.values()) >= 7

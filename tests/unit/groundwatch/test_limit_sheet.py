"""`groundwatch limits`: every limit of a sensor with what stands behind it, offline."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groundwatch.cli import app

BAIYUN = str(Path(__file__).parents[3] / "examples" / "baiyun")
COLUMN = "jiahe-pit/PIT-DB1/LZ1/column_v_mm"


def said(*arguments: str, sites: str = BAIYUN) -> str:
    answer = CliRunner().invoke(app, ["limits", *arguments, "--sites", sites])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_a_limit_says_what_it_is_and_who_gave_it() -> None:
    text = said(COLUMN, "--at", "2026-06-01")
    assert text.startswith(f"{COLUMN} in mm, as of 2026-06-01\n")
    line = next(line for line in text.splitlines() if "at or beyond 25 mm (100 % of 25)" in line)
    assert "severe (orange): cumulative in either direction" in line
    assert line.endswith("from the zero reading before excavation")
    assert "GB 50911-2013 practice orange; confidence H; standard, " in text
    assert "/packs/pit.yaml:" in text
    sheet = "Monitoring plan JH-MP-02 (fictitious) sheet table 4, 2026-01-20, signed by"
    assert f"100 % is 25 mm: {sheet}" in text
    assert "project, " in text
    assert "/sites/jiahe-pit.yaml:" in text


@pytest.mark.parametrize(
    ("day", "used"), [("2026-03-20", "21.25"), ("2026-03-21", "20"), ("2026-06-01", "20")]
)
def test_a_limit_that_is_not_valid_on_a_day_is_said_not_to_be_used(day: str, used: str) -> None:
    sheet = json.loads(said(COLUMN, "--at", day, "--json"))
    (rule,) = [rule for rule in sheet["rules"] if rule["rule"] == "pit_columns"]
    (moderate,) = [level for level in rule["levels"] if level["severity"] == "moderate"]
    alone = [way for way in moderate["ways"] if len(way["limits"]) == 1]
    cumulative = [way for way in alone if way["limits"][0]["measure"] == "cumulative"]
    assert len(cumulative) == 2
    valid = [way for way in cumulative if way["is_valid"]]
    assert [f"{way['limits'][0]['share']['limit']:g}" for way in valid] == [used]
    shown = said(COLUMN, "--at", day)
    assert shown.count("so it is not used on this day") == 1


def test_what_is_not_judged_and_what_is_not_used_is_said() -> None:
    text = said("baihe-creek/WL-03/stage_m")
    assert "moderate: not judged: the site file gives no datum and no gauge_zero_m" in text
    assert "rules that are not used here" in text
    assert "reservoir_stage of water_level@" in text
    assert "the site file gives none of flood_limit_stage_m" in text
    assert "rain_total of rain@" in said("baiyun-rain/RG-01/rain_mm")


def test_the_local_rule_of_the_example_is_shown_as_local() -> None:
    text = said("baiyun-rain/RG-01/rain_total_mm", "--at", "2026-06-01")
    line = next(line for line in text.splitlines() if "Flood-season plan" in line)
    assert "confidence S; local, " in line
    assert "/packs/rain.yaml:" in line
    assert line.endswith("holds from 2026-04-01")


def test_a_sensor_that_does_not_exist_is_a_sentence_and_exit_code_2() -> None:
    answer = CliRunner().invoke(app, ["limits", COLUMN.replace("LZ1", "LZ9"), "--sites", BAIYUN])
    assert answer.exit_code == 2
    assert f"did you mean '{COLUMN}'?" in answer.output


def test_a_directory_that_does_not_exist_is_a_sentence_and_exit_code_2(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["limits", "a/b/c", "--sites", str(tmp_path / "no")])
    assert answer.exit_code == 2
    assert "does not exist" in answer.output


def test_an_upper_bound_is_said_to_be_no_more(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "p.yaml").write_text(
        """site:
  id: p
  name: P
  position: {lat: 23.2, lon: 113.2}
  kind: pit
  district: d
  street: s
  village: v
  design: {safety_grade: 1, support_type: bored_pile}
devices:
  - id: P-1
    kind: pit
    every: 10m
    sensors: [{quantity: wall_top_h_mm}]
""",
        encoding="utf-8",
    )
    text = said("p/P-1/wall_top_h_mm", sites=str(tmp_path))
    assert "an upper bound only: the site file gives no pit_depth_m" in text
    assert "severe: judged only in part: the site file gives no pit_depth_m" in text
    assert "cleared when a person signs off" in text


def test_in_chinese_the_sheet_of_the_designer_is_named_with_its_own_confidence() -> None:
    text = said(COLUMN, "--at", "2026-06-01", "--language", "zh")
    plan = "Monitoring plan JH-MP-02 (fictitious) 图表 table 4，2026-01-20，签字："
    (line, *_) = [line for line in text.splitlines() if plan in line]
    assert line.strip().startswith(f"100 %为25 mm：依据 {plan}")
    assert "（可信度 S）；项目设计，" in line
    assert "依据 GB 50911-2013 应用惯例（可信度 H）；标准，" in text


def test_in_chinese_cumulative_and_rate_are_told_apart() -> None:
    text = said(COLUMN, "--at", "2026-06-01", "--language", "zh")
    both = "黄色：累计值（正负方向） ≥ 17.5 mm（25 mm的70 %），且变化速率（正负方向） ≥ 2.1 mm/d"
    assert both in text
    assert "：正负方向" not in text

"""`groundwatch route --dry-run`: the plan of an alert nobody acknowledges, in the example."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from groundwatch.cli import app
from tests.unit.groundwatch.http.running import EXAMPLE

RED = ("--site", "huanghe-tower", "--hazard", "crane_overload", "--severity", "extreme")


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["route", "--dry-run", *words])
    return result.exit_code, result.stdout, result.stderr


def plan(*words: str) -> dict[str, Any]:
    code, said, _ = run(*words, "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(said)
    return found


def roles(step: dict[str, Any]) -> list[str]:
    return [person["id"].rpartition("-")[0] for person in step["people"]]


@pytest.mark.parametrize(
    ("severity", "after_min", "next_asked", "every_min"),
    [
        # domain reference F4: acknowledge within, and who is asked if nobody does
        ("minor", 30, "town", 30),
        ("moderate", 15, "district", 15),
        ("severe", 10, "deputy", 10),
        ("extreme", 5, "deputy", 2),
    ],
)
def test_each_colour_asks_the_next_in_its_time(
    severity: str, after_min: int, next_asked: str, every_min: int
) -> None:
    found = plan("--site", "huanghe-tower", "--hazard", "crane_wind", "--severity", severity)
    first, *more = found["steps"]
    assert (first["n"], first["after_s"]) == (0, 0.0)
    # Those who were told are called meanwhile; then somebody is asked by name.
    second = next(step for step in more if len(step["people"]) == 1)
    assert second["after_s"] == after_min * 60
    assert roles(second) == [next_asked]
    assert found["end"].startswith(f"and so on every {every_min} min until somebody acknowledges")


def test_red_asks_one_name_after_another_every_two_minutes_until_the_last_resort() -> None:
    steps = plan(*RED, "--at", "2026-02-16T12:00")["steps"]
    assert [step["after_s"] / 60 for step in steps] == [0, 1, 3, 5, 7, 9, 11]
    asked = [[person["id"] for person in step["people"]] for step in steps]
    assert asked[0] == asked[1] == asked[2]
    assert all(len(each) == 1 for each in asked[3:6])
    assert len({person for each in asked[3:6] for person in each}) == 3
    assert asked[6][-1] == "last-resort"
    assert set(asked[6]) >= {person for each in asked[:6] for person in each}


def test_on_a_holiday_the_stand_in_of_whoever_works_on_workdays_is_told() -> None:
    worked = plan(*RED, "--at", "2026-02-14T12:00")["steps"][0]
    off = plan(*RED, "--at", "2026-02-17T12:00")["steps"][0]
    told = [{person["id"] for person in step["people"]} for step in (worked, off)]
    assert "inspector-works" in told[0], "a Saturday that is worked"
    assert "inspector-works" not in told[1], "a Tuesday in the Spring Festival"
    assert "inspector-night" in told[1]
    assert any("stands in for Zhan Shili" in line for line in off["why"])


def test_it_says_where_and_when_and_shows_no_number() -> None:
    code, said, _ = run(*RED, "--at", "2026-06-01T08:00")
    assert code == 0
    assert said.splitlines()[0].endswith("at huanghe-tower, 2026-06-01 08:00:00 +08:00")
    assert "Helong Street 鹤龙街道" in said
    assert "+0:05:00  step 3, call the other deputy commander" in said
    assert "+86" not in said


def test_what_is_never_asked_again_says_so() -> None:
    found = plan(
        "--site", "jiahe-pit", "--hazard", "anomaly", "--severity", "minor", "--kind", "anomaly"
    )
    assert len(found["steps"]) == 1
    assert found["end"] == "nobody is asked again: the routes that match say never"


# Names of people, and what the files of the district say in their own words.
AS_WRITTEN = re.compile(r"“[^”]*”|[A-Z][a-z]+ Shili \S示例|地点：.*|（[a-z_]+）|[\w-]*[_-]\w+")


@pytest.mark.parametrize(
    "alert",
    [
        ("--site", "baihe-creek", "--hazard", "river_flood", "--severity", "moderate"),
        ("--site", "jiahe-pit", "--hazard", "anomaly", "--severity", "minor", "--kind", "anomaly"),
    ],
)
def test_it_says_all_of_it_in_chinese(alert: tuple[str, ...]) -> None:
    code, said, _ = run(*alert, "--at", "2026-02-17T12:00", "--language", "zh")
    assert code == 0
    assert "第0步，首次告知" in said
    left = re.findall(r"[A-Za-z]+", AS_WRITTEN.sub("", said))
    assert [word for word in left if word not in ("console", "sms", "voice")] == [], said


def test_a_step_and_its_reasons_in_chinese() -> None:
    _, said, _ = run(*RED, "--at", "2026-02-17T12:00", "--language", "zh")
    lines = said.splitlines()
    assert lines[0].startswith("红色 塔机超载（crane_overload），huanghe-tower，2026-02-17 12")
    assert "+0:05:00  第3步，“call the other deputy commander”" in lines
    assert any("：代替Zhan Shili" in line for line in lines)
    assert lines[-1].startswith("此后每2分钟一轮，直至有人确认或警报结束；")


def test_machines_get_both_languages() -> None:
    found = plan(*RED)
    first = found["steps"][0]
    assert len(first["why"]) == len(first["why_zh"]) > 0
    assert first["why_zh"][0].startswith("路由“")
    assert found["end_zh"].startswith("此后每2分钟一轮")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--site", "huanghe"), "--site 'huanghe': allowed are"),
        (("--hazard", "crane_overlode"), "did you mean 'crane_overload'"),
        (("--severity", "red"), "--severity 'red': allowed are extreme, minor, moderate, severe"),
        (("--kind", "x"), "--kind 'x': allowed are"),
        (("--at", "noon"), "--at 'noon': not an instant"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(words: tuple[str, ...], said: str) -> None:
    code, _, error = run(*RED, *words)
    assert code == 2
    assert said in error


def test_without_dry_run_nothing_happens() -> None:
    result = CliRunner().invoke(app, ["route", *RED])
    assert result.exit_code == 2
    assert "--dry-run" in result.stderr


def test_channels_of_the_settings_are_known_with_config(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "district")
    people = tmp_path / "district" / "people.yaml"
    text = people.read_text(encoding="utf-8").replace("channel: voice", "channel: gateway")
    people.write_text(text, encoding="utf-8")
    settings = tmp_path / "groundwatch.toml"
    settings.write_text(
        f'sites = "{tmp_path / "district"}"\n[channels.gateway]\nkind = "voice"\n'
        'url = "https://voice.example.org/calls"\nsecret = "0123456789abcdef0123"\n',
        encoding="utf-8",
    )
    without = run(*RED, "--sites", str(tmp_path / "district"))
    assert "channel 'gateway' is not known" in without[2]
    code, said, error = run(*RED, "--config", str(settings))
    assert (code, error) == (0, "")
    assert "gateway" in said

"""The numbers of the response: shipped with their sources, a district's own over them, checked."""

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from alerting.model import Severity
from groundwatch.cli import app
from groundwatch.response_file import OWN_RESPONSE, ResponsePolicy, load_response
from tests import servers
from tests.unit.groundwatch.http.running import EXAMPLE, running

ROOT = Path(__file__).parents[3]


def test_the_shipped_table_is_what_counts_without_a_file_and_says_every_source() -> None:
    shipped, faults = load_response()
    assert (shipped, faults) == (ResponsePolicy(), [])
    parts = yaml.safe_load(OWN_RESPONSE.read_text())["response"]
    assert all(part["source"] and part["confidence"] for part in parts.values())


def written(directory: Path, text: str) -> Path:
    (directory / "response.yaml").write_text(text)
    return directory


def test_the_sample_in_the_docs_is_taken_whole(tmp_path: Path) -> None:
    text = (ROOT / "docs/alert-life.md").read_text()
    sample = next(
        block
        for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        if block.startswith("# response.yaml")
    )
    policy, faults = load_response(written(tmp_path, sample))
    assert faults == []
    assert policy.people.shelf_at_most == {
        Severity.MINOR: timedelta(hours=24),
        Severity.MODERATE: timedelta(hours=8),
        Severity.SEVERE: timedelta(minutes=30),
        Severity.EXTREME: timedelta(minutes=10),
    }
    assert policy.people.closes_itself_below is Severity.MODERATE
    assert (policy.flapping.times, policy.flapping.calm) == (4, timedelta(minutes=20))
    assert policy.silences.longest_with_extreme == timedelta(hours=2)
    assert policy.company[Severity.MINOR] == timedelta(seconds=30)
    assert policy.company[Severity.EXTREME] == timedelta(0)
    assert policy.drills.at_once == 2


WRONG = {
    "a worse alert longer": ("shelf_at_most: {extreme: 2h}", "extreme may be set aside longer"),
    "red waits": ("company: {extreme: 1m}", "unknown key 'extreme'"),
    "red late": ("storm: {red_every: 30s}", "30s is out of range; allowed: 1s to 8s"),
    "an area late": ("storm: {every: 1h}", "1h is out of range; allowed: 10s to 10m"),
    "a storm without an end": ("storm: {calm_below: 11}", "over below 11, but begins above 10"),
    "no unit": ("flapping: {within: 15}", "15 has no unit of time"),
    "one time is no flapping": ("flapping: {times: 1}", "at least 2"),
    "a silence of red longer": ("silence: {longest: 1h}", "with extreme alerts it may last longer"),
    "a word": ("closes_itself: {below: orange}", "'orange' is not one of the words known here"),
    "a part": ("shelf: {minor: 1h}", "unknown key 'shelf'; allowed: shelf_at_most"),
}


@pytest.mark.parametrize(("line", "said"), WRONG.values(), ids=WRONG)
def test_check_says_what_is_wrong_and_where(tmp_path: Path, line: str, said: str) -> None:
    district = tmp_path / "baiyun"
    shutil.copytree(EXAMPLE, district)
    written(district, f"response:\n  {line}\n")
    result = CliRunner().invoke(app, ["check", str(district)], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert f"{district}/response.yaml:2: " in result.output
    assert said in result.output


def test_a_drill_longer_than_the_district_allows_is_a_fault(tmp_path: Path) -> None:
    district = tmp_path / "baiyun"
    shutil.copytree(EXAMPLE, district)
    written(district, "response:\n  drill: {longest: 30m}\n")
    result = CliRunner().invoke(app, ["check", str(district)], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "at most 30m (response.yaml: drill: longest)" in result.output


@pytest.mark.broker
def test_a_running_program_holds_people_to_the_file(tmp_path: Path) -> None:
    district = tmp_path / "baiyun"
    shutil.copytree(EXAMPLE, district)
    text = "  shelf_at_most: {severe: 5m, extreme: 2m}\n  silence: {longest: 5h}\n"
    written(district, f"response:\n{text}  drill: {{at_once: 1}}\n")
    me = {"actor": "Duty officer"}
    port = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", port, sites=district) as live:
        drill = {**me, "scenario": "dyke-red"}
        live.post("/api/v1/drills", drill)
        assert "1 drills are under way" in live.post("/api/v1/drills", drill, status=409)["detail"]
        silence = {**me, "comment": "works", "sites": ["taihe-hall"], "minutes": 301}
        assert "5:00:00 at most" in live.post("/api/v1/silences", silence, status=409)["detail"]
        alert = live.overload("TC-01", 101.0, 102.0)
        shelf = {**me, "note": "load test", "minutes": 6}
        path = f"/api/v1/alerts/{alert['id']}/shelve"
        assert "0:05:00 at most" in live.post(path, shelf, status=409)["detail"]
    servers.stop(port)

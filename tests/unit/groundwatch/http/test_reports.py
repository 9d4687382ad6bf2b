"""Reports over real HTTP and the command line: shown, made in order, kept on record."""

from typing import Any

import pytest
from typer.testing import CliRunner

from groundwatch.cli import app
from tests.unit.groundwatch.http.running import Running

pytestmark = pytest.mark.broker

API = "/api/v1"


def make(live: Running, alert: dict[str, Any], stage: str, status: int = 200, **facts: Any) -> Any:
    body = {"actor": "Duty officer", "stage": stage, **facts}
    return live.post(f"{API}/alerts/{alert['id']}/report", body, status=status)


def lines(report: dict[str, Any], key: str) -> list[str]:
    (section,) = [each for each in report["sections"] if each["key"] == key]
    return [line["en"] for line in section["lines"]]


def test_reports_are_made_in_order_and_kept(live: Running) -> None:
    alert = live.overload("TC-01", 101.0, 102.0)
    path = f"{API}/alerts/{alert['id']}"
    shown = live.get(f"{path}/report", stage="first")
    place, sensor, _ = lines(shown, "place")
    assert "Helong Street" in place
    assert place.endswith(", Huanghe Garden tower blocks, huanghe-tower")
    assert sensor == "Load moment, sensor huanghe-tower/TC-01"
    assert lines(shown, "casualties")[0] == "dead: unknown"
    assert "no first report yet" in make(live, alert, "follow", 409)["detail"]
    made = make(live, alert, "first", dead=0, injured=1)
    assert made["grade"]["rank"] == 4
    assert made["reporter"] == "Duty officer"
    assert "make a follow-up" in make(live, alert, "first", 409)["detail"]
    entered = live.post(f"{path}/facts", {"actor": "Doctor", "injured": 2, "cause": "overload"})
    assert (entered["dead"], entered["injured"], entered["cause"]) == (0, 2, "overload")
    second = make(live, alert, "follow")
    assert (second["number"], lines(second, "cause")) == (1, ["overload"])
    assert make(live, alert, "follow")["number"] == 2
    assert "still stands" in make(live, alert, "final", 409)["detail"]
    live.get(f"{API}/alerts/nothing/report", status=404)


def test_it_is_text_in_both_languages(live: Running) -> None:
    alert = live.overload("TC-02", 101.0, 102.0)
    path = f"{API}/alerts/{alert['id']}/report.md"
    answer = live.client.get(path)
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text.startswith("# 首报")
    assert live.client.get(path, params={"language": "en"}).text.startswith("# First report")


def test_the_command_line_shows_and_makes_them(live: Running) -> None:
    alert = live.overload("TC-03", 101.0, 102.0)
    url = ["--url", str(live.client.base_url)]

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["report", alert["id"], *words, *url])
        assert done.exit_code == code, done.output
        return done.output

    assert run().startswith("# 首报")
    assert run("--dead", "1", code=2)
    said = run("--as", "Duty officer", "--injured", "3", "--needs", "a crane", "--language", "en")
    assert "injured: 3" in said
    assert "a crane" in said
    run("--as", "Duty officer", code=2)
    assert "续报" in run("--stage", "follow-up", "--as", "Duty officer")
    run("--stage", "last", code=2)

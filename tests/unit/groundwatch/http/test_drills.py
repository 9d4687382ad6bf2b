"""Drills over real HTTP and the command line: begun, measured, ended, never among real alerts."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groundwatch.cli import app
from tests import servers
from tests.unit.groundwatch.http.running import EXAMPLE, Running, running

pytestmark = pytest.mark.broker

API = "/api/v1"
ME = {"actor": "Drill master"}


def test_a_drill_is_measured_and_stands_in_no_list_of_alerts(own: Running) -> None:
    plans = own.get(f"{API}/drills")["plans"]
    assert [plan["name"] for plan in plans] == ["dyke-red"]
    begun = own.post(f"{API}/drills", {**ME, "scenario": "dyke-red", "note": "yearly"})
    drill_id, path = begun["alert_id"], f"{API}/drills/{begun['alert_id']}"
    assert drill_id.startswith("drill-")
    own.until(lambda: own.get(path)["last_receipt_s"] is not None)
    assert own.get(f"{API}/alerts")["items"] == []
    assert own.get(f"{API}/sites/renhe-dyke")["worst"] is None
    detail = own.get(f"{API}/alerts/{drill_id}")
    assert detail["exercise"] is True
    own.post(f"{API}/alerts/{drill_id}/ack", {"actor": "Duty officer"})
    cap = own.client.get(f"{API}/alerts/{drill_id}/cap").text
    assert "<status>Exercise</status>" in cap
    assert "<status>Actual</status>" not in cap
    assert "EXERCISE" in own.shown.text
    ended = own.post(f"{path}/end", {**ME, "note": "enough"})
    assert ended["ended_at"] is not None
    found = own.get(path)
    assert found["acknowledged_by"] == "Duty officer"
    assert found["acknowledged_s"] >= found["first_receipt_s"] >= 0
    own.until(lambda: "notified" in [each["phase"] for each in own.get(path)["phases"]])
    assert all(notice["receipt_s"] is not None for notice in found["notices"][:1])
    assert "acknowledged    after" in found["text"]
    assert own.get(f"{API}/history")["items"] == []
    assert own.get(f"{API}/drills")["under_way"] == []
    assert own.post(f"{path}/end", ME, status=409)["detail"].endswith("or it is over")


def test_a_drill_that_is_none_is_404_with_what_may_be_meant(live: Running) -> None:
    wrong = live.post(f"{API}/drills", {**ME, "scenario": "dyke-rd"}, status=404)
    assert wrong["near"] == ["dyke-red"]
    assert live.get(f"{API}/drills/nosuchdrill", status=404)


def test_a_drill_written_while_the_program_runs_can_be_begun_and_a_wrong_one_says_why(
    tmp_path: Path,
) -> None:
    sites = tmp_path / "sites"
    shutil.copytree(EXAMPLE, sites)
    port = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", port, sites=sites) as own:
        text = (sites / "drills" / "dyke-red.yaml").read_text()
        (sites / "drills" / "night.yaml").write_text(text)
        (sites / "drills" / "wrong.yaml").write_text(text.replace("WL-01", "WL-99"))
        plans = own.get(f"{API}/drills")["plans"]
        assert [plan["name"] for plan in plans] == ["dyke-red", "night"]
        said = own.post(f"{API}/drills", {**ME, "scenario": "wrong"}, status=422)["detail"]
        assert "wrong.yaml:3: " in said
        assert "WL-99" in said
        assert own.post(f"{API}/drills", {**ME, "scenario": "night"})["alert_id"]
    servers.stop(port)


def test_the_command_line_shows_who_would_be_told_and_tells_nobody() -> None:
    shown = CliRunner().invoke(app, ["drill", "dyke-red", "--sites", str(EXAMPLE)])
    assert shown.exit_code == 0, shown.output
    assert "nobody is told without --people" in shown.output
    assert "after 600 s, extreme: " in shown.output
    wrong = CliRunner().invoke(app, ["drill", "nosuch", "--sites", str(EXAMPLE)])
    assert wrong.exit_code == 2
    assert "there are: dyke-red" in wrong.output

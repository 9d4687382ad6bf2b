"""The console in place of channels nobody has set up: shown, marked, warned of, and replaceable."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from groundwatch.cli import app
from tests import servers
from tests.unit.groundwatch.http.running import EXAMPLE, running

API = "/api/v1"


def asked(*words: str | Path) -> Result:
    wide = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
    return CliRunner().invoke(app, [str(word) for word in words], env=wide)


def steps(severity: str) -> list[tuple[str, str]]:
    """Give the steps of a flood of the dyke: when, and what is done."""
    said = asked(
        *("route", "--dry-run", "--sites", EXAMPLE, "--site", "renhe-dyke"),
        *("--hazard", "river_flood", "--severity", severity, "--at", "2026-02-17T23:00"),
    )
    assert said.exit_code == 0, said.output
    lines = [line for line in said.output.splitlines() if line.startswith("+")]
    return [(line.split()[0], line.split(", ", 1)[1]) for line in lines]


def test_the_example_climbs_from_message_to_call_to_the_duty_office() -> None:
    assert steps("extreme")[:7] == [
        ("+0:00:00", "first notices"),
        ("+0:01:00", "call them"),
        ("+0:03:00", "call them again"),
        ("+0:05:00", "call the other deputy commander"),
        ("+0:07:00", "call the duty office"),
        ("+0:09:00", "call the next in the duty office"),
        ("+0:11:00", "round: everybody and the last resort"),
    ]
    assert [name for _, name in steps("severe")[:4]] == [
        "first notices",
        "call them",
        "call the deputy commander",
        "call the duty office",
    ]
    assert steps("severe")[2][0] == "+0:10:00"


def test_red_goes_by_message_first_and_blue_to_a_screen() -> None:
    words: list[str | Path] = ["route", "--dry-run", "--sites", EXAMPLE, "--site", "renhe-dyke"]
    words += ["--hazard", "river_flood", "--at", "2026-02-17T23:00", "--severity"]
    assert "Wu Shili 伍示例 over sms, then voice, console" in asked(*words, "extreme").output
    assert "He Shili 何示例 over console, then sms, voice" in asked(*words, "minor").output


@pytest.mark.broker
def test_what_would_have_been_sent_is_shown_and_marked(tmp_path: Path) -> None:
    port = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", port) as live:
        live.overload("TC-01", 101.0, 102.0)
        live.until(lambda: "[sms: not set up, shown here only]" in live.shown.text)
        live.clock.ahead += timedelta(minutes=6)
        live.until(lambda: "[voice: not set up, shown here only]" in live.shown.text)
    servers.stop(port)


def test_a_check_with_settings_warns_of_what_reaches_nobody(tmp_path: Path) -> None:
    settings = tmp_path / "groundwatch.toml"
    settings.write_text('language = "en"\n')
    result = asked("check", EXAMPLE, "--config", settings, "--json")
    warned = json.loads(result.stdout)["warnings"]
    assert [text.split(": ")[1].split(" is ")[0] for text in warned] == [
        "channel sms",
        "channel voice",
    ]
    assert "add [channels.sms] to the settings" in warned[0]


def test_a_name_that_nobody_stands_in_for_is_still_a_fault(tmp_path: Path) -> None:
    district = tmp_path / "baiyun"
    shutil.copytree(EXAMPLE, district)
    people = district / "people.yaml"
    people.write_text(people.read_text().replace("[sms, voice]", "[voice]", 1))
    result = asked("check", district)
    assert result.exit_code == 2
    assert "channel 'sms' is not known" in result.output


@pytest.mark.broker
def test_once_set_up_the_channel_itself_is_used(tmp_path: Path) -> None:
    port = servers.start_mosquitto(tmp_path)
    sms = {
        "kind": "sms_http",
        "url": "https://127.0.0.1:9/sms",
        "body": '{"to": "{to}", "t": "{text}"}',
    }
    channels = {"sms": sms}
    with running(tmp_path / "state", port, channels=channels) as program:
        alert = program.overload("TC-01", 101.0, 102.0)
        path = f"{API}/alerts/{alert['id']}/explain"
        program.until(lambda: "[voice: not set up, shown here only]" in program.shown.text)
        assert "[sms: not set up" not in program.shown.text
        errors = [each["last_error"] or "" for each in program.get(path)["notices"]]
        assert any("sms" in said for said in errors)
    servers.stop(port)

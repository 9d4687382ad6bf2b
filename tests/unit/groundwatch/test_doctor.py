"""What the doctor could not look at it says, and calls it no fault."""

import asyncio
import json
import shutil
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from groundwatch.cli import app
from ingest.source import Decoded, Undecodable
from storage.log import Log
from tests import servers
from tests.servers import free_port
from tests.unit.groundwatch.http.running import Running, running

EXAMPLE = Path(__file__).parents[3] / "examples" / "baiyun"


def looked(*words: object, is_fit: bool = True) -> dict[str, dict[str, Any]]:
    shown = CliRunner().invoke(app, ["doctor", *(str(word) for word in words), "--json"])
    assert shown.exit_code == (0 if is_fit else 2), shown.output
    return {entry["what"]: entry for entry in json.loads(shown.stdout)}


def settings_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "groundwatch.toml"
    path.write_text(f'sites = "{EXAMPLE}"\nstate = "{tmp_path}/state"\n{text}\n')
    return path


@pytest.fixture
def reached_by_sms(tmp_path: Path) -> Path:
    """Give the example district where no console stands in for the channels people name."""
    district = tmp_path / "mine"
    shutil.copytree(EXAMPLE, district)
    people = district / "people.yaml"
    people.write_text(people.read_text().replace("console_stands_in_for: [sms, voice]\n", ""))
    return district


def test_without_settings_their_channels_are_not_looked_at_and_no_fault(
    reached_by_sms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDWATCH_HTTP__PORT", "0")
    monkeypatch.setenv("GROUNDWATCH_STATE", f"{tmp_path}/state")
    found = looked("--sites", reached_by_sms)
    assert (found["channels"]["state"], found["settings"]["state"]) == ("note", "note")
    assert "over sms, voice: not looked at" in found["channels"]["said"]
    assert "--config" in found["channels"]["said"]
    assert "broker, database, channels" in found["settings"]["said"]
    assert found["site files"]["state"] == "ok"


def test_with_settings_a_channel_that_is_not_in_them_is_a_fault(
    reached_by_sms: Path, tmp_path: Path
) -> None:
    config = settings_of(tmp_path, "[http]\nport = 0")
    found = looked("--config", config, "--sites", reached_by_sms, is_fit=False)
    assert found["site files"]["state"] == "fault"
    assert "channel 'sms' is not known" in found["site files"]["said"]


@pytest.mark.broker
def test_a_port_that_this_program_has_itself_is_no_fault(tmp_path: Path) -> None:
    broker = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", broker) as program:
        _put_aside(program)
        config = settings_of(tmp_path, f"[http]\nport = {program.server.port}")
        found = looked("--config", config)
    servers.stop(broker)
    assert found["http port"]["state"] == "note"
    assert "groundwatch answers here" in found["http port"]["said"]
    assert found["quarantine"]["state"] == "note"
    assert "has no device 'TC-99'" in found["quarantine"]["said"]


def _put_aside(program: Running) -> None:
    reading = {"at": program.clock.now().isoformat(), "readings": {"wind_ms": 3.0}}
    program.publish("gw/1/huanghe-tower/TC-99/telemetry", reading)


def test_a_port_that_something_else_has_is_a_fault(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        config = settings_of(tmp_path, f"[http]\nport = {other.getsockname()[1]}")
        found = looked("--config", config, is_fit=False)
    assert "in use by something else" in found["http port"]["said"]


def test_a_quarantine_of_a_program_that_stopped_is_looked_into(tmp_path: Path) -> None:
    config = settings_of(tmp_path, f"[http]\nport = {free_port()}")
    assert "quarantine" not in looked("--config", config)
    asyncio.run(_fill(tmp_path / "state" / "log.db"))
    said = looked("--config", config)["quarantine"]["said"]
    assert said.startswith("2 messages that could not be used, newest of gw/1/s/b/telemetry")
    assert "2026-06-01 16:00 +08:00: why 1" in said
    (tmp_path / "state" / "log.db").write_bytes(b"no database" * 100)
    broken = looked("--config", config)["quarantine"]
    assert (broken["state"], broken["said"][:13]) == ("note", "not looked at")


async def _fill(path: Path) -> None:
    log, at = Log(path), datetime(2026, 6, 1, 8, tzinfo=UTC)
    await log.open()
    wrong = [
        Undecodable(f"gw/1/s/{name}/telemetry", b"x", at, f"why {n}") for n, name in enumerate("ab")
    ]
    await log.own(Decoded([], wrong))
    await log.close()

"""`groundwatch demo` headless: the storm is warned of in time, with cards, and nothing is lost."""

import asyncio
import json
import sys

import pytest

from tests.system.rig import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def test_the_demonstration_misses_nothing_and_says_who_can_help() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "groundwatch.cli", "demo", "--seconds", "76", "--json"),
        *("--speed", "90", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    out, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    summary = json.loads(out)
    assert set(summary) == {
        *("readings", "devices", "alerts", "blind", "deliveries", "lost"),
        *("missed_labels", "false_labels"),
    }
    assert summary["devices"] >= 40
    assert summary["readings"] > 50_000
    assert summary["lost"] == 0
    assert summary["missed_labels"] == []
    assert summary["false_labels"] == []
    assert summary["deliveries"] > 0
    assert {entry["device"] for entry in summary["blind"]} == {"WL-02"}
    hazards = {entry["hazard"] for entry in summary["alerts"]}
    assert {"crane_wind", "rainstorm", "river_flood", "ponding"} <= hazards
    for entry in summary["alerts"]:
        assert entry["notified_at"] is not None
        assert entry["card"]["teams"], entry
        assert entry["card"]["chain"], entry
    still = [entry for entry in summary["alerts"] if entry["device"] == "WL-02"]
    assert {entry["state"] for entry in still} == {"firing"}

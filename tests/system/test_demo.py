"""`groundwatch demo` headless: the storm is warned of in time, with cards, and nothing is lost."""

import asyncio
import json
import sys
from typing import Any

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
    _is_as_the_readme_shows_it(min(summary["alerts"], key=lambda entry: entry["detected_at"]))
    still = [entry for entry in summary["alerts"] if entry["device"] == "WL-02"]
    assert {entry["state"] for entry in still} == {"firing"}


def _is_as_the_readme_shows_it(first: dict[str, Any]) -> None:
    """Compare the card of the first alert with the sample; its value is that of a first moment."""
    shown = (ROOT / "README.md").read_text()
    assert first["hazard"] == "crane_wind"
    assert "蓝 minor: Wind at the cathead" in shown
    for part in ("teams", "supplies", "cameras"):
        nearest = first["card"][part][0]
        name = nearest["name"].replace(" (fictitious)", "")
        assert f"{part:<9} {name} {nearest['distance_m'] / 1000:.1f} km" in shown
    chief = first["card"]["chain"][0]
    assert f"{chief['place']} {chief['person']}" in shown

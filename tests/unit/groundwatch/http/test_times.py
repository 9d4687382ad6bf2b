"""Every instant on the command line is in the district's time and says so, wherever it is asked."""

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from groundwatch.cli import app
from groundwatch.view import Shown, picture
from sensors.local_time import SHOWN_ZONE
from tests.unit.groundwatch.http.running import Running

pytestmark = pytest.mark.broker

API = "/api/v1"
ME = {"actor": "Duty officer"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(.{0,7})")


@pytest.fixture(autouse=True)
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def shown(live: Running, *words: str) -> str:
    done = CliRunner().invoke(app, [*words, "--url", str(live.client.base_url)])
    assert done.exit_code == 0, done.output
    return done.output


def test_every_command_shows_instants_in_the_districts_time(live: Running) -> None:
    alert = live.overload("TC-01", 101.0, 102.0)
    team = live.get(f"{API}/alerts/{alert['id']}/card", fresh="true")["teams"][0]["id"]
    order = {**ME, "responder": team, "what": "Bring a mobile crane"}
    live.post(f"{API}/alerts/{alert['id']}/tasks", order)
    live.post(f"{API}/alerts/{alert['id']}/shelve", {**ME, "note": "test", "minutes": 20})
    me = ("--as", "Duty officer")
    commands = {
        "alerts": ("alerts", "--all"),
        "history": ("alerts", "--history"),
        "explain": ("explain", alert["id"]),
        "explain a sensor": ("explain", alert["sensor"]),
        "tasks": ("tasks", "list"),
        "report": ("report", alert["id"], "--language", "en"),
        "silence": ("silence", "add", "--for", "1h", "--note", "works", "--site", "jiahe-pit", *me),
        "silences": ("silence", "list"),
        "verify": ("verify", alert["id"], *me),
        "stage": ("stage", "huanghe-tower", "started", *me),
    }
    texts = {name: shown(live, *words) for name, words in commands.items()}
    for name, text in texts.items():
        for found in _INSTANT.finditer(text):
            assert found[1].startswith(" +08:00"), f"{name}: {found[0]}"
    began = datetime.fromisoformat(alert["started_at"]).astimezone(SHOWN_ZONE)
    assert f"{began:%Y-%m-%d %H:%M} +08:00" in texts["alerts"]
    assert all(_INSTANT.search(texts[name]) for name in texts if name not in ("history",))


def test_the_view_of_the_demonstration_shows_the_districts_time(live: Running) -> None:
    from rich.console import Console

    alert = live.overload("TC-02", 101.0, 102.0)
    record = live.call(live.program.journal.alert(alert["id"]))
    assert record is not None
    now = live.clock.now() + timedelta(hours=1)
    console = Console(width=120, height=30, record=True)
    console.print(
        picture(
            Shown(
                now=now, per_s=1, readings=1, broker="none", url="none", alerts=[record], card=None
            ),
            width=120,
            height=30,
        )
    )
    text = console.export_text()
    assert f"{now.astimezone(SHOWN_ZONE):%Y-%m-%d %H:%M:%S} +08:00" in text
    assert f"{record.started_at.astimezone(SHOWN_ZONE):%H:%M} " in text

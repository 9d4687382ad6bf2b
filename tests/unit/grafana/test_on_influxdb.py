"""Every statement of every dashboard runs on a real InfluxDB and gives rows.

The database is filled through the program's own store with a day of a site that has every kind of
device, alerts that stand, alerts that cleared, and a sensor that fell silent.
"""

import asyncio
import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Provenance,
    Severity,
    Transition,
    TransitionKind,
)
from grafana.build.queries import Found, all_queries, substitute
from grafana.build.write import FOLDER
from sensors.catalogue import KINDS
from sensors.model import Position, Report, SensorKey
from storage.influx import InfluxConfig, InfluxStore
from storage.ports import SiteRow
from tests import servers
from tests.builders import START

UNTIL = START + timedelta(days=1)
SITE, OTHER = "yard north", "yard-2"
VARIABLES = {"site": SITE, "device": [f"{kind}-1" for kind in KINDS]}
LIMITED = (
    ("crane", "clearance_m"),
    ("platform", "load_t"),
    ("pit", "wall_top_h_mm"),
    ("pit", "deep_h_mm"),
    ("pit", "strut_force_kn"),
    ("formwork", "settlement_mm"),
    ("formwork", "pole_tilt_deg"),
    ("water_level", "stage_m"),
)
EVERY = [
    pytest.param(found, id=f"{path.stem}: {found.panel} {found.ref_id}".strip())
    for path in sorted(FOLDER.glob("*.json"))
    for found in all_queries(json.loads(path.read_text(encoding="utf-8")))
]


def reports() -> Iterator[Report]:
    for minute in range(0, 24 * 60, 5):
        at = START + timedelta(minutes=minute)
        wave = math.sin(minute / 180.0)
        for site in (SITE, OTHER):
            for kind, entry in KINDS.items():
                point = "CX3-7.5m" if kind == "pit" else ""
                values = {
                    key: max(quantity.low, min(quantity.high, 1.0 + 0.5 * wave))
                    for key, quantity in entry.quantities.items()
                }
                yield Report(site, f"{kind}-1", kind, point, at, at, values, {})


def alert(
    kind: str, quantity: str, *, state: AlertState, why: AlertKind = AlertKind.LIMIT
) -> Alert:
    return Alert(
        id=f"{kind[:4]}{quantity[:6]}{why[:2]}",
        kind=why,
        state=state,
        sensor=SensorKey(SITE, f"{kind}-1", "CX3-7.5m" if kind == "pit" else "", quantity),
        hazard="test",
        rule_id=f"{kind}_{quantity}_{why}",
        pack=kind,
        severity=Severity.SEVERE,
        peak=Severity.SEVERE,
        position=Position(23.2, 113.3),
        started_at=START,
        detected_at=START,
        severity_at=START,
        value=1.5,
        limit=None if why is AlertKind.BLIND else 1.2,
        unit="m",
        reason=f'{quantity} is "high"',
        provenance=Provenance(source="design sheet"),
        ordinal=1,
    )


def transition(of: Alert, kind: TransitionKind, at: datetime, ordinal: int) -> Transition:
    return Transition(
        alert_id=of.id,
        ordinal=ordinal,
        kind=kind,
        severity=of.severity,
        taken_at=at,
        detected_at=at,
        value=of.value,
        reason=of.reason if kind is TransitionKind.RAISED else "back below the limit",
    )


async def fill(url: str) -> None:
    store = InfluxStore(InfluxConfig(url=url))
    await store.open()
    try:
        assert await store.write(list(reports())) == []
        for kind, quantity in LIMITED:
            raised = alert(kind, quantity, state=AlertState.FIRING)
            at = UNTIL - timedelta(hours=3)
            await store.write_transition(raised, transition(raised, TransitionKind.RAISED, at, 1))
        silent = alert("rain", "rain_mm", state=AlertState.FIRING, why=AlertKind.BLIND)
        at = UNTIL - timedelta(hours=1)
        await store.write_transition(silent, transition(silent, TransitionKind.RAISED, at, 1))
        for why in (AlertKind.LIMIT, AlertKind.BLIND):
            over = alert("hoist", "load_pct", state=AlertState.RESOLVED, why=why)
            for ordinal, step in enumerate((TransitionKind.RAISED, TransitionKind.CLEARED), 1):
                at = UNTIL - timedelta(hours=6 - ordinal)
                await store.write_transition(over, transition(over, step, at, ordinal))
        await store.write_sites(
            [
                SiteRow(
                    site=site,
                    name=f"{site} 工地",
                    lat=23.2,
                    lon=113.3,
                    worst=worst,
                    n_firing=3 * worst,
                    n_blind=1 if worst else 0,
                    at=START + timedelta(minutes=minute),
                )
                for minute in range(0, 24 * 60, 2)
                for site, worst in ((SITE, 3 if minute > 1200 else 0), (OTHER, 0))
            ]
        )
    finally:
        await store.close()


@pytest.fixture(scope="module")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    folder: Path = tmp_path_factory.mktemp("influxdb")
    url = servers.start_influxd(folder)
    asyncio.run(fill(url))
    with httpx2.Client(base_url=url, trust_env=False) as client:
        yield client
    servers.stop(url)


def ask(client: httpx2.Client, found: Found) -> list[dict[str, Any]]:
    """Send a statement as Grafana does, and give the series of its answer."""
    query = substitute(
        found.query, found.since(START, UNTIL), UNTIL, VARIABLES, timedelta(minutes=10)
    )
    answer = client.post("/query", params={"db": "groundwatch", "epoch": "ms"}, data={"q": query})
    assert answer.status_code == 200, f"{query}\n{answer.text}"
    [result] = answer.json()["results"]
    assert "error" not in result, f"{query}\n{result}"
    series: list[dict[str, Any]] = result.get("series", [])
    return series


def one(name: str, panel: str, ref_id: str = "A") -> Found:
    document = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    [found] = [
        found for found in all_queries(document) if (found.panel, found.ref_id) == (panel, ref_id)
    ]
    return found


def table(series: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**frame.get("tags", {}), **dict(zip(frame["columns"], row, strict=True))}
        for frame in series
        for row in frame["values"]
    ]


@pytest.mark.influx
@pytest.mark.parametrize("found", EVERY)
def test_every_statement_runs_and_gives_values(influxd: httpx2.Client, found: Found) -> None:
    series = ask(influxd, found)
    assert series, "an empty frame"
    values = [
        value
        for frame in series
        for row in frame["values"]
        for name, value in zip(frame["columns"], row, strict=True)
        if name != "time"
    ]
    assert any(value is not None for value in values), "only empty cells"


@pytest.mark.influx
def test_standing_alerts_are_listed_and_cleared_ones_are_not(influxd: httpx2.Client) -> None:
    rows = table(ask(influxd, one("site.json", "Which sensor says so")))
    devices = {row["device"] for row in rows}
    assert {"crane-1", "pit-1", "rain-1"} <= devices
    assert "hoist-1" not in devices
    stage = next(row for row in rows if row["quantity"] == "stage_m")
    assert (stage["severity"], stage["state"], stage["limit"]) == (3, "raised", 1.2)
    assert stage["reason"] == 'stage_m is "high"'
    assert len(rows) == len(LIMITED) + 1


@pytest.mark.influx
def test_only_sensors_still_blind_are_listed(influxd: httpx2.Client) -> None:
    rows = table(ask(influxd, one("district.json", "Blind sensors")))
    assert [(row["site"], row["device"], row["quantity"]) for row in rows] == [
        (SITE, "rain-1", "rain_mm")
    ]


@pytest.mark.influx
def test_sites_show_their_newest_state(influxd: httpx2.Client) -> None:
    rows = table(ask(influxd, one("district.json", "Sites by worst alert")))
    assert {row["site"]: (row["worst"], row["alerts"], row["silent"]) for row in rows} == {
        SITE: (3, 9, 1),
        OTHER: (0, 0, 0),
    }
    assert rows[0]["name"].endswith("工地")
    [[frame]] = [ask(influxd, one("district.json", "Worst now"))]
    assert frame["values"][0][1] == 3
    [[frame]] = [ask(influxd, one("district.json", "Sites known"))]
    assert frame["values"][0][1] == 2


@pytest.mark.influx
def test_a_site_is_asked_about_alone(influxd: httpx2.Client) -> None:
    [frame] = ask(influxd, one("site.json", "Is it safe?"))
    assert frame["values"][0][1] == 3
    changed = ask(influxd, one("site.json", "Change in the last day", "K"))
    assert [series["tags"]["device"] for series in changed] == ["water_level-1"]
    marks = table(ask(influxd, one("site.json", "annotation Alerts", "")))
    assert {row["transition"] for row in marks} == {"raised", "cleared"}

"""Every statement gives rows on what the whole program stores of a simulated storm.

Simulator, broker, program and InfluxDB run for real. The example district has no unloading
platform, and a designer's limit is drawn only where an alert was raised by it; those statements may
be empty, and the test finds out from the database which they are.
"""

import asyncio
import io
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest

from grafana.build.queries import Found, all_queries, substitute
from grafana.build.write import FOLDER
from groundwatch.compose import opened
from groundwatch.demo import Demo, demo_clock
from groundwatch.district import load_district
from groundwatch.settings import load_settings
from tests import servers

pytestmark = [pytest.mark.influx, pytest.mark.slow, pytest.mark.timeout(300)]

DISTRICT = Path(__file__).parents[3] / "examples" / "baiyun"
SPEED, SECONDS = 120.0, 68.0


class Filled(NamedTuple):
    """A database after the storm, and the simulated instant at which it ended.

    Sites are written every few seconds of the wall clock, which is half an hour of simulated time:
    what looks back five minutes must look back from the last of them.
    """

    client: httpx2.Client
    until: datetime

    def newest_state(self) -> datetime:
        series = self.ask('SELECT last("worst") FROM "site" GROUP BY "site"')
        newest_ms = max(row[0] for frame in series for row in frame["values"])
        return datetime.fromtimestamp(newest_ms / 1000.0, UTC) + timedelta(seconds=1)

    def ask(self, query: str) -> list[dict[str, Any]]:
        answer = self.client.post(
            "/query", params={"db": "groundwatch", "epoch": "ms"}, data={"q": query}
        )
        assert answer.status_code == 200, f"{query}\n{answer.text}"
        [result] = answer.json()["results"]
        assert "error" not in result, f"{query}\n{result}"
        series: list[dict[str, Any]] = result.get("series", [])
        return series

    def tag_values(self, query: str) -> list[str]:
        return sorted({row[1] for series in self.ask(query) for row in series["values"]})


async def simulate(url: str, state: Path) -> datetime:
    settings = load_settings(None, sites=DISTRICT, state=state, influx={"url": url})
    district = load_district(settings.sites, packs=settings.packs, resources=settings.resources)
    assert district.faults == ()
    clock = demo_clock(SPEED, time.time(), timedelta(hours=3))
    async with opened(settings, district, clock=clock, console=io.StringIO()) as program:
        demo = Demo(program=program, clock=clock, sites=settings.sites, seconds=SECONDS)
        await demo.run(asyncio.Event())
        return clock.now()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder: Path = tmp_path_factory.mktemp("storm")
    url = servers.start_influxd(folder)
    until = asyncio.run(simulate(url, folder / "state"))
    with httpx2.Client(base_url=url, trust_env=False, timeout=30.0) as client:
        yield Filled(client, until + timedelta(seconds=1))
    servers.stop(url)


def may_be_empty(found: Found, measurements: set[str], limited: set[str]) -> bool:
    measurement = re.search(r'FROM "(\w+)"', found.query)
    if measurement is not None and measurement[1] not in measurements:
        return True
    quantity = re.search(r"\"quantity\" = '(\w+)'", found.query)
    return quantity is not None and quantity[1] not in limited


def test_every_statement_gives_rows_on_a_simulated_storm(filled: Filled) -> None:
    measurements = {
        row[0] for series in filled.ask("SHOW MEASUREMENTS") for row in series["values"]
    }
    assert {"alert", "site", "crane", "pit", "rain", "water_level"} <= measurements
    limited = {
        series["tags"]["quantity"]
        for series in filled.ask(
            'SELECT count("limit") FROM "alert" WHERE "kind" = \'limit\' GROUP BY "quantity"'
        )
    }
    assert {"stage_m", "wall_top_h_mm", "wind_ms"} <= limited
    sites = filled.tag_values('SHOW TAG VALUES FROM "site" WITH KEY = "site"')
    assert len(sites) >= 6
    devices = {
        site: filled.tag_values(f'SHOW TAG VALUES WITH KEY = "device" WHERE "site" = \'{site}\'')
        for site in sites
    }
    newest_state = filled.newest_state()
    empty, asked = [], 0
    for path in sorted(FOLDER.glob("*.json")):
        for found in all_queries(json.loads(path.read_text(encoding="utf-8"))):
            asked += 1
            until = newest_state if 'FROM "site"' in found.query else filled.until
            since = found.since(until - timedelta(days=1), until)
            answers = (
                filled.ask(
                    substitute(
                        found.query,
                        since,
                        until,
                        {"site": site, "device": devices[site] or ["none"]},
                        timedelta(minutes=5),
                    )
                )
                for site in sites
            )
            if not any(answers) and not may_be_empty(found, measurements, limited):
                empty.append(f"{path.stem}: {found.panel} {found.ref_id}")
    assert asked > 60
    assert empty == []

"""The pretend stations, held against the protocols' vectors, and on a line with the listener."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware_sim.station.hj212 import Hj212Station
from firmware_sim.station.line import Line, Speaker
from firmware_sim.station.sl651 import Sl651Station
from firmware_sim.station.weather import Weather, weather
from ingest.tcp import TcpConfig, TcpSource
from ingest.tcp.dialect import Dialect
from ingest.tcp.hj212 import Hj212Config, Hj212Dialect
from ingest.tcp.sl651 import Sl651Config, Sl651Dialect

GOLDEN = Path(__file__).parents[2] / "golden" / "sl651"
AT = datetime(2026, 6, 12, 0, 5, tzinfo=UTC)
HEAVY = Weather(
    rain_mm=4.2,
    rain_total_mm=187.5,
    stage_m=4.873,
    battery_v=12.36,
    temperature_degc=26.0,
    wind_ms=5.0,
)


def test_a_report_has_the_outside_and_the_elements_of_the_golden_one() -> None:
    golden = (GOLDEN / "extra-report.frame.hex").read_text().strip()
    written = Sl651Station().report(HEAVY, 2, AT).hex().upper()
    assert written[:22] == golden[:22]
    for group in ("F1F1004401069948F0F02606120805", "22110042", "2619001875", "392300004873"):
        assert group in written
        assert group in golden


def test_the_golden_confirmation_is_understood_wherever_it_is_torn() -> None:
    golden = bytes.fromhex((GOLDEN / "extra-report.confirm.hex").read_text())
    held = bytearray()
    found = []
    for byte in golden * 2:
        held.append(byte)
        found += Sl651Station().confirmed(held)
    assert found == [2, 2]


SPEAKERS = [
    (Sl651Station(), Sl651Dialect(Sl651Config(password="1234"))),
    (Hj212Station(), Hj212Dialect(Hj212Config(password="123456"))),
]


@pytest.mark.parametrize(("speaker", "dialect"), SPEAKERS, ids=["sl651", "hj212"])
async def test_reports_go_out_until_each_is_confirmed(speaker: Speaker, dialect: Dialect) -> None:
    config = TcpConfig(host="127.0.0.1", port=0)
    source = TcpSource(config, dialect, now=lambda: AT)
    await source.open()
    line = Line(host="127.0.0.1", port=source.port, speaker=speaker)
    seen = weather(seed=1, stage_m=4.0, rise_m=0.01, most_mm=4.0)
    for n in range(20):
        line.put(seen, AT + timedelta(minutes=5 * n))

    async def own() -> None:
        async for batch in source.batches():
            await source.acknowledge(batch)

    async with asyncio.TaskGroup() as group:
        owning = group.create_task(own())
        running = group.create_task(line.run())
        async with asyncio.timeout(10):
            await line.is_done.wait()
        running.cancel()
        await source.close()
        await owning
    assert (line.tally.confirmed, line.tally.waiting, source.counts.refused) == (20, 0, 0)

"""Delivery to a receiver that behaves badly, through `kill -9` anywhere in the path.

Every notice arrives; a second copy only after a crash (or an answer that came too late), under the
same key; nothing after an acknowledgement. The receiver is real HTTP on loopback.
"""

import asyncio
import os
import time
from collections.abc import Iterable
from pathlib import Path

import httpx2
import pytest

from tests.system.bad_receiver import (
    TIMEOUT_S,
    BadReceiver,
    assert_copies_only_after_a_crash,
    at_a_moment,
    receiving,
)
from tests.system.close_cranes import (
    SECRET,
    TOKEN,
    begun,
    collisions,
    come_too_close,
    nothing_waits,
)
from tests.system.rig import Running, until

N_KILLS = int(os.environ.get("GROUNDWATCH_TEST_DELIVERY_KILLS", "4"))
pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(1500)]


async def test_every_notice_arrives_and_twice_only_after_a_crash(tmp_path: Path) -> None:
    n_cranes = 2 * N_KILLS + 4
    kills: list[float] = []
    async with receiving(BadReceiver()) as receiver:
        running, port = await begun(tmp_path, receiver, n_cranes=n_cranes)
        for number in range(N_KILLS):
            await come_too_close(port, 2 * number)
            await come_too_close(port, 2 * number + 1)
            await at_a_moment(receiver, ("whenever", "request", "answer")[number % 3])
            await running.kill()
            kills.append(time.monotonic())
            running = await Running(running.config).start()
        for number in range(2 * N_KILLS, n_cranes):
            await come_too_close(port, number)

        async def all_told() -> bool:
            raised = await collisions(running)
            told = {taken.alert for taken in receiver.taken}
            return len(raised) == n_cranes and set(raised.values()) <= told

        await until(all_told, within_s=120, what="every alert raised and told")
        await until(lambda: nothing_waits(running), within_s=60, what="nothing waits any more")
        failed = await running.metric("groundwatch_notices_failed_total")
        assert await running.stop() == 0
    assert failed == 0
    assert_copies_only_after_a_crash(receiver, kills)
    first_keys = {(t.key, t.alert) for t in receiver.taken if t.body["reason"] == "first"}
    firsts = [alert for _, alert in first_keys]
    assert len(firsts) == len(set(firsts)), "one alert was first told under two keys"


async def test_nothing_comes_after_an_acknowledgement_even_through_a_crash(tmp_path: Path) -> None:
    """The receiver fails whatever comes, so that every notice waits to be tried again."""
    n_cranes = 6
    async with receiving(BadReceiver(is_away=True)) as receiver:
        running, port = await begun(tmp_path, receiver, n_cranes=n_cranes)
        for number in range(n_cranes):
            await come_too_close(port, number)

        async def all_tried() -> bool:
            raised = (await collisions(running)).values()
            return len(raised) == n_cranes and set(raised) <= {one.alert for one in receiver.seen}

        await until(all_tried, within_s=60, what="every alert raised and tried")
        alerts = (await collisions(running)).values()
        await until(lambda: have_failed(running, alerts), within_s=60, what="failures told")
        async with httpx2.AsyncClient(timeout=30) as client:
            said = {"actor": "Duty Officer (fictitious)"}
            for alert_id in alerts:
                path = f"{running.url}/api/v1/alerts/{alert_id}/ack"
                (await client.post(path, json=said)).raise_for_status()
        acknowledged_s = time.monotonic()
        shown = await everything_shown(running, alert_id)
        await running.kill()
        shown += running.said
        running = await Running(running.config).start()
        await asyncio.sleep(6)  # longer than the waits of several attempts
        assert await running.stop() == 0
    shown += running.said
    kept = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    for secret in (TOKEN, SECRET):
        assert not [text for text in shown if secret in text]
        assert not [path for path in kept if secret.encode() in path.read_bytes()]
    # What is told of the program itself (its notices fail) was acknowledged by nobody.
    late = [one for one in receiver.seen if one.at_s > acknowledged_s + TIMEOUT_S]
    assert [one for one in late if one.alert in alerts] == []


async def have_failed(running: Running, alert_ids: Iterable[str]) -> bool:
    """Say whether the program tells of each alert why its notice failed."""
    async with httpx2.AsyncClient(timeout=30) as client:
        urls = [f"{running.url}/api/v1/alerts/{alert_id}/explain" for alert_id in alert_ids]
        told = [(await client.get(url)).text for url in urls]
    return all("answered" in text or "connection" in text for text in told)


async def everything_shown(running: Running, alert_id: str) -> list[str]:
    """Give what the program shows of an alert whose notice failed, and of itself."""
    api = f"{running.url}/api/v1"
    paths = [f"{api}/alerts/{alert_id}{part}" for part in ("", "/explain", "/card")]
    paths += [f"{api}/alerts", f"{running.url}/metrics", f"{running.url}/readyz"]
    async with httpx2.AsyncClient(timeout=30) as client:
        answers = [await client.get(path) for path in paths]
    return [answer.text for answer in answers]

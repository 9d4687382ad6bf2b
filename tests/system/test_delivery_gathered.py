"""Several alerts in one notice, and orders, through `kill -9` anywhere in the path.

What is held for company is owned: whatever the moment of the crash, every alert is told to the
officer in one notice (by itself, in its group or in its storm), and every order that is on record
reaches its crew. The receiver fails as in `test_delivery_faults`.
"""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import httpx2
import pytest

from tests.system.bad_receiver import (
    BadReceiver,
    Taken,
    assert_copies_only_after_a_crash,
    at_a_moment,
    receiving,
)
from tests.system.close_cranes import (
    CREW,
    EXTREME_M,
    MODERATE_M,
    PEOPLE,
    begun,
    collisions,
    come_too_close,
    nothing_waits,
)
from tests.system.rig import Running, until

N_KILLS = int(os.environ.get("GROUNDWATCH_TEST_DELIVERY_KILLS", "4"))
EACH_TIME = (MODERATE_M, MODERATE_M, EXTREME_M, MODERATE_M)
MOMENTS = ("gathered", "whenever", "request", "answer")
FIRST_TOLD = frozenset({"first", "group", "storm"})

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(1500)]


async def order_for_each(running: Running, ordered: set[str]) -> None:
    """Order the crew to each alert that has no order yet, until the program is killed."""
    while True:
        try:
            for alert_id in set((await collisions(running)).values()) - ordered:
                body = {"actor": "Duty Officer (fictitious)", "responder": CREW, "what": "Look"}
                async with httpx2.AsyncClient(timeout=30) as client:
                    url = f"{running.url}/api/v1/alerts/{alert_id}/tasks"
                    (await client.post(url, json=body)).raise_for_status()
                ordered.add(alert_id)
            await asyncio.sleep(0.2)
        except httpx2.TransportError:
            return  # killed: an order that was not confirmed is given again after the restart


async def killed_at(running: Running, receiver: BadReceiver, how: str, ordered: set[str]) -> None:
    ordering = asyncio.create_task(order_for_each(running, ordered))
    await at_a_moment(receiver, how)
    await running.kill()
    await ordering


def told_under(taken: Iterable[Taken]) -> dict[str, set[str]]:
    """Give the keys under which each alert was told for the first time."""
    keys: dict[str, set[str]] = defaultdict(set)
    for one in taken:
        batch = one.body["batch"]
        if one.body["task"] is None and one.body["reason"] in FIRST_TOLD:
            for alert_id in [one.alert] if batch is None else batch["alert_ids"]:
                keys[alert_id].add(one.key)
    return keys


async def test_what_is_gathered_and_what_is_ordered_arrives_through_crashes(
    tmp_path: Path,
) -> None:
    each = len(EACH_TIME)
    n_cranes = each * (N_KILLS + 1)
    kills: list[float] = []
    ordered: set[str] = set()
    async with receiving(BadReceiver()) as receiver:
        running, port = await begun(tmp_path, receiver, n_cranes=n_cranes, people=PEOPLE)
        for number in range(N_KILLS + 1):
            for n, clearance_m in enumerate(EACH_TIME):
                await come_too_close(port, each * number + n, clearance_m)
            if number < N_KILLS:
                await killed_at(running, receiver, MOMENTS[number % len(MOMENTS)], ordered)
                kills.append(time.monotonic())
                running = await Running(running.config).start()

        async def all_told() -> bool:
            raised = await collisions(running)
            return (
                len(raised) == n_cranes
                and set(raised.values()) <= told_under(receiver.taken).keys()
            )

        await until(all_told, within_s=180, what="every alert raised and told")
        orders = (await running.get("/tasks", limit=2000))["items"]
        about = {order["alert_id"] for order in orders}

        async def all_ordered() -> bool:
            told = {one.body["task"] for one in receiver.taken}
            return {order["id"] for order in orders} <= told

        await until(all_ordered, within_s=120, what="every order told")
        await until(lambda: nothing_waits(running), within_s=120, what="nothing waits any more")
        failed = await running.metric("groundwatch_notices_failed_total")
        assert await running.stop() == 0
    assert failed == 0
    assert ordered, "no order was given: the test shows nothing"
    assert ordered <= about
    keys = told_under(receiver.taken)
    assert {alert_id: each for alert_id, each in keys.items() if len(each) > 1} == {}
    assert_copies_only_after_a_crash(receiver, kills)
    kinds = {one.body["reason"] for one in receiver.taken if one.body["batch"] is not None}
    assert kinds >= {"group", "storm"}, "nothing was gathered: the test shows nothing"

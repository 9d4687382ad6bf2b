"""Delivery over real HTTP on loopback, to receivers that fail in every way they can."""

import asyncio
import random
import statistics
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from alerting.channels.http import HttpConfig
from alerting.channels.signing import verify_signature
from alerting.channels.webhook import Webhook, WebhookConfig
from alerting.deliver import Deliverer, DeliveryConfig, Policy
from alerting.model import NoticeState, OutboxEntry, Severity
from alerting.ports import Effects
from tests.contract.receiver import Receiver, receiving
from tests.fakes import MemoryJournal
from tests.unit.alerting_delivery.values import (
    ANN,
    HandClock,
    make_alert,
    make_card,
    make_entry,
)

SECRET = "correct-horse-battery-staple"
FAULTS = ("429", "500", "503", "reset", "garbage", "hang", "twice 200", "cut", "drip")


class Office:
    """A deliverer with a real webhook and a receiver."""

    def __init__(self, channel: Webhook, clock: HandClock, policy: Policy) -> None:
        self.clock = clock
        self.journal = MemoryJournal()
        self.deliverer = Deliverer(
            journal=self.journal,
            channels={"webhook": channel},
            clock=clock,
            config=DeliveryConfig(policy=policy, poll_every_s=0.05),
        )

    async def states(self, entries: list[OutboxEntry]) -> list[NoticeState]:
        rows = [await self.journal.outbox(entry.notice.alert.id) for entry in entries]
        return [row[0].state for row in rows]


def config(**options: object) -> WebhookConfig:
    short = {"read_timeout_s": 0.2, "body_timeout_s": 0.05, **options}
    http = HttpConfig(allowed_hosts=("127.0.0.1",), **short)  # type: ignore[arg-type]
    return WebhookConfig(secret=SecretStr(SECRET), http=http)


def notices(receiver: Receiver, count: int) -> list[OutboxEntry]:
    entries = []
    for number in range(count):
        alert = make_alert(Severity(number % 4 + 1), id=f"alert-{number}")
        entry = make_entry(alert, to=replace(ANN, channel="webhook", address=receiver.url))
        entries.append(replace(entry, notice=replace(entry.notice, card=make_card())))
    return entries


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_notice_is_taken_whatever_the_receiver_does_meanwhile(seed: int) -> None:
    script = random.Random(seed).choices(FAULTS, k=25)
    clock = HandClock()
    policy = Policy(max_attempts=30, longest_wait=timedelta(seconds=5))
    async with receiving(*script) as receiver, Webhook(config=config(), now=clock.now) as channel:
        office = Office(channel, clock, policy)
        entries = notices(receiver, 12)
        await office.journal.record(Effects(notices=tuple(entries)))
        async with asyncio.TaskGroup() as group:
            running = group.create_task(office.deliverer.run())
            async with asyncio.timeout(20):
                while set(await office.states(entries)) != {NoticeState.SENT}:
                    clock.move(seconds=5)
                    office.deliverer.wake()
                    await asyncio.sleep(0.02)
            await office.deliverer.stop()
            await running
    keys = {request.headers["idempotency-key"] for request in receiver.received}
    assert keys == {entry.notice.id for entry in entries}
    for request in receiver.received:
        verify_signature(SECRET, request.headers, request.body, clock.now(), tolerance_s=1e6)


async def test_a_receiver_that_says_no_is_asked_once_and_it_is_visible() -> None:
    clock = HandClock()
    async with receiving("410") as receiver, Webhook(config=config(), now=clock.now) as channel:
        office = Office(channel, clock, Policy())
        entries = notices(receiver, 1)
        await office.journal.record(Effects(notices=tuple(entries)))
        async with asyncio.TaskGroup() as group:
            running = group.create_task(office.deliverer.run())
            async with asyncio.timeout(5):
                while await office.states(entries) == [NoticeState.PENDING]:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
            await office.deliverer.stop()
            await running
    assert await office.states(entries) == [NoticeState.FAILED]
    assert len(receiver.received) == 1
    assert "answered 410" in office.deliverer.status().failures[0].why


async def test_a_notice_is_on_the_wire_within_a_few_milliseconds() -> None:
    clock = HandClock()
    spent_ms = []
    async with receiving() as receiver, Webhook(config=config(), now=clock.now) as channel:
        office = Office(channel, clock, Policy())
        async with asyncio.TaskGroup() as group:
            running = group.create_task(office.deliverer.run())
            await asyncio.sleep(0.01)
            for entry in notices(receiver, 40):
                await office.journal.record(Effects(notices=(entry,)))
                n_before = len(receiver.received)
                began = time.perf_counter()
                office.deliverer.put([entry])
                while len(receiver.received) == n_before:  # noqa: ASYNC110 - timing, not waiting
                    await asyncio.sleep(0)
                spent_ms.append((time.perf_counter() - began) * 1000)
            await office.deliverer.stop()
            await running
    # The mark is 2 ms on an idle machine; the bound leaves room for a busy one.
    assert statistics.median(spent_ms) < 20

"""Commands to devices: sent, answered, refused, too late, too many; and orders of codecs."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.codecs import reply
from ingest.codecs.heard import Incoming
from ingest.command import MAX_ORDERS, MAX_WAITING, Command, Commander, Fate, Outcome
from ingest.errors import NotPublished
from ingest.source import CommandReply, Order

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
COMMAND = Command(site="s", device="d", name="set_interval", args={"interval_s": 5.0})


class Wire:
    """A publisher that keeps what it took, or refuses; a device may answer at once."""

    def __init__(self, *, fault: str = "") -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.fault = fault
        self.answer: Callable[[dict[str, Any]], None] | None = None

    async def publish(self, topic: str, payload: bytes) -> None:
        if self.fault:
            raise NotPublished(self.fault)
        self.sent.append((topic, payload))
        if self.answer is not None:
            self.answer(json.loads(payload))


def answered(wire: Wire, commander: Commander, **body: Any) -> None:
    """Let a device answer through the codec."""

    def answer(command: dict[str, Any]) -> None:
        said = json.dumps({"id": command["id"], **body}).encode()
        levels = ["gw", "1", "s", "d", "command", "reply"]
        commander.take_replies(reply.read(Incoming(levels, said, NOW)).replies)

    wire.answer = answer


async def test_a_command_is_published_with_its_expiry_and_done_when_the_device_says_so() -> None:
    wire = Wire()
    commander = Commander(wire, lambda: NOW)
    answered(wire, commander, ok=True, interval_s=5)
    outcome = await commander.send(COMMAND)
    assert (outcome.fate, outcome.detail) == (Fate.DONE, {"interval_s": "5"})
    ((topic, payload),) = wire.sent
    assert topic == "gw/1/s/d/command"
    assert json.loads(payload) == {
        "id": outcome.id,
        "name": "set_interval",
        "args": {"interval_s": 5.0},
        "expires": (NOW + COMMAND.within).isoformat(),
    }
    assert list(commander.recent) == [outcome]
    assert (commander.counts.sent, commander.counts.done) == (1, 1)


async def test_a_refusal_carries_the_devices_reason() -> None:
    wire = Wire()
    commander = Commander(wire, lambda: NOW)
    answered(wire, commander, ok=False, reason="too fast for my battery")
    outcome = await commander.send(COMMAND)
    assert (outcome.fate, outcome.reason) == (Fate.REFUSED, "too fast for my battery")


async def test_no_reply_in_time_is_an_outcome_too_and_a_late_one_is_counted() -> None:
    commander = Commander(Wire(), lambda: NOW)
    command = Command(site="s", device="d", name="x", within=timedelta(milliseconds=1))
    outcome = await commander.send(command)
    assert (outcome.fate, outcome.reason) == (Fate.UNANSWERED, "no reply within 0.001 s")
    commander.take_replies([CommandReply("s", "d", outcome.id, True, "", {}, NOW)])
    assert (commander.counts.unanswered, commander.counts.unmatched) == (1, 1)


async def test_what_the_broker_does_not_take_was_not_sent() -> None:
    commander = Commander(Wire(fault="no connection: away"), lambda: NOW)
    outcome = await commander.send(COMMAND)
    assert (outcome.fate, outcome.reason) == (Fate.NOT_SENT, "no connection: away")


async def test_another_devices_reply_is_not_taken_for_this_ones() -> None:
    wire = Wire()
    commander = Commander(wire, lambda: NOW)
    wire.answer = lambda said: commander.take_replies(
        [CommandReply("s", "other", said["id"], True, "", {}, NOW)]
    )
    command = Command(site="s", device="d", name="x", within=timedelta(milliseconds=5))
    assert (await commander.send(command)).fate is Fate.UNANSWERED
    assert commander.counts.unmatched == 1


async def test_only_so_many_wait_for_replies() -> None:
    commander = Commander(Wire(), lambda: NOW)
    command = Command(site="s", device="d", name="x", within=timedelta(milliseconds=50))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(commander.send(command)) for _ in range(MAX_WAITING + 1)]
    ends: list[Outcome] = [task.result() for task in tasks]
    assert [each.fate for each in ends].count(Fate.UNANSWERED) == MAX_WAITING
    assert ends[-1].fate is Fate.NOT_SENT


async def test_orders_are_published_once_and_the_oldest_leave_when_too_many_wait() -> None:
    wire = Wire()
    commander = Commander(wire, lambda: NOW)
    commander.put([Order(f"t/{index}", b"", "why") for index in range(MAX_ORDERS + 3)])
    async with asyncio.TaskGroup() as group:
        running = group.create_task(commander.run())
        async with asyncio.timeout(5):
            while commander.counts.orders < MAX_ORDERS:  # noqa: ASYNC110 - another task works
                await asyncio.sleep(0)
        running.cancel()
    assert (len(wire.sent), wire.sent[0][0]) == (MAX_ORDERS, "t/3")
    assert commander.counts.orders_not_sent == 3


WRONG = [
    (b"", "not a reply"),
    (b'{"id":"a"}', "missing required field `ok`"),
    (b'{"id":7,"ok":true}', "Expected `str`"),
    (b'{"id":"a","ok":1}', "Expected `bool`"),
    (b" " * 20_000, "at most 16384"),
]


@pytest.mark.parametrize(("payload", "words"), WRONG, ids=range(len(WRONG)))
def test_a_reply_that_is_none_says_what_is_needed(payload: bytes, words: str) -> None:
    (fault,) = reply.read(Incoming(["gw", "1", "s", "d", "command", "reply"], payload, NOW)).faults
    assert words in fault.reason

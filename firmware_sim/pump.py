"""Pushes a stream of ready messages through one line: in order, at its pace, bounded."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from firmware_sim.errors import LinkDown
from firmware_sim.uplink import Trunk

PATIENCE_S = 30.0
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 5.0


class Parcel(NamedTuple):
    """One message and when it is due, in wall seconds since the start."""

    due_s: float
    topic: str
    payload: bytes


@dataclass(slots=True)
class Pumped:
    """How many messages were handed to the broker (attempts counted), and how many it owns.

    `patience_s` is how long one message is tried again while the broker is away.
    """

    patience_s: float = PATIENCE_S
    published: int = 0
    acknowledged: int = 0
    began_s: float = 0.0
    last_s: float = 0.0

    @property
    def seconds(self) -> float:
        """Give the wall seconds from the start to the last acknowledgement."""
        return max(self.last_s - self.began_s, 1e-6)


async def pump(
    trunk: Trunk, parcels: Iterator[Parcel], pumped: Pumped, stop: asyncio.Event
) -> None:
    """Publish every parcel; up to `trunk.in_flight` are unacknowledged at a time.

    Several workers take from one iterator, and each hands its message to the line before it first
    waits, so messages leave in order. Raises LinkDown when the broker stays away.
    """
    await trunk.ready()
    pumped.began_s = pumped.began_s or time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(trunk.in_flight):
            group.create_task(_work(trunk, parcels, pumped, stop), name=f"pump {number}")
    await trunk.close()


async def _work(
    trunk: Trunk, parcels: Iterator[Parcel], pumped: Pumped, stop: asyncio.Event
) -> None:
    for parcel in parcels:
        ahead_s = pumped.began_s + parcel.due_s - time.monotonic()
        if ahead_s > 0.0:
            await _nap(ahead_s, stop)
        if stop.is_set():
            return
        await _deliver(trunk, parcel, pumped)
        pumped.acknowledged += 1
        pumped.last_s = time.monotonic()


async def _nap(seconds: float, stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


async def _deliver(trunk: Trunk, parcel: Parcel, pumped: Pumped) -> None:
    pause_s, waited_s = _FIRST_PAUSE_S, 0.0
    while True:
        try:
            pumped.published += 1
            await trunk.publish(parcel.topic, parcel.payload)
            return
        except LinkDown:
            if waited_s >= pumped.patience_s:
                raise
        await asyncio.sleep(pause_s)
        waited_s += pause_s
        pause_s = min(pause_s * 2.0, _LONGEST_PAUSE_S)

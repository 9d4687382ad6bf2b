"""Tells devices to report oftener while a coupling is in force, and at their usual pace after it.

What a device was told and what it said is kept and shown. Only a device that has agreed is held to
the raised rate: its silence is then tolerated for less time. One that refuses or does not answer is
asked again, and goes on being judged by its usual pace; limits are tightened all the same.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from alerting.govern import Governor
from ingest.command import Command, Commander

_LOG = logging.getLogger(__name__)
Name = tuple[str, str]
ASK_AGAIN = timedelta(minutes=5)
LOOK_EVERY_S = 5.0
COMMAND = "set_interval"


class RateAnswer(NamedTuple):
    """What became of a request: `fate` as a word, and what was said."""

    fate: str
    said: str

    @property
    def is_done(self) -> bool:
        """Say whether the device agreed."""
        return self.fate == "done"


class RateDoor(Protocol):
    """Tells a device its interval and waits for what it says, for a bounded time."""

    async def ask(self, site: str, device: str, every: timedelta) -> RateAnswer:
        """Send the command; never raises for a device that does not answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDoor:
    """Tells devices by command (`ingest.command`); they reply or the time runs out."""

    commander: Commander

    async def ask(self, site: str, device: str, every: timedelta) -> RateAnswer:
        """Send `set_interval` and give what became of it."""
        args = {"interval_s": every.total_seconds()}
        command = Command(site=site, device=device, name=COMMAND, args=args)
        outcome = await self.commander.send(command)
        return RateAnswer(outcome.fate.value, outcome.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateView:
    """What a device was last told and what it said."""

    site: str
    device: str
    every: timedelta
    asked_at: datetime
    fate: str = "asked"
    said: str = ""


def wanted_rates(governor: Governor, now_s: float) -> dict[Name, timedelta]:
    """Give the devices that must report oftener now, and how often: the oftenest asked for."""
    wanted: dict[Name, timedelta] = {}
    for force in governor.forces:
        every = force.coupling.every
        if every is None or force.stretch_at(now_s) is None:
            continue
        for name, usual in governor.paced(force.coupling.site, force.coupling.kinds).items():
            if every < usual:
                wanted[name] = min(every, wanted.get(name, every))
    return wanted


def to_ask(
    wanted: Mapping[Name, timedelta],
    usual: Mapping[Name, timedelta],
    told: Mapping[Name, RateView],
    now: datetime,
) -> list[tuple[Name, timedelta]]:
    """List whom to tell what now: who should report otherwise than was last agreed."""
    asked: list[tuple[Name, timedelta]] = []
    for name in sorted({*wanted, *told}):
        every = wanted.get(name, usual.get(name, timedelta()))
        last = told.get(name)
        if not every or (last is None and name not in wanted):
            continue
        is_news = last is None or last.every != every
        is_open = last is not None and last.fate != "done" and now - last.asked_at >= ASK_AGAIN
        if is_news or is_open:
            asked.append((name, every))
    return asked


@dataclass(slots=True, kw_only=True)
class Rates:
    """Follows the couplings and tells devices; `door` is None where nothing can be told."""

    governor: Governor
    door: RateDoor | None
    now: Callable[[], datetime]
    look_every_s: float = LOOK_EVERY_S
    _told: dict[Name, RateView] = field(default_factory=dict[Name, RateView])

    def views(self, site: str) -> list[RateView]:
        """List what the devices of a site were last told."""
        return [view for (of, _), view in sorted(self._told.items()) if of == site]

    async def run(self) -> None:
        """Look at the couplings every few seconds until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self.look_every_s)

    async def look(self) -> None:
        """Tell every device what it must be told now, and note what it said."""
        now = self.now()
        wanted = wanted_rates(self.governor, now.timestamp())
        usual = self.governor.paced(None, ())
        asked = to_ask(wanted, usual, self._told, now)
        async with asyncio.TaskGroup() as group:
            for name, every in asked[:64]:
                group.create_task(self._ask(name, every), name=f"rate of {'/'.join(name)}")
        self._hold_to(name for name in wanted)

    async def _ask(self, name: Name, every: timedelta) -> None:
        site, device = name
        view = RateView(site=site, device=device, every=every, asked_at=self.now())
        self._told[name] = view
        if self.door is None:
            answer = RateAnswer("not_sent", "this program has no way to tell devices anything")
        else:
            answer = await self.door.ask(site, device, every)
        self._told[name] = replace(view, fate=answer.fate, said=answer.said)
        if not answer.is_done:
            _LOG.warning("rate not changed", extra={"device": "/".join(name), "why": answer.said})

    def _hold_to(self, wanted: Iterable[Name]) -> None:
        """Tolerate less silence of the devices that have agreed to report oftener."""
        agreed = {
            name: view.every
            for name in wanted
            if (view := self._told.get(name)) is not None and view.fate == "done"
        }
        self.governor.hold_to(agreed)

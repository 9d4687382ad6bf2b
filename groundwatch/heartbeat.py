"""Tells a monitor outside that this program lives and can warn, for as long as that is so.

    the timers turn, every needed part is good ──> a beat every minute
    anything else                              ──> none: the monitor calls somebody

A program that is dead, hangs, or has lost its network can tell nobody. So the silence is the alarm,
and it is raised by something that does not fail together with this machine.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from alerting.channels.http import Ask, HttpConfig, HttpRoad, at_endpoint
from alerting.errors import DeliveryError
from groundwatch.heartbeat_settings import HeartbeatSettings
from groundwatch.readiness import Check

_LOG = logging.getLogger(__name__)
TURNS_WITHIN_S = 30.0
_AGAIN_AFTER_S = 10.0


def why_silent(checks: Sequence[Check], turned_s: float, now_s: float) -> str:
    """Say why no beat may be sent; empty when one may. Seconds are of one monotonic clock."""
    if now_s - turned_s > TURNS_WITHIN_S:
        return f"the timers have not turned for {now_s - turned_s:.0f} s"
    bad = [
        f"{check.name}: {check.text}" for check in checks if check.is_needed and not check.is_good
    ]
    return "; ".join(bad)


class Heartbeat:
    """Sends the beats."""

    def __init__(
        self,
        *,
        settings: HeartbeatSettings,
        look: Callable[[], Awaitable[Sequence[Check]]],
        turned_s: Callable[[], float],
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`turned_s` gives when the timers last ran; nothing connects before `run`."""
        self._settings = settings
        self._look = look
        self._turned_s = turned_s
        self._now = now
        self._monotonic = monotonic
        self._why = ""

    async def run(self) -> None:
        """Beat until cancelled; ends at once where no address is set."""
        if self._settings.url is None:
            return
        url = self._settings.url.get_secret_value()
        config = at_endpoint(HttpConfig(), url)
        road = HttpRoad(name="heartbeat", config=config, now=self._now)
        try:
            while True:
                await self._beat(road, url)
                pause_s = self._settings.every_s
                await asyncio.sleep(min(_AGAIN_AFTER_S, pause_s) if self._why else pause_s)
        finally:
            await road.close()

    async def _beat(self, road: HttpRoad, url: str) -> None:
        checks = await self._look()
        why = why_silent(checks, self._turned_s(), self._monotonic())
        if not why:
            why = await self._sent(road, url, checks)
        if why != self._why:
            level = logging.WARNING if why else logging.INFO
            _LOG.log(level, "heartbeat", extra={"sent": not why, "why": why})
        self._why = why

    async def _sent(self, road: HttpRoad, url: str, checks: Sequence[Check]) -> str:
        """Post how the program is; give why that failed, empty when it was taken."""
        degraded = [f"{check.name}: {check.text}" for check in checks if not check.is_good]
        status = "degraded" if degraded else "ready"
        body = {"status": status, "reasons": degraded, "at": self._now().isoformat()}
        headers = {"Content-Type": "application/json"}
        ask = Ask(url=url, content=json.dumps(body).encode(), headers=headers, hidden=(url,))
        try:
            await road.taken(ask)
        except DeliveryError as error:
            return str(error)
        return ""

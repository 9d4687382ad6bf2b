"""The demonstration: broker, store and program inside, a simulated storm outside, on one clock.

The simulator is a separate program and knows nothing of this one; both are told the same simulated
start, wall-clock anchor and speed. At the end the alerts are held against the scenario's truth.
"""

import asyncio
import io
import json
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from alerting.model import Alert, AlertKind, Card, Responder
from groundwatch.clock import ScaledClock
from groundwatch.compose import Program
from groundwatch.truth import Seen, Verdict, compare

SCENARIO = "district-storm"
_CATCH_UP_S = 15.0


class DemoError(Exception):
    """The simulator could not do its part; the text has its last words."""


class LastNotices(io.StringIO):
    """A stream that keeps the newest lines of the console channel and writes all to a file.

    It writes to `beside` too, where no live view shows them: a pipe, a log.
    """

    def __init__(self, path: Path, *, beside: TextIO | None = None) -> None:
        """Write to `path` as well."""
        super().__init__()
        self._beside = beside
        self.lines: deque[str] = deque(maxlen=200)
        self._file = path.open("a", encoding="utf-8")

    def write(self, text: str) -> int:
        """Take some text."""
        self.lines.extend(text.splitlines())
        if self._beside is not None:
            self._beside.write(text)
        return self._file.write(text)

    def flush(self) -> None:
        """Write through."""
        if self._beside is not None:
            self._beside.flush()
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


@dataclass(slots=True, kw_only=True)
class Demo:
    """One demonstration run."""

    program: Program
    clock: ScaledClock
    sites: Path
    seconds: float | None
    sim: asyncio.subprocess.Process | None = None
    sim_summary: dict[str, Any] = field(default_factory=dict)
    truth: dict[str, Any] = field(default_factory=dict)
    _start_cost_s: float = 1.0

    async def run(self, stop: asyncio.Event, ready: Callable[[], None] | None = None) -> None:
        """Run program and simulator until the time is up, the storm is over or `stop` is set."""
        begun_s = time.monotonic()
        self.truth = json.loads(await self._simulator("labels", SCENARIO, "--json"))
        self._start_cost_s = time.monotonic() - begun_s
        ended = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self.program.run(ended, ready), name="program")
            simulating = group.create_task(self._simulate(stop), name="simulator")
            await asyncio.wait({simulating, running}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await self._catch_up()
            ended.set()

    async def _simulator(self, *words: str) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "firmware_sim.cli", *words, "--sites", str(self.sites)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, said = await process.communicate()
        if process.returncode:
            raise DemoError(f"the simulator ended with {process.returncode}: {_last(said)}")
        return out

    async def _simulate(self, stop: asyncio.Event) -> None:
        """Run the scenario in a process of its own; stop it when the time is up."""
        await self._until_connected()
        clock, mqtt = self.clock, self.program.mqtt
        # The world begins when the simulator's devices have had time to connect: a slow machine
        # must not make them all late by simulated minutes.
        clock.begin(max(2.0, 3 * self._start_cost_s))
        words = ["run", SCENARIO, "--sites", str(self.sites), "--json"]
        words += ["--broker", f"{mqtt.host}:{mqtt.port}", "--mqtt", str(mqtt.version)]
        words += ["--speed", str(clock.speed), "--start", clock.start.isoformat()]
        words += ["--anchor", str(clock.anchor_s)]
        self.sim = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "firmware_sim.cli", *words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.TaskGroup() as group:
            talking = group.create_task(self.sim.communicate(), name="simulator output")
            stopping = group.create_task(stop.wait(), name="stop of the demonstration")
            await asyncio.wait(
                {talking, stopping}, timeout=self._time_left(), return_when=asyncio.FIRST_COMPLETED
            )
            stopping.cancel()
            if not talking.done():
                self.sim.terminate()
            self.clock.halt()  # nobody is overdue for silence after the end of the world
            out, said = await talking
        if not out.strip():
            raise DemoError(f"the simulator gave no summary: {_last(said)}")
        self.sim_summary = json.loads(out)

    def _time_left(self) -> float | None:
        """Give the wall seconds the storm may run, counted from the beginning of its clock."""
        if self.seconds is None:
            return None
        return self.seconds + max(0.0, self.clock.anchor_s - time.time())  # noqa: TID251

    async def _until_connected(self) -> None:
        deadline_s = time.monotonic() + 20.0
        source = self.program.source
        while not source.status.connected and time.monotonic() < deadline_s:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def _catch_up(self) -> None:
        """Wait until everything the broker took from the simulator is owned here."""
        deadline_s = time.monotonic() + _CATCH_UP_S
        while self._lost() > 0 and time.monotonic() < deadline_s:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.5)  # one more look of the timers, for what the last readings changed

    def _lost(self) -> int:
        """Count what the broker acknowledged to the simulator and we never owned."""
        published = int(self.sim_summary.get("samples_acknowledged", 0))
        counts = self.program.pipeline.counts
        return max(0, published - counts.reports - counts.rejects)

    async def verdict(self) -> Verdict:
        """Hold what was raised against the scenario's truth so far."""
        alerts = await self.program.journal.alerts(limit=100_000)
        seen = [Seen(alert, await self.program.journal.transitions(alert.id)) for alert in alerts]
        return compare(self.truth, seen, self.clock.start, self.clock.now())

    async def summary(self) -> dict[str, Any]:
        """Give the one JSON object of `demo --json`."""
        alerts = await self.program.journal.alerts(limit=100_000)
        verdict = await self.verdict()
        counts = self.program.pipeline.counts
        return {
            "readings": counts.readings,
            "devices": int(self.sim_summary.get("devices", 0)),
            "alerts": [
                await self._alert(alert)
                for alert in reversed(alerts)
                if alert.kind is not AlertKind.BLIND
            ],
            "blind": [await self._alert(a) for a in reversed(alerts) if a.kind is AlertKind.BLIND],
            "deliveries": self.program.deliverer.status().sent,
            "lost": self._lost(),
            "missed_labels": list(verdict.missed),
            "false_labels": list(verdict.false),
        }

    async def _alert(self, alert: Alert) -> dict[str, Any]:
        outbox = await self.program.journal.outbox(alert.id)
        sent = [entry.sent_at for entry in outbox if entry.sent_at is not None]
        card = next((entry.notice.card for entry in outbox if entry.notice.card is not None), None)
        return {
            "id": alert.id,
            "site": alert.site,
            "device": alert.sensor.device,
            "sensor": str(alert.sensor),
            "hazard": alert.hazard,
            "severity": alert.peak.word,
            "state": alert.state.value,
            "reason": alert.reason,
            "taken_at": alert.started_at.isoformat(),
            "detected_at": alert.detected_at.isoformat(),
            "notified_at": min(sent).isoformat() if sent else None,
            "card": card_json(card),
        }


def card_json(card: Card | None) -> dict[str, Any]:
    """Give a card as short JSON."""
    card = card or Card()
    return {
        "teams": [_responder(entry) for entry in card.teams],
        "supplies": [_responder(entry) for entry in card.supplies],
        "cameras": [_responder(entry) for entry in card.cameras],
        "places": [_responder(entry) for entry in card.places],
        "chain": [
            {"tier": link.tier, "place": link.place, "person": link.person, "phone": link.phone}
            for link in card.chain
        ],
        "shortfall": list(card.shortfall),
    }


def _responder(entry: Responder) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "what": entry.what,
        "distance_m": round(entry.distance_m),
        "travel_s": None if entry.travel_s is None else round(entry.travel_s),
        "why": entry.why,
        "phone": entry.phone,
        "link": entry.link,
    }


def _last(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "it said nothing"


def demo_clock(speed: float, wall_s: float, back: timedelta) -> ScaledClock:
    """Make the clock of a demonstration that begins `back` before the present."""
    start = datetime.fromtimestamp(wall_s, UTC).replace(microsecond=0) - back
    return ScaledClock(start=start, speed=speed)

"""A whole program on real parts, run in a thread of its own so that tests are ordinary clients."""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import aiomqtt
import httpx2

from alerting.channels.console import Console
from groundwatch.compose import opened
from groundwatch.district import District, load_district
from groundwatch.http.server import HttpServer, bind
from groundwatch.program import Program
from groundwatch.settings import load_settings

EXAMPLE = Path(__file__).parents[4] / "examples" / "baiyun"
CRANE = "huanghe-tower/TC-01/moment_pct"
CALL_SECRET = "secret-of-the-voice-service"
_WITHIN_S = 15.0
T = TypeVar("T")


@cache
def example() -> District:
    """Give the example district, loaded once: what is loaded never changes."""
    return load_district(EXAMPLE)


class MovedClock:
    """The wall clock, moved forward by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Shown:
    """A stream that keeps what the console channel writes."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Nothing is buffered."""


class Running:
    """A running program, its address, and ways to reach into its loop."""

    def __init__(self, state: Path, mqtt_port: int, **settings: Any) -> None:
        self._district = Path(settings.pop("sites", EXAMPLE))
        self._given = settings
        self.clock = MovedClock()
        self.shown = Shown()
        self.mqtt_port = mqtt_port
        self._state = state
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._up = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name="program")
        self.program: Program
        self.server: HttpServer
        self.client: httpx2.Client

    def start(self) -> None:
        self._thread.start()
        assert self._up.wait(30), "the program did not start"
        if self._failed is not None:
            raise self._failed
        url = f"http://127.0.0.1:{self.server.port}"
        self.client = httpx2.Client(base_url=url, timeout=10)
        self.until(self.is_ready)

    def is_ready(self) -> bool:
        """Say whether all is well but that the console stands in for channels in the example."""
        checks = self.get("/readyz", status=None)["checks"]
        return all(check["is_good"] for check in checks if check["name"] != "channels")

    def stop(self) -> None:
        assert self._loop is not None
        self.client.close()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive(), "the program did not stop"
        if self._failed is not None:
            raise self._failed

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:  # noqa: BLE001 - told in the test's own thread
            self._failed = error
        finally:
            self._up.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        mqtt = {"host": "127.0.0.1", "port": self.mqtt_port}
        calls = {"kind": "voice", "url": "https://voice.example/calls", "secret": CALL_SECRET}
        alone = {"minor_wait_s": 0, "moderate_wait_s": 0, "severe_wait_s": 0, "storm_most": 0}
        own: dict[str, Any] = {"mqtt": mqtt, "channels": {"duty_calls": calls}, "telling": alone}
        settings = load_settings(
            None, sites=self._district, state=self._state, **(own | self._given)
        )
        listener = bind("127.0.0.1", 0)
        console = Console(stream=self.shown, now=self.clock.now)  # type: ignore[arg-type]
        district = example() if self._district == EXAMPLE else load_district(self._district)
        with listener:
            async with opened(
                settings, district, clock=self.clock, channels={"console": console}
            ) as program:
                self.program = program
                self.server = HttpServer(program, listener)
                program.http = self.server
                await program.run(self._stop, self._up.set)
        await console.close()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the program's loop."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_WITHIN_S)

    def get(self, path: str, *, status: Any = 200, **query: Any) -> Any:
        """Give the JSON answer, which must have this status (any when None)."""
        answer = self.client.get(path, params=query or None)
        assert status is None or answer.status_code == status, answer.text[:500]
        return answer.json()

    def post(self, path: str, body: Any, *, status: int = 200) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.status_code == status, answer.text[:500]
        return answer.json()

    def until(self, is_so: Callable[[], T]) -> T:
        """Ask again until the answer is true, and give it."""
        deadline = monotonic() + _WITHIN_S
        while not (found := is_so()):
            assert monotonic() < deadline, "it did not become so in time"
            sleep(0.02)
        return found

    def publish(self, topic: str, *payloads: Mapping[str, Any] | bytes) -> None:
        """Send messages with QoS 1 and wait until the program has owned them."""
        before = self.program.pipeline.counts.acknowledged
        asyncio.run(self._publish(topic, payloads))
        wanted = before + len(payloads)
        self.until(lambda: self.program.pipeline.counts.acknowledged >= wanted)

    async def _publish(self, topic: str, payloads: tuple[Mapping[str, Any] | bytes, ...]) -> None:
        async with aiomqtt.Client("127.0.0.1", self.mqtt_port) as client:
            for payload in payloads:
                body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
                await client.publish(topic, body, qos=1)

    def overload(self, device: str, *values: float) -> dict[str, Any]:
        """Let a crane of Huanghe report moments (per cent), and give its firing alert."""
        start = self.clock.now() - timedelta(seconds=len(values) * 5)
        self.publish(
            f"gw/1/huanghe-tower/{device}/telemetry",
            *(
                {
                    "at": (start + timedelta(seconds=5 * n)).isoformat(),
                    "readings": {"moment_pct": value},
                }
                for n, value in enumerate(values)
            ),
        )
        key = f"huanghe-tower/{device}/moment_pct"
        return self.until(lambda: self.firing(key))

    def firing(self, sensor: str) -> dict[str, Any]:
        found = self.get("/api/v1/alerts", state="firing", site=sensor.split("/")[0])["items"]
        return next((alert for alert in found if alert["sensor"] == sensor), {})


@contextmanager
def running(state: Path, mqtt_port: int, **settings: Any) -> Iterator[Running]:
    """Run a program for as long as the context lasts; it must stop in order."""
    program = Running(state, mqtt_port, **settings)
    program.start()
    try:
        yield program
    finally:
        program.stop()

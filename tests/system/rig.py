"""The whole program as a process, with a receiver of its webhooks, for tests of the whole."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[2]
SECRET = "a-secret-of-the-tests"


@dataclass
class Settings:
    """What a settings file of a test says."""

    state: Path
    sites: Path
    mqtt_port: int
    influx_url: str = ""
    clock: str = "system"
    more: str = ""

    def write(self, path: Path) -> Path:
        influx = f'[influx]\nurl = "{self.influx_url}"\n' if self.influx_url else ""
        path.write_text(
            f'sites = "{self.sites}"\nstate = "{self.state}"\nclock = "{self.clock}"\n'
            f'{self.more}\n[mqtt]\nhost = "127.0.0.1"\nport = {self.mqtt_port}\n'
            f'[webhook]\nsecret = "{SECRET}"\nallowed_hosts = ["127.0.0.1"]\n{influx}'
        )
        return path


RUNNING: "list[Running]" = []


@dataclass
class Running:
    """One process of `groundwatch run`."""

    config: Path
    process: asyncio.subprocess.Process | None = None
    url: str = ""
    said: list[str] = field(default_factory=list)
    _reading: "asyncio.Task[None] | None" = None

    async def start(self) -> "Running":
        self.process = await asyncio.create_subprocess_exec(
            *self.words(self.config),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
            limit=2**24,
        )
        self.url = ""
        RUNNING.append(self)
        async with asyncio.timeout(240):
            while not self.url:
                line = await self._line()
                if line.get("event") == "running":
                    self.url = str(line["http"])
        self._reading = asyncio.get_running_loop().create_task(self._read_on())
        return self

    @staticmethod
    def words(config: Path) -> tuple[str, ...]:
        """Give the command that starts the program."""
        words = ("run", "--config", str(config), "--port", "0", "--log-json")
        return (sys.executable, "-m", "groundwatch.cli", *words)

    async def _line(self) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stderr is not None
        raw = await self.process.stderr.readline()
        if not raw:
            raise AssertionError("the program ended:\n" + "\n".join(self.said[-20:]))
        self.said.append(raw.decode(errors="replace").rstrip())
        try:
            line = json.loads(raw)
        except ValueError:
            return {}
        return line if isinstance(line, dict) else {}

    async def _read_on(self) -> None:
        """Keep the pipe empty, and the last words for a failing test."""
        assert self.process is not None
        assert self.process.stderr is not None
        while raw := await self.process.stderr.readline():
            self.said.append(raw.decode(errors="replace").rstrip())
            del self.said[:-200]

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """End it as an operator would, and give its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: int) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            os.kill(self.process.pid, number)
        code = await self.process.wait()
        if self in RUNNING:
            RUNNING.remove(self)
        if self._reading is not None:
            await self._reading
        return code

    async def get(self, path: str, **params: Any) -> Any:
        async with httpx2.AsyncClient(timeout=30.0) as client:
            answer = await client.get(f"{self.url}/api/v1{path}", params=params)
        answer.raise_for_status()
        return answer.json()

    async def ready(self) -> Any:
        """Give what the readiness page says."""
        async with httpx2.AsyncClient(timeout=30.0) as client:
            return (await client.get(f"{self.url}/readyz")).json()

    async def metric(self, name: str) -> float:
        """Give the sum of one metric over its labels."""
        async with httpx2.AsyncClient(timeout=30.0) as client:
            text = (await client.get(f"{self.url}/metrics")).text
        lines = [line for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


@dataclass
class Inbox:
    """A webhook receiver: keeps every notice by idempotency key, and how often each came."""

    notices: dict[str, dict[str, Any]] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    url: str = ""
    on_notice: Callable[[dict[str, Any]], None] | None = None

    async def __aenter__(self) -> "Inbox":
        self._talks: set[asyncio.Task[Any]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/notices"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        if self._talks:
            await asyncio.wait(self._talks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                headers = _headers(head)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                notice = json.loads(body)
                key = headers["idempotency-key"]
                self.times[key] += 1
                self.notices[key] = notice
                if self.on_notice is not None:
                    self.on_notice(notice)
                writer.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the sender is gone, as in a kill
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            self._talks.discard(talk)
            writer.close()


def _headers(head: bytes) -> dict[str, str]:
    rows = [line.partition(":") for line in head.decode().split("\r\n")[1:] if ":" in line]
    return {name.strip().lower(): value.strip() for name, _, value in rows}


def tell_by_webhook(sites: Path, url: str) -> None:
    """Write people and routes that send everything to one webhook."""
    (sites / "people.yaml").write_text(
        "people:\n  - id: office\n    name: Example Office (fictitious)\n    role: duty\n"
        "    system: true\n    language: en\n    contacts:\n"
        f'      - {{channel: webhook, address: "{url}"}}\n'
    )
    (sites / "routes.yaml").write_text(
        "routes:\n  - name: everything\n    recipients: {people: [office]}\n"
        "    repeat_every: {minor: never, moderate: never, severe: never, extreme: never}\n"
    )


async def until(condition: Callable[[], Any], *, within_s: float, what: str) -> None:
    """Wait until an (async) condition is true."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                found = condition()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not within {within_s} s: {what}") from None


async def simulate(words: Iterable[str]) -> dict[str, Any]:
    """Run `groundwatch-sim` to its end and give its JSON summary."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "firmware_sim.cli", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    out, said = await process.communicate()
    assert process.returncode == 0, said.decode(errors="replace")
    summary: dict[str, Any] = json.loads(out)
    return summary

"""A broker on loopback for those who have none: mosquitto if installed, else the embedded amqtt.

mosquitto is a program of its own: it keeps sessions and queues on disk, and if this program is
killed, it goes on taking messages and is found again by the next run. It writes them every few
seconds and not one by one, so that a mosquitto that is killed itself loses the last of them.
"""

import asyncio
import logging
import os
import pwd
import shutil
import signal
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from ingest.embedded import LOOPBACK
from ingest.errors import BrokerAway, SourceError

log = logging.getLogger(__name__)

Kind = Literal["mosquitto", "amqtt"]
Preference = Literal["auto", "mosquitto", "amqtt"]

_START_S = 20.0
_STOP_S = 5.0
_LOOK_EVERY_S = 0.5
# mosquitto writes its whole queue each time, about 1 ms per thousand messages, and does nothing
# else meanwhile; saving after every ten changes cost a third of a core at 1,000 messages/s.
_SAVED_EVERY_S = 5
_MAX_LOG_BYTES = 5 * 1024 * 1024
# A user's PATH often leaves these out, and Debian puts mosquitto into the first.
_SBIN = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
_PROMISES = {
    "mosquitto": "keeps sessions and undelivered messages on disk, written every "
    f"{_SAVED_EVERY_S} s, and delivers again what was not acknowledged; if it is killed itself or "
    f"the power fails, what came in its last {_SAVED_EVERY_S} s and was not delivered yet is lost; "
    "MQTT 5 and 3.1.1",
    "amqtt": "keeps sessions and queues in memory only: whatever is under way is lost when it "
    "ends, messages received but not acknowledged are not sent again, and it speaks MQTT 3.1.1 "
    "only; good for a trial, not for a site",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalBroker:
    """A running broker that takes everybody on loopback; `version` is what to connect with.

    `keep` starts it again on its port whenever it ends by itself, until cancelled.
    """

    host: str
    port: int
    kind: Kind
    promises: str
    keep: Callable[[], Coroutine[Any, Any, None]]
    version: Literal[5, 311] = 311


@asynccontextmanager
async def local_broker(
    state_dir: Path, *, prefer: Preference = "auto", port: int = 0
) -> AsyncIterator[LocalBroker]:
    """Run a broker with its state under `state_dir` for as long as the context lasts.

    Port 0 takes the port of the last run if it is free, so that devices find the broker again,
    else any free one.

    Raises:
        SourceError: what is preferred is not installed, or `port` is taken.
        BrokerAway: it did not start; the text has its last words.
    """
    binary = find_mosquitto() if prefer != "amqtt" else None
    if binary is None and prefer == "mosquitto":
        raise SourceError(
            "mosquitto is not installed: install it (Debian: apt-get install mosquitto), or prefer "
            "`auto` for the embedded broker"
        )
    kind: Kind = "mosquitto" if binary is not None else "amqtt"
    home = _home_made(state_dir / kind)
    started = _Mosquitto(binary, home) if binary is not None else _Amqtt(home)
    try:
        taken = await started.open(port)
        log.info("local broker: %s on %s:%d", kind, LOOPBACK, taken)
        yield LocalBroker(
            host=LOOPBACK, port=taken, kind=kind, promises=_PROMISES[kind], keep=started.keep
        )
    finally:
        await started.close()


def find_mosquitto() -> str | None:
    """Find the program, also where an ordinary user's PATH does not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=os.pathsep.join(_SBIN))


class _Started(ABC):
    """A broker's process, which is started again on its port when it ends by itself."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._port = 0
        self._child: asyncio.subprocess.Process | None = None

    async def open(self, port: int) -> int:
        """Start it on a port, 0 for any, and give the port."""
        self._port = _choose_port(self._home, port)
        await self._start()
        return self._port

    async def keep(self) -> None:
        """Start it again whenever it ends, until cancelled.

        Raises:
            BrokerAway: it does not start; the text has its last words.
        """
        while True:
            await self._ended()
            log.error("the local broker has ended (%s); it is started again", self._last_words())
            await self._start()

    async def close(self) -> None:
        """End it."""
        if self._child is not None:
            await _end_child(self._child)

    async def _ended(self) -> None:
        if self._child is not None:
            await self._child.wait()

    async def _start(self) -> None:
        with _opened_log(self._log_path) as out:
            self._child = await self._spawn(out)
        await _until_up(self._child, self._port, self._log_path)

    @abstractmethod
    async def _spawn(self, out: BinaryIO) -> asyncio.subprocess.Process: ...

    def _last_words(self) -> str:
        return _last_words(self._log_path) or "it said nothing"

    @property
    def _log_path(self) -> Path:
        return self._home / f"{self._home.name}.log"


class _Mosquitto(_Started):
    """mosquitto as a child; one that an earlier run could not end is taken over."""

    def __init__(self, binary: str, home: Path) -> None:
        super().__init__(home)
        self._binary = binary
        self._conf = home / "mosquitto.conf"
        self._orphan: int | None = None

    async def open(self, port: int) -> int:
        orphan = _orphan(self._home, self._conf)
        if orphan is not None:
            pid, taken = orphan
            if port in (0, taken) and _answers(taken):
                log.info("found the mosquitto of an earlier run on port %d", taken)
                self._orphan, self._port = pid, taken
                return taken
            await _end_pid(pid, self._conf)
        return await super().open(port)

    async def close(self) -> None:
        if self._orphan is not None:
            await _end_pid(self._orphan, self._conf)
        await super().close()

    async def _ended(self) -> None:
        while self._orphan is not None:  # no child of ours: there is nothing to wait for
            if not _is_ours(self._orphan, self._conf):
                self._orphan = None
                return
            await asyncio.sleep(_LOOK_EVERY_S)
        await super()._ended()

    async def _spawn(self, out: BinaryIO) -> asyncio.subprocess.Process:
        self._conf.write_text(mosquitto_config(self._home, self._port))
        child = await asyncio.create_subprocess_exec(
            self._binary, "-c", str(self._conf),
            stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
        (self._home / "mosquitto.pid").write_text(f"{child.pid} {self._port}\n")
        return child


def mosquitto_config(home: Path, port: int) -> str:
    """Write the configuration of a broker for this host alone, with nothing dropped early."""
    user = pwd.getpwuid(os.getuid()).pw_name
    return "\n".join(
        (
            "# Written by groundwatch at every start; changes are lost.",
            f"user {user}",
            f"listener {port} {LOOPBACK}",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {home}/",
            f"autosave_interval {_SAVED_EVERY_S}",
            "max_inflight_messages 0",
            "max_queued_messages 1000000",
            "max_queued_bytes 536870912",
            "message_size_limit 16777216",
            "set_tcp_nodelay true",
            "connection_messages false",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type notice",
            "",
        )
    )


def _orphan(home: Path, conf: Path) -> tuple[int, int] | None:
    """Find process id and port of a mosquitto that an earlier run could not end."""
    with suppress(OSError, ValueError):
        pid, port = (int(word) for word in (home / "mosquitto.pid").read_text().split())
        if _is_ours(pid, conf):
            return pid, port
    return None


def _is_ours(pid: int, conf: Path) -> bool:
    """Tell by its command line whether a process is the broker of this state directory."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return os.fsencode(conf) in words and b"mosquitto" in words[0]
    return False


async def _end_pid(pid: int, conf: Path) -> None:
    for sig in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, TimeoutError):
            os.kill(pid, sig)
            await _wait_until(lambda: not _is_ours(pid, conf), _STOP_S)
            return


class _Amqtt(_Started):
    """The embedded broker as a child that ends with its standard input."""

    async def open(self, port: int) -> int:
        log.warning("the embedded broker amqtt %s", _PROMISES["amqtt"])
        return await super().open(port)

    async def close(self) -> None:
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()
        await super().close()

    async def _spawn(self, out: BinaryIO) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-W", "ignore", "-m", "ingest.embedded", str(self._port),
            stdin=asyncio.subprocess.PIPE, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip


# Both


def _home_made(home: Path) -> Path:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise SourceError(
            f"the local broker cannot keep its state in {home}: {fault.strerror}; name a directory "
            "that this user may write to"
        ) from fault
    return home.resolve()


def _last_words(log_path: Path) -> str:
    return log_path.read_text(errors="replace")[-500:].strip()


def _choose_port(home: Path, port: int) -> int:
    remembered = home / "port"
    if port == 0:
        with suppress(OSError, ValueError):
            port = int(remembered.read_text())
        port = port if port and _is_free(port) else _free_port()
    elif not _is_free(port):
        raise SourceError(
            f"port {port} on {LOOPBACK} is taken: choose another, end the program that has it, or "
            "name it as the broker if it is one"
        )
    remembered.write_text(f"{port}\n")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=0.5):
        return True
    return False


def _opened_log(path: Path) -> BinaryIO:
    """Open a log for appending; one that has grown large starts again."""
    is_large = path.exists() and path.stat().st_size > _MAX_LOG_BYTES
    return path.open("wb" if is_large else "ab")


async def _until_up(child: asyncio.subprocess.Process, port: int, log_path: Path) -> None:
    try:
        await _wait_until(lambda: child.returncode is not None or _answers(port), _START_S)
    except TimeoutError:
        raise BrokerAway(f"the local broker did not answer in {_START_S:.0f} s") from None
    if child.returncode is not None:
        said = _last_words(log_path)
        raise BrokerAway(f"the local broker ended at once: {said}; see {log_path}")


async def _wait_until(holds: Callable[[], bool], timeout_s: float) -> None:
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110 - another process, there is no event to wait for
            await asyncio.sleep(0.02)


async def _end_child(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            child.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()

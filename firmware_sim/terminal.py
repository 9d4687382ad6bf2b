"""What every command of the simulator shares: errors as sentences, signals, progress, broker."""

import asyncio
import errno
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from firmware_sim.errors import LinkDown, Misuse

if TYPE_CHECKING:
    from firmware_sim.link import Broker

PROGRESS_S = 2.0
PROBE_S = 4.0
E = TypeVar("E", bound=BaseException)


@contextmanager
def sentences() -> Iterator[None]:
    """Turn our errors into sentences; exit code 2 is a person's mistake, 1 the broker's."""
    try:
        yield
    except Misuse as error:
        _leave(error.faults, 2)
    except LinkDown as error:
        _leave([str(error)], 1)
    except BaseExceptionGroup as group:
        misuse, down = _first(group, Misuse), _first(group, LinkDown)
        if misuse is not None:
            _leave(misuse.faults, 2)
        if down is not None:
            _leave([str(down)], 1)
        raise


def _first(group: BaseExceptionGroup[Any], kind: type[E]) -> E | None:
    for error in group.exceptions:
        found = _first(error, kind) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(found, kind):
            return found
    return None


def _leave(said: list[str], code: int) -> None:
    for sentence in said:
        sys.stderr.write(f"groundwatch-sim: {sentence}\n")
    raise typer.Exit(code)


async def until_signal(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run `work` with an event that SIGINT and SIGTERM set: it then ends in order."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.set_exception_handler(_without_closed_sockets)
    await work(stop)


def _without_closed_sockets(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Leave unsaid that a socket was closed before aiomqtt could watch it.

    It asks the loop for that from another thread; whoever publishes hears of the lost line.
    """
    error = context.get("exception")
    if not isinstance(error, OSError) or error.errno != errno.EBADF:
        loop.default_exception_handler(context)


async def attended(
    running: Coroutine[Any, Any, None],
    stop: asyncio.Event,
    seconds: float | None,
    tell: Callable[[], None] | None,
) -> None:
    """Run with a progress line now and then, for at most `seconds`."""
    async with asyncio.TaskGroup() as group:
        helpers = []
        if seconds is not None:
            helpers.append(group.create_task(_stop_after(seconds, stop), name="seconds"))
        if tell is not None:
            helpers.append(group.create_task(_every(PROGRESS_S, tell), name="progress"))
        await running
        for helper in helpers:
            helper.cancel()


async def _stop_after(seconds: float, stop: asyncio.Event) -> None:
    await asyncio.sleep(seconds)
    stop.set()


async def _every(seconds: float, tell: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        tell()


async def probe(broker: "Broker") -> None:
    """Find out now, with a helpful sentence, whether the broker is there and lets us in."""
    from firmware_sim.link import Line

    try:
        async with Line(broker, f"sim-probe-{time.time_ns() % 1_000_000}", answer_s=PROBE_S):
            return
    except LinkDown as error:
        hint = "start it, give another with --broker host:port, or try --mqtt 311"
        raise Misuse([f"{error}; {hint}"]) from error


def broker_at(
    address: str, user: str | None, password: str | None, tls_ca: Path | None, mqtt: str
) -> "Broker":
    """Give the broker of a command's options, everything about them checked.

    Raises:
        Misuse: an option is not usable.
    """
    from firmware_sim.link import Broker, parse_broker

    host, port = parse_broker(address)
    broker = Broker(host=host, port=port, user=user, password=password, tls_ca=tls_ca, mqtt=mqtt)
    broker.tls()
    return broker

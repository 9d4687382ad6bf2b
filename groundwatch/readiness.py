"""Whether readings arrive, are kept, judged and recorded: one look at every part.

What `/readyz` answers, and what the heartbeat to the outside depends on.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from alerting.errors import JournalError
from groundwatch.program import Program
from storage.errors import StorageError

_ANSWER_WITHIN_S = 2.0
_DOORS: dict[str, Literal["sl651", "hj212"]] = {"sl651": "sl651", "hj212": "hj212"}
CheckName = Literal["program", "broker", "sl651", "hj212", "log", "journal", "store", "channels"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How one part is; without one that is not `is_needed` the work goes on for a while."""

    name: CheckName
    is_good: bool
    is_needed: bool
    text: str


async def looked_at(program: Program) -> list[Check]:
    """Look at every part that the program works with."""
    return [
        _broker(program),
        *_stations(program),
        await _log(program),
        await _journal(program),
        _store(program),
        _channels(program),
    ]


def _broker(program: Program) -> Check:
    status = program.source.status
    place = program.mqtt.place
    text = f"connected to {place}" if status.connected else f"{place}: {status.reason}"
    return Check(name="broker", is_good=status.connected, is_needed=True, text=text)


def _channels(program: Program) -> Check:
    stood_in = program.district.routes.console_stands_in_for
    unset = [name for name in stood_in if name not in program.settings.channels]
    text = "every channel that people name is set up"
    if unset:
        text = f"the console stands in for {', '.join(unset)}: nobody is reached over it"
    return Check(name="channels", is_good=not unset, is_needed=False, text=text)


def _stations(program: Program) -> Iterator[Check]:
    for door in program.stations:
        source = door.source
        text = f"{source.place}: {source.status.reason}, {source.n_connections} stations connected"
        if source.counts.last_refusal:
            text += f"; {source.counts.refused} refusals, the last: {source.counts.last_refusal}"
        is_good = source.status.connected
        yield Check(name=_DOORS[source.name], is_good=is_good, is_needed=True, text=text)


async def _log(program: Program) -> Check:
    full = program.pipeline.counts.log_full
    if full:
        return Check(name="log", is_good=False, is_needed=True, text=full)
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            status = await program.log.status()
    except TimeoutError:
        text = f"did not answer within {_ANSWER_WITHIN_S:g} s"
        return Check(name="log", is_good=False, is_needed=True, text=text)
    except StorageError as error:
        return Check(name="log", is_good=False, is_needed=True, text=str(error))
    text = f"{status.n_bytes} of {status.max_bytes} bytes in use"
    return Check(name="log", is_good=True, is_needed=True, text=text)


async def _journal(program: Program) -> Check:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            await program.journal.recorded_seq()
    except TimeoutError:
        text = f"did not answer within {_ANSWER_WITHIN_S:g} s"
    except JournalError as error:
        text = str(error)
    else:
        return Check(name="journal", is_good=True, is_needed=True, text="answers")
    return Check(name="journal", is_good=False, is_needed=True, text=text)


def _store(program: Program) -> Check:
    ship = program.shipper.status()
    why = program.store_problem or ship.last_error
    if not why:
        text = f"writing, {ship.behind_reports} reports behind"
        return Check(name="store", is_good=True, is_needed=False, text=text)
    text = f"falling behind, {ship.behind_reports} reports wait in the log: {why}"
    return Check(name="store", is_good=False, is_needed=False, text=text)

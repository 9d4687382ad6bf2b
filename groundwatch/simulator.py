"""The simulator as a separate program: its scenarios, their truth, and their messages as lines."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from ingest.source import RawMessage

_MAX_LINE = 4 * 1024 * 1024


class SimulatorError(Exception):
    """The simulator could not do its part; the text has its last words."""


async def scenarios() -> list[str]:
    """Name the built-in scenarios."""
    return [entry["name"] for entry in json.loads(await _answer("list", "--json"))]


async def truth_of(scenario: str) -> dict[str, Any]:
    """Give a scenario's labels as JSON values."""
    answer: dict[str, Any] = json.loads(await _answer("labels", scenario, "--json"))
    return answer


async def messages(scenario: str, *, faults: bool) -> AsyncIterator[RawMessage]:
    """Give every message of a scenario in order of arrival, as fast as they can be made."""
    words = ["run", scenario, "--to", "-", *(["--faults"] if faults else [])]
    process = await _begun(*words, limit=_MAX_LINE)
    if process.stdout is None or process.stderr is None:
        raise SimulatorError("the simulator has no output")
    try:
        while line := await process.stdout.readline():
            entry = json.loads(line)
            received_at = datetime.fromisoformat(entry["at"])
            yield RawMessage(entry["topic"], entry["payload"].encode(), received_at)
        said = await process.stderr.read()
        if await process.wait():
            raise SimulatorError(_last(said))
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _answer(*words: str) -> bytes:
    process = await _begun(*words)
    out, said = await process.communicate()
    if process.returncode:
        raise SimulatorError(_last(said))
    return out


async def _begun(*words: str, limit: int = 65536) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "firmware_sim.cli", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=limit,
    )


def _last(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return "the simulator ended: " + (" / ".join(lines[-3:]) or "it said nothing")

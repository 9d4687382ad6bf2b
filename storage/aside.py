"""What the journal will never take, in a file of lines that a person can read and mend.

One JSON object a line: when, why, and the effects. The file is bounded; past that only the log of
the program has them, and says so.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from alerting.ports import Effects

_LOG = logging.getLogger(__name__)
MAX_BYTES = 64 * 1024 * 1024


class EffectsAside:
    """An `alerting.ports.Aside` in one file, synced before `put` returns."""

    def __init__(
        self, path: Path, *, now: Callable[[], datetime], max_bytes: int = MAX_BYTES
    ) -> None:
        """Name the file; nothing is touched before the first refusal."""
        self._path = path
        self._now = now
        self._max_bytes = max_bytes

    async def put(self, effects: Effects, why: str) -> None:
        """Append it; what cannot be appended is written to the program's log as it is."""
        line = msgspec.json.encode({"at": self._now(), "why": why, "effects": effects}) + b"\n"
        try:
            await asyncio.to_thread(self._append, line)
        except OSError as error:
            said = {"why": str(error), "effects": line.decode()}
            _LOG.error("a step that the journal refuses could not be put aside", extra=said)

    def _append(self, line: bytes) -> None:
        size = self._path.stat().st_size if self._path.exists() else 0
        if size + len(line) > self._max_bytes:
            raise OSError(f"{self._path} is full ({size} bytes): look at it and move it away")
        with self._path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

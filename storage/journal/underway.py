"""Work that runs to its end although whoever asked for it was cancelled.

A driver that is cut off in the middle of a statement may keep the database locked, and nobody could
say whether the transaction was committed.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class UnderWay:
    """Owns tasks of bounded length from their start until `wait` has seen their end."""

    def __init__(self) -> None:
        """Own nothing yet."""
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, work: Coroutine[Any, Any, _T], name: str) -> _T:
        """Give what `work` gives; a cancelled caller leaves at once, `work` does not."""
        # Not a TaskGroup: it would cancel the work together with the caller.
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_tell_failure)
            raise

    async def wait(self) -> None:
        """Wait for the end of all work under way."""
        if self._tasks:
            await asyncio.wait(self._tasks)


def _tell_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.warning("%s failed after its caller was cancelled: %s", task.get_name(), error)

"""Tasks that must not take the warnings down with them: what fails is told and started again.

The pipeline, the timers and delivery are not kept here: without them the program is worth nothing,
so it ends and is started again as a whole.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from alerting.model import Severity
from groundwatch.supervise import Problem, Standing, Verdict

_LOG = logging.getLogger(__name__)
STEADY_S = 60.0


@dataclass(slots=True)
class _Run:
    """The last run of one task: `began_s` is None while it waits to be started again."""

    began_s: float | None = None
    why: str = ""
    is_done: bool = False


class KeepGoing:
    """Runs tasks by name, starts again what fails, and says which are in trouble."""

    def __init__(
        self,
        *,
        first_pause_s: float = 1.0,
        max_pause_s: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Pauses double from the first to the longest; a run of a minute begins anew."""
        self._first_pause_s = first_pause_s
        self._max_pause_s = max_pause_s
        self._monotonic = monotonic
        self._stopping = asyncio.Event()
        self._runs: dict[str, _Run] = {}

    def stop(self) -> None:
        """Start nothing again from now on; what runs is left to end by itself."""
        self._stopping.set()

    async def run(self, name: str, make: Callable[[], Awaitable[None]]) -> None:
        """Run until it ends by itself, is cancelled, or fails after `stop`."""
        run = self._runs[name] = _Run()
        pause_s = self._first_pause_s
        while True:
            run.began_s = self._monotonic()
            try:
                await make()
            except Exception as error:  # noqa: BLE001 - the last line that keeps warnings going
                ran_s = self._monotonic() - run.began_s
                run.began_s, run.why = None, type(error).__name__
                _LOG.exception("a task failed and is started again", extra={"task": name})
            else:
                run.is_done = True
                return
            if ran_s >= STEADY_S:
                pause_s = self._first_pause_s
            if await self._is_stopped_within(pause_s):
                return
            pause_s = min(self._max_pause_s, pause_s * 2)

    async def _is_stopped_within(self, pause_s: float) -> bool:
        try:
            async with asyncio.timeout(pause_s):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    def verdicts(self) -> Mapping[str, Verdict]:
        """Say for each task whether it is in trouble; over after a minute without failing."""
        now_s = self._monotonic()
        return {f"task_{name}": _verdict(name, run, now_s) for name, run in self._runs.items()}


def _verdict(name: str, run: _Run, now_s: float) -> Verdict:
    is_steady = run.began_s is not None and now_s - run.began_s >= STEADY_S
    if is_steady or run.is_done:
        return Standing.OVER
    if not run.why:
        return Standing.UNKNOWN
    text = f"{name} failed ({run.why}) and is started again; warnings go on, the log says more"
    return Problem(text, Severity.MODERATE)

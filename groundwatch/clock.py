"""The clocks of the program; everything else is given the time.

`SystemClock` is the wall clock. `ScaledClock` lets a demonstration run faster than the world, in
step with a simulator that was given the same start, anchor and speed. `EventClock` follows the
newest reading, for replays of recorded data.
"""

import math
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the present instant, aware and in UTC."""
        ...


class SystemClock:
    """The wall clock."""

    def now(self) -> datetime:
        """Give the present instant, aware and in UTC."""
        return datetime.now(UTC)


class ScaledClock:
    """Stands at `start` until the wall clock reaches `anchor_s`, then runs `speed` fast."""

    def __init__(self, *, start: datetime, speed: float, anchor_s: float = math.inf) -> None:
        """Take `anchor_s` in seconds since 1970; `speed` is simulated seconds per second, > 0.

        Without an anchor it stands still until `begin` is called.
        """
        if speed <= 0:
            raise ValueError(f"a clock cannot run at speed {speed}; it must be above 0")
        self.start = start
        self.anchor_s = anchor_s
        self.speed = speed
        self._halted_at: datetime | None = None

    def now(self) -> datetime:
        """Give the simulated instant."""
        if self._halted_at is not None:
            return self._halted_at
        elapsed_s = max(0.0, time.time() - self.anchor_s)
        return self.start + timedelta(seconds=elapsed_s * self.speed)

    def begin(self, delay_s: float) -> None:
        """Begin to run after `delay_s` wall seconds."""
        self.anchor_s = time.time() + delay_s

    def halt(self) -> None:
        """Stand still from now on: the simulated world has ended."""
        self._halted_at = self.now()


class EventClock:
    """The time of the newest reading, going on at the pace of the world since it came.

    Before the first reading (`has_begun` is False) it tells nothing that silence is judged by.
    """

    def __init__(self, start: datetime) -> None:
        """Begin at `start`, usually before the first reading."""
        self._newest = start
        self._told_s = time.monotonic()
        self.has_begun = False

    def tell(self, taken_at: datetime) -> datetime:
        """Move on to a reading's instant if it is newer, and give the newest so far."""
        if taken_at > self._newest:
            self.has_begun = True
            self._newest = taken_at
            self._told_s = time.monotonic()
        return self._newest

    def now(self) -> datetime:
        """Give the newest reading's instant plus the time since it came."""
        return self._newest + timedelta(seconds=time.monotonic() - self._told_s)

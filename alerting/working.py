"""How long silence is tolerated while a machine works, and while it rests.

A crane that lifts is looked at from second to second; one that is idle reports now and then.
Silence is judged by the clock, so this follows what arrives, and is no part of the
order-independent history.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from alerting.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a device's sensors may be silent, in seconds."""

    stale_s: float
    offline_s: float


@lru_cache(maxsize=1024)
def _patience(stale_s: float, offline_s: float) -> Patience:
    """Give the one value that all who are as patient share."""
    return Patience(stale_s=stale_s, offline_s=offline_s)


@dataclass(slots=True, kw_only=True)
class Shift:
    """Whether one device works, as `state` above `above` says, and what that means for silence."""

    state: str
    above: float
    working: Patience
    watches: list[tuple[Watch, Patience]] = field(default_factory=list)
    is_working: bool = False
    said_s: float = 0.0

    def add(self, watch: Watch) -> None:
        """Take a sensor of the device; its present patience is the one at rest."""
        self.watches.append((watch, _patience(watch.stale_s, watch.offline_s)))

    def hear(self, value: float, taken_s: float) -> bool:
        """Take what the device says of itself; give True where its silence now counts otherwise."""
        if taken_s < self.said_s:
            return False
        self.said_s = taken_s
        is_working = value > self.above
        if is_working == self.is_working:
            return False
        self.is_working = is_working
        for watch, at_rest in self.watches:
            patience = self._at_work(watch) if is_working else at_rest
            watch.stale_s, watch.offline_s = patience.stale_s, patience.offline_s
        return True

    def _at_work(self, watch: Watch) -> Patience:
        """Give the patience at work, which one that reports slowly cannot be held to."""
        every_s = watch.sensor.every.total_seconds()
        return Patience(
            stale_s=max(self.working.stale_s, 3 * every_s),
            offline_s=max(self.working.offline_s, 6 * every_s),
        )

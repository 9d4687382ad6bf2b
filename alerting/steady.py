"""How steadily a device speaks, and for how long it must before an alert of its silence is over.

A line that carries messages out of order, or breaks again and again, would be called silent dozens
of times a day. There an alert clears only when the device has spoken in time for a while, and for
twice as long each time that was not enough.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

# A line is unsteady that breaks again so soon, and must hold for so long.
UNSTEADY = timedelta(minutes=20)
LONGEST = timedelta(hours=1)
_NOW = timedelta()


@dataclass(slots=True)
class Steadiness:
    """What is remembered of one device: when it was last silent, and how long it must speak now."""

    hold: timedelta = _NOW
    speaks_since: datetime | None = None
    cleared_at: datetime | None = None

    def fall_silent(self, now: datetime, *, is_disordered: bool) -> None:
        """Set how long it must speak after this silence, by how long ago the last one was."""
        least = UNSTEADY if is_disordered else _NOW
        if self.cleared_at is not None and now - self.cleared_at < max(self.hold, UNSTEADY):
            least = max(2 * self.hold, UNSTEADY)
        self.hold, self.speaks_since = min(least, LONGEST), None

    def stay_silent(self) -> None:
        """Forget for how long it has spoken."""
        self.speaks_since = None

    def has_spoken(self, now: datetime, *, is_disordered: bool) -> bool:
        """Say whether it has spoken for long enough; it speaks now."""
        if is_disordered:
            self.hold = max(self.hold, UNSTEADY)
        if self.speaks_since is None or self.speaks_since > now:
            self.speaks_since = now
        if now - self.speaks_since < self.hold:
            return False
        self.cleared_at = now
        return True

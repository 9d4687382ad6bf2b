"""When silence begins to count again after we could not listen, and with how much grace.

What devices kept meanwhile is on its way, so nobody is called silent within the grace. After a
short cut it is short: a broker that flaps must not keep everybody unheard of for minutes each time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerting.blind import GRACE_S

_LEAST_GRACE_S = 10.0


@dataclass(slots=True)
class Listening:
    """Whether the line to the devices works, and when we listened last.

    Before the program began nobody listened, for how long it does not know.
    """

    listened_at: datetime
    is_listening: bool = False

    @classmethod
    def since(cls, started_at: datetime) -> "Listening":
        """Begin when the program does."""
        return cls(started_at - timedelta(seconds=GRACE_S))

    def look(self, now: datetime, *, is_listening: bool, has_jumped: bool) -> float | None:
        """Give the grace in seconds where silence must begin to count again now, else None."""
        has_begun = is_listening and not self.is_listening
        away_s = (now - self.listened_at).total_seconds()
        self.is_listening = is_listening
        if is_listening:
            self.listened_at = now
        if is_listening and has_jumped:
            return GRACE_S
        return min(GRACE_S, _LEAST_GRACE_S + 2 * away_s) if has_begun else None

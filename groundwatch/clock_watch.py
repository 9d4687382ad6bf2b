"""Whether the host's clock can be believed: it is watched against one that nobody can set.

Silence, ages and the belief in readings all hang on the wall clock. When it is set while the
program runs, that is said, until devices agree with it again or it has run steadily for long.
"""

from dataclasses import dataclass

from alerting.model import Severity
from groundwatch.supervise import Problem, Standing, Verdict

MAX_JUMP_S = 30.0
STEADY_S = 600.0
AGREES_WITHIN_S = 300.0
_AGREED_LATELY_S = 60.0
_SETTLES_S = 10.0  # readings that were received before the jump may still come through


@dataclass(slots=True)
class ClockWatch:
    """Compares the wall clock with the monotonic one, and with what devices say."""

    jumped_by_s: float = 0.0
    _steady_since_s: float = 0.0
    _has_jumped: bool = False
    _agreed_s: float | None = None
    _before: tuple[float, float] | None = None

    def look(self, wall_s: float, monotonic_s: float) -> bool:
        """Take one look at both clocks, in seconds; True when the wall clock jumped since."""
        before, self._before = self._before, (wall_s, monotonic_s)
        if before is None:
            self._steady_since_s = monotonic_s
            return False
        jump_s = (wall_s - before[0]) - (monotonic_s - before[1])
        if abs(jump_s) <= MAX_JUMP_S:
            return False
        self.jumped_by_s, self._has_jumped = jump_s, True
        self._steady_since_s, self._agreed_s = monotonic_s, None
        return True

    def note_reading(self, apart_s: float, monotonic_s: float) -> None:
        """Note how far apart a device's clock and ours were for a reading received just now."""
        is_settled = monotonic_s >= self._steady_since_s + _SETTLES_S or not self._has_jumped
        if is_settled and abs(apart_s) <= AGREES_WITHIN_S:
            self._agreed_s = monotonic_s

    def verdict(self, monotonic_s: float) -> Verdict:
        """Say whether the clock is in doubt; it is not once devices agree, or after 10 min."""
        agreed_s = self._agreed_s
        is_agreed = agreed_s is not None and monotonic_s - agreed_s <= _AGREED_LATELY_S
        if is_agreed or monotonic_s - self._steady_since_s >= STEADY_S:
            self._has_jumped = False
            return Standing.OVER
        if not self._has_jumped:
            return Standing.UNKNOWN
        text = (
            f"the host's clock jumped by {self.jumped_by_s:+.0f} s; readings may be refused and"
            " silence misjudged until it is right"
        )
        return Problem(text, Severity.SEVERE)

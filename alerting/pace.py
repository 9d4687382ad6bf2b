"""How long a sensor may be silent now, where that depends on the stage or on a raised rate.

Silence is judged by the clock (0004), so the stage and the couplings of the present count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from alerting.rules import Frequency, PatienceSpec
from alerting.terms import Surroundings
from alerting.watch import Watch

STALE_INTERVALS = 3
OFFLINE_INTERVALS = 6


@dataclass(slots=True)
class Pace:
    """Keeps one sensor's tolerance of silence up with the life of its device.

    `raised_every` is the interval the device has agreed to report at, None for its usual one;
    `frequency` what a standard asks of readings taken by hand.
    """

    watch: Watch
    surroundings: Surroundings
    patience: Sequence[PatienceSpec]
    slack_s: float
    raised_every: timedelta | None = None
    frequency: Frequency | None = None
    _usual: tuple[float, float] = field(init=False)

    def __post_init__(self) -> None:
        """Remember how long silence is tolerated where nothing else is said."""
        self._usual = (self.watch.stale_s, self.watch.offline_s)

    def keep_up(self, now_s: float) -> bool:
        """Set what is tolerated at an instant; say whether it changed."""
        watch, wanted = self.watch, self._tolerated(now_s)
        if (watch.stale_s, watch.offline_s) == wanted:
            return False
        watch.stale_s, watch.offline_s = wanted
        return True

    def _tolerated(self, now_s: float) -> tuple[float, float]:
        stale_s, offline_s = self._usual
        every_s = self.watch.sensor.every.total_seconds()
        if self.raised_every is not None and self.raised_every.total_seconds() < every_s:
            raised_s = self.raised_every.total_seconds()
            stale_s = min(stale_s, STALE_INTERVALS * raised_s + self.slack_s)
            offline_s = min(offline_s, OFFLINE_INTERVALS * raised_s + self.slack_s)
        life = self.surroundings.life
        for entry in self.patience:
            stages = life.stages_at(now_s).values()
            if any(change.stage in entry.stage for change in stages):
                stale_s = max(entry.stale.total_seconds(), 3 * every_s) + self.slack_s
                offline_s = max(entry.offline.total_seconds(), 6 * every_s) + self.slack_s
                break
        return self._by_standard(now_s, stale_s, offline_s)

    def _by_standard(self, now_s: float, stale_s: float, offline_s: float) -> tuple[float, float]:
        """Tolerate no more than the standard does for readings taken by hand."""
        if self.frequency is None:
            return stale_s, offline_s
        required = self.frequency.required(self.watch.sensor, self.surroundings.life, now_s)
        if isinstance(required, str):
            return stale_s, offline_s
        every_s, spec = required.every.total_seconds(), self.frequency.spec
        overdue_s = every_s * spec.overdue_after + self.slack_s
        return min(stale_s, overdue_s), min(offline_s, every_s * spec.gone_after + self.slack_s)

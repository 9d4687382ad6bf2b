"""What a sensor read when its device was zeroed: the reference its later values are judged against.

The reference is the median of the believable, on-time readings of a baseline before the zeroing.
Once everything of that time has settled it is kept for good, because the history does not reach
back over a whole pour.

Where the reference is missing although the formwork carries concrete, values count as they are
sent: they may raise and never clear.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from statistics import median

from alerting.history import Flag, History
from alerting.terms import Surroundings
from sensors.lifecycle import UNDER_LOAD, StageChange

MIN_BASELINE = 3
REMEMBERED_S = 7200.0
"""How far behind now a person may date a zeroing: so long the baseline is remembered."""


class ZeroedTooLongAgo(ValueError):
    """A person dates a zeroing so far back that what the sensors read then is not remembered."""


def refuse_forgotten(change: StageChange, now: datetime) -> None:
    """Refuse a zeroing whose baseline is not remembered any more.

    Raises:
        ZeroedTooLongAgo: with what is allowed instead.
    """
    ago_s = (now - change.at).total_seconds()
    if change.stage == "zeroed" and ago_s > REMEMBERED_S:
        raise ZeroedTooLongAgo(
            f"a zeroing may be dated at most {REMEMBERED_S / 3600:g} h back, this one is"
            f" {ago_s / 3600:.1f} h old: what the sensors read before it is not remembered;"
            " zero the devices anew and say when"
        )


class Zeros:
    """The zero references of one sensor; `notes` is where the kept ones are remembered.

    Implements `alerting.history.Zeroing`.
    """

    __slots__ = ("_history", "_is_own", "_notes", "_surroundings", "baseline_s")

    def __init__(
        self,
        *,
        history: History,
        surroundings: Surroundings,
        notes: dict[str, list[tuple[float, float]]],
        baseline_s: float,
        is_own: bool = False,
    ) -> None:
        """Keep the sensor's own history, also where a view of it is judged.

        `is_own` says that the device sets its values to zero itself when it is zeroed.
        """
        self._is_own = is_own
        self._history, self._surroundings, self._notes = history, surroundings, notes
        self.baseline_s = baseline_s

    def since_zero(self, time_s: float, value: float) -> float | None:
        """Give a value less the reference; without one as sent under load, else None.

        Before any stage of the formwork is told a device counts from its own zero: its values are
        as sent.
        """
        change = self._surroundings.life.change_at("formwork", time_s)
        if change is None:
            return value
        reference = self._reference_at(time_s)
        if reference is not None:
            return value - reference
        return value if change.stage in UNDER_LOAD else None

    def is_missing(self, time_s: float) -> bool:
        """Say whether there is no reference at an instant although the formwork is under load."""
        change = self._surroundings.life.change_at("formwork", time_s)
        is_loaded = change is not None and change.stage in UNDER_LOAD
        return is_loaded and self._reference_at(time_s) is None

    def freeze(self, settled_s: float) -> None:
        """Keep the references of every zeroing that can change no more."""
        if self._is_own:
            return
        for zero_s in self._surroundings.life.zeros_s():
            if zero_s <= settled_s and zero_s not in self._kept():
                reference = self._reference(zero_s)
                if reference is not None:
                    self._notes.setdefault("zero", []).append((zero_s, reference))

    def _kept(self) -> Mapping[float, float]:
        return dict(self._notes.get("zero", ()))

    def _reference_at(self, time_s: float) -> float | None:
        zero_s = self._surroundings.life.zero_s(time_s)
        if zero_s is None:
            return None
        return 0.0 if self._is_own else self._reference(zero_s)

    def _reference(self, zero_s: float) -> float | None:
        kept = self._kept().get(zero_s)
        if kept is not None:
            return kept
        history = self._history
        last = bisect_right(history.times, zero_s)
        first = bisect_right(history.times, zero_s - self.baseline_s, 0, last)
        baseline = [
            history.values[place]
            for place in range(first, last)
            if history.flags[place] == Flag.CAN_CLEAR
        ]
        return median(baseline) if len(baseline) >= MIN_BASELINE else None

"""What a sensor read when its device was zeroed: the reference its later values are judged against.

The reference is the median of the believable, on-time readings of a baseline before the zeroing.
Once everything of that time has settled it is kept for good, because the history does not reach
back over a whole pour.
"""

from bisect import bisect_right
from collections.abc import Mapping
from statistics import median

from alerting.history import Flag, History
from alerting.terms import Surroundings

MIN_BASELINE = 3
REMEMBERED_S = 7200.0
"""How far behind now a person may date a zeroing: so long the baseline is remembered."""


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
        """Give a value less the reference, None where the device was not zeroed by then.

        Before any stage of the formwork is told a device counts from its own zero: its values are
        as sent.
        """
        life = self._surroundings.life
        if life.change_at("formwork", time_s) is None:
            return value
        zero_s = life.zero_s(time_s)
        if zero_s is None or self._is_own:
            return None if zero_s is None else value
        reference = self._reference(zero_s)
        return None if reference is None else value - reference

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

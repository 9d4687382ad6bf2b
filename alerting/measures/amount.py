"""How much rain one report stands for, whether the gauge sends amounts or a running counter.

Either way a report says how much fell since the report before it. A counter that falls has been
reset or has rolled over: its rain is never negative. What fell in a gap of a counter is known, but
not when: it counts at the gap's end, which never hides rain, and the answer says so.
"""

from collections.abc import Callable
from math import fsum
from operator import sub

from alerting.history import History
from alerting.measures.kind import Made, MeasureKind, MeasureSpec, Remark
from sensors.catalogue import KINDS
from sensors.registry import Sensor

# Amount fallen between two neighbours of the history, told by the index of the later one.
Amount = Callable[[History, int], float]
# Amount fallen over the reports first <= i <= last.
Sum = Callable[[History, int, int], float]

_GAP_REPORTS = 3  # so many reports not there are a gap


class Counter:
    """The steps of one gauge's counter, in mm.

    A step that no rain can make (the gauge was exchanged, its counter set by hand) is not counted.
    What rain can make is the gross range of the catalogue: of one report, or of the intensity
    over the time since the report before.
    """

    def __init__(self, sensor: Sensor) -> None:
        """Take the modulus from the design sheet; without one a falling counter is a reset."""
        rain = KINDS["rain"].quantities
        self.modulus_mm = sensor.design.get("counter_modulus_mm")
        self.least_mm = rain["rain_mm"].high
        self._most_mm_per_s = (rain["intensity_mm_per_h"].suspect_high or 0.0) / 3600.0

    def step(self, history: History, index: int) -> float:
        """Give the rain between the reading before `index` and the one at it; 0 at the first."""
        if index == 0:
            return 0.0
        before, after = history.values[index - 1], history.values[index]
        elapsed_s = history.times[index] - history.times[index - 1]
        most_mm = max(self.least_mm, elapsed_s * self._most_mm_per_s)
        step_mm = after - before
        if step_mm < 0.0:
            step_mm = after
            if self.modulus_mm is not None and after + self.modulus_mm - before <= most_mm:
                step_mm = after + self.modulus_mm - before
        return step_mm if 0.0 <= step_mm <= most_mm else 0.0

    def sum(self, history: History, first: int, last: int) -> float:
        """Add up the steps that end at first <= i <= last.

        Steps that any rain can make are the whole rise, which costs two passes over a slice; only a
        window with a reset or an exchanged gauge in it is added up step by step.
        """
        if last <= 0:
            return 0.0
        values = history.values[max(0, first - 1) : last + 1]
        steps = list(map(sub, values[1:], values))
        if steps and min(steps) >= 0.0 and max(steps) <= self.least_mm:
            return values[-1] - values[0]
        return fsum(self.step(history, index) for index in range(max(1, first), last + 1))


def is_counter(sensor: Sensor) -> bool:
    """Say whether the sensor reports a running counter."""
    return KINDS[sensor.kind].quantities[sensor.key.quantity].counter


def amount_of(sensor: Sensor) -> Amount:
    """Give the function that says how much one report stands for."""
    if is_counter(sensor):
        return Counter(sensor).step
    return lambda history, index: max(0.0, history.values[index])


def sum_of(sensor: Sensor) -> Sum:
    """Give the function that adds up what several reports stand for."""
    if is_counter(sensor):
        return Counter(sensor).sum
    return lambda history, first, last: fsum(history.values[first : last + 1])


def gap_remark(sensor: Sensor, window_s: float) -> Callable[[History, int], Remark | None]:
    """Give the function that says how much of a counter's rain fell at no known time."""
    amount, gap_s = amount_of(sensor), _GAP_REPORTS * sensor.every.total_seconds()

    def remark(history: History, index: int) -> Remark | None:
        first = max(1, history.window_start(index, window_s))
        times = history.times
        gaps = [
            place for place in range(first, index + 1) if times[place] - times[place - 1] > gap_s
        ]
        unsure_mm = fsum(amount(history, place) for place in gaps)
        if unsure_mm <= 0.0:
            return None
        minutes = sum(times[place] - times[place - 1] for place in gaps) / 60.0
        return Remark(
            f"{unsure_mm:.4g} mm of it fell at an unknown time in {minutes:.0f} min of silence",
            f"其中{unsure_mm:.4g} mm降于缺报的{minutes:.0f} min内，具体时间不明",
        )

    return remark


def _counter_total(spec: MeasureSpec, sensor: Sensor) -> Made | str:
    if not is_counter(sensor):
        return f"{sensor.key.quantity} is not a counter"
    counter, window_s = Counter(sensor), spec.window_s

    def compute(history: History, index: int) -> float:
        return round(counter.sum(history, history.window_start(index, window_s), index), 6)

    terms = f"modulus {counter.modulus_mm}"
    return Made(compute, window_s, terms=terms, remark=gap_remark(sensor, window_s))


def _accumulated(spec: MeasureSpec, sensor: Sensor) -> Made | str:
    """Make the integral of an intensity: a report holds since the one before, at most `hold`."""
    if not sensor.unit.endswith("/h"):
        return f"{sensor.key.quantity} is no rate per hour"
    hold_s = spec.hold.total_seconds() if spec.hold is not None else 0.0
    window_s = spec.window_s

    def compute(history: History, index: int) -> float:
        times, values = history.times, history.values
        first, opens_s = history.window_start(index, window_s), times[index] - window_s
        total = 0.0
        for place in range(first, index + 1):
            if values[place] > 0.0:
                since_s = times[place - 1] if place else times[place]
                total += values[place] * min(times[place] - max(since_s, opens_s), hold_s)
        return round(total / 3600.0, 6)

    return Made(compute, window_s, terms=f"hold {hold_s}")


AMOUNTS: dict[str, MeasureKind] = {
    "counter_total": MeasureKind(make=_counter_total, zh="{window}累计"),
    "accumulated": MeasureKind(
        make=_accumulated, options=("window", "hold"), unit="mm", zh="{window}累计"
    ),
}

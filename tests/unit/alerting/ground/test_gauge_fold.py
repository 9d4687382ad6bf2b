"""The fold of a gauge, reading by reading, gives what a fold over all readings at once gives."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerting.gauge_fold import GaugeFold, Stretch
from alerting.history import Flag, History
from alerting.measures.amount import amount_of
from sensors.coupling import Coupling
from sensors.registry import Sensor
from tests.builders import sensor
from tests.unit.alerting.ground.built import GAUGE, coupling

STALE_S = 1800.0
SENSORS = {
    "amounts": sensor("rain_mm", "rain"),
    "counter": sensor("rain_total_mm", "rain"),
    "level": sensor("rain_mm", "rain"),
}
DEPTH = Coupling(
    site="site",
    gauge=GAUGE,
    over=50.0,
    window=timedelta(),
    hold=timedelta(minutes=30),
    factor=0.8,
    every=None,
)
WANTED = {"amounts": coupling(), "counter": coupling(), "level": DEPTH}
VALUES = st.sampled_from([0.0, 0.0, 0.1, 5.3, 20.0, 60.0])
FLAGS = st.sampled_from([1, 1, 1, int(Flag.SUSPECT), int(Flag.LATE)])
STEPS = st.one_of(
    st.tuples(st.just("run"), st.integers(1, 150), VALUES),
    st.tuples(st.just("append"), st.sampled_from([60, 300, 300, 3000]), VALUES, FLAGS),
    st.tuples(st.just("insert"), st.integers(1, 20_000), VALUES, FLAGS),
    st.tuples(st.just("replace"), st.integers(0, 400), VALUES, FLAGS),
    st.tuples(st.just("remove"), st.integers(0, 400)),
    st.tuples(st.just("forget"), st.integers(0, 400)),
)


def fold_of_all(
    wanted: Coupling, gauge: Sensor, rows: Sequence[tuple[float, float, int]]
) -> list[Stretch]:
    """Fold over all readings afresh: slow, and simple enough to be believed."""
    history = History()
    for time_s, value, flag in rows:
        history.append(time_s, value, flag)
    window_s, hold_s = wanted.window.total_seconds(), wanted.hold.total_seconds()
    amount, found = amount_of(gauge), list[Stretch]()
    start_s: float | None = None
    calm_s = before_s = rows[0][0] if rows else 0.0
    steps = [amount(history, place) for place in range(len(rows))]
    for place, (time_s, value, flag) in enumerate(rows):
        first = history.window_start(place, window_s) if window_s else place
        fell = round(math.fsum(steps[first : place + 1]), 6) if window_s else value
        if fell >= wanted.over:
            start_s = time_s if start_s is None else start_s
            calm_s = math.inf
        elif not flag & Flag.CAN_CLEAR:
            continue
        elif start_s is not None:
            if time_s - before_s > STALE_S or calm_s == math.inf:
                calm_s = before_s if time_s - before_s <= STALE_S else time_s
            if time_s - calm_s >= hold_s:
                found.append(Stretch(start_s, time_s))
                start_s = None
        before_s = time_s
    return [*found, *([] if start_s is None else [Stretch(start_s, math.inf)])][-50:]


@dataclass
class Gauge:
    """A history that is changed and trimmed, and all that was ever in it."""

    history: History = field(default_factory=History)
    rows: dict[float, tuple[float, int]] = field(default_factory=dict)
    dropped_s: float = -math.inf

    def take(self, step: tuple[str, *tuple[float, ...]]) -> None:
        word, *numbers = step
        getattr(self, word)(*numbers)

    def run(self, count: int, value: float) -> None:
        for _ in range(count):
            self.append(300.0, value, 1)

    def append(self, seconds: float, value: float, flag: int) -> None:
        time_s = self.newest_s + seconds
        self.history.append(time_s, value, flag)
        self.rows[time_s] = (value, flag)

    def insert(self, seconds: float, value: float, flag: int) -> None:
        time_s = self.newest_s - seconds - 0.5
        if self.history.insert(time_s, value, flag) is not None and time_s > self.dropped_s:
            self.rows[time_s] = (value, flag)

    def replace(self, back: int, value: float, flag: int) -> None:
        if self.may_change(back):
            place = len(self.history) - 1 - back
            self.history.replace(place, value, flag)
            self.rows[self.history.times[place]] = (value, flag)

    def remove(self, back: int) -> None:
        if self.may_change(back):
            place = len(self.history) - 1 - back
            del self.rows[self.history.times[place]]
            self.history.remove(place)

    def may_change(self, back: int) -> bool:
        """Say whether a reading is there and open: what is older than the forgotten is settled."""
        place = len(self.history) - 1 - back
        return place >= 0 and self.history.times[place] > self.dropped_s

    def forget(self, left: int) -> None:
        count = max(0, len(self.history) - left - 1)
        if count:
            self.dropped_s = max(self.dropped_s, self.history.times[count - 1])
        self.history.drop_first(count)

    @property
    def newest_s(self) -> float:
        """Give where time has come to; what was forgotten is never measured again."""
        return self.history.times[-1] if len(self.history) else max(1e9, self.dropped_s)

    def all(self) -> list[tuple[float, float, int]]:
        return [(time_s, *self.rows[time_s]) for time_s in sorted(self.rows)]


@pytest.mark.parametrize("kind", SENSORS)
@settings(max_examples=150, deadline=None)
@given(steps=st.lists(STEPS, min_size=3, max_size=40))
@example(steps=[("run", 2, 0.0), ("forget", 0), ("remove", 0), ("run", 1, 60.0)])
def test_step_by_step_is_the_same_as_all_at_once(
    kind: str, steps: list[tuple[str, *tuple[float, ...]]]
) -> None:
    gauge = Gauge()
    fold = GaugeFold(
        coupling=WANTED[kind], sensor=SENSORS[kind], history=gauge.history, stale_s=STALE_S
    )
    for step in steps:
        gauge.take(step)
        assert fold.stretches() == fold_of_all(WANTED[kind], SENSORS[kind], gauge.all())


def test_what_fell_before_the_oldest_reading_kept_still_counts() -> None:
    gauge = Gauge()
    fold = GaugeFold(
        coupling=coupling(), sensor=SENSORS["amounts"], history=gauge.history, stale_s=STALE_S
    )
    gauge.run(250, 0.0)
    dry_s = gauge.newest_s
    for value in (10.0,) * 6 + (0.0,) * 10:
        gauge.append(300.0, value, 1)
    fold.stretches()
    gauge.forget(8)
    assert fold.stretches() == [Stretch(dry_s + 1500.0, math.inf)]
    gauge.run(40, 0.0)
    # The last reading with 50 mm in two hours is that at 7500; the second 10 mm leave at 7800.
    assert fold.stretches() == [Stretch(dry_s + 1500.0, dry_s + 7500.0 + 3600.0)]


@pytest.mark.parametrize("kind", SENSORS)
def test_a_change_right_behind_what_is_forgotten_keeps_what_came_before(kind: str) -> None:
    gauge = Gauge()
    fold = GaugeFold(
        coupling=WANTED[kind], sensor=SENSORS[kind], history=gauge.history, stale_s=STALE_S
    )
    for n in range(400):
        gauge.append(300.0, 60.0 * (n + 1 if kind == "counter" else 1), 1)
    fold.stretches()
    gauge.forget(9)
    fold.stretches()
    gauge.replace(9, gauge.history.values[0], int(Flag.SUSPECT))
    gauge.run(2, gauge.history.values[-1])
    found = fold.stretches()
    assert found == fold_of_all(WANTED[kind], SENSORS[kind], gauge.all())
    assert [each.end_s for each in found] == [math.inf]

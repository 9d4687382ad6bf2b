"""What the robust detector calls unusual, in the words it uses, and what it learns to accept."""

import math
import random
from collections.abc import Iterable
from itertools import pairwise

import pytest

from alerting.detect.bounds import Bounds
from alerting.detect.detector import READY, Answer, Calm, NotReady, Surprise
from alerting.detect.families import FAMILIES
from alerting.detect.robust import RobustDetector, robust_for

MINUTE = 60.0
HOUR = 3_600.0
DAY = 86_400.0
MIDNIGHT = 1_579_392_000.0  # 2020-01-19 00:00 UTC


def gauge(bounds: Bounds | None = None) -> RobustDetector:
    return RobustDetector(FAMILIES["stage"], "m", bounds or Bounds())


def brook(days: float, step_s: float = 5 * MINUTE) -> list[tuple[float, float]]:
    """A quiet brook around 0.50 m that ends at `MIDNIGHT`."""
    tremble = random.Random(11)
    n = int(days * DAY / step_s)
    return [
        (MIDNIGHT + (at - n) * step_s, round(0.5 + 0.004 * tremble.gauss(0.0, 1.0), 3))
        for at in range(n)
    ]


def follow(
    detector: RobustDetector, series: Iterable[tuple[float, float]]
) -> list[tuple[float, float, Answer]]:
    answers = []
    for taken_at_s, value in series:
        answers.append((taken_at_s, value, detector.examine(taken_at_s, value)))
        detector.learn(taken_at_s, value)
    return answers


def surprises(answers: Iterable[tuple[float, float, Answer]]) -> list[tuple[float, float]]:
    return [(at, value) for at, value, answer in answers if isinstance(answer, Surprise)]


def taught(days: float = 8.0) -> RobustDetector:
    detector = gauge()
    follow(detector, brook(days))
    assert detector.ready == READY
    return detector


def test_a_sudden_rise_is_told_as_a_rate() -> None:
    detector = taught()
    series = [(MIDNIGHT, 0.5), (MIDNIGHT + 300, 0.72), (MIDNIGHT + 600, 0.92)]
    answer = follow(detector, series)[-1][2]
    assert isinstance(answer, Surprise)
    week = [value for taken_at_s, value in brook(8.0) if taken_at_s >= MIDNIGHT - 7 * DAY]
    fastest = max(abs(b - a) for a, b in pairwise(week))
    assert answer.reason == (
        "rose 0.42 m in 10 min; in the 7 days to 2020-01-19 00:00 UTC it never changed faster than "
        f"{fastest:.3g} m per 5 min"
    )
    assert answer.low < 0.5 < answer.high < 0.92
    assert answer.score > 3


def test_a_fall_is_told_as_a_fall() -> None:
    answer = follow(taught(), [(MIDNIGHT + at * 300, 0.5 - 0.2 * at) for at in range(3)])[-1][2]
    assert isinstance(answer, Surprise)
    assert answer.reason.startswith("fell 0.4 m in 10 min; ")


def test_a_slow_rise_is_told_as_a_level_and_long_before_its_crest() -> None:
    rise = [(MIDNIGHT + at * 300, 0.5 + 2.0 * at / 288) for at in range(289)]
    found = follow(taught(), rise)
    first = surprises(found)[0]
    assert first[1] < 0.5 + 0.15 * 2.0
    answer = next(answer for _, _, answer in found if isinstance(answer, Surprise))
    assert "stands at" in answer.reason
    lowest = min(value for taken_at_s, value in brook(8.0) if taken_at_s >= MIDNIGHT - 7 * DAY)
    assert (
        f"in the 7 days to 2020-01-19 00:00 UTC it stayed between {lowest:.3g} and" in answer.reason
    )
    assert answer.high < first[1]


def test_one_wild_reading_alone_is_no_surprise_and_leaves_no_trace() -> None:
    plain, spiked = taught(), taught()
    after = [(MIDNIGHT + at * 300, 0.5) for at in range(1, 20)]
    assert surprises(follow(spiked, [(MIDNIGHT, 9.0), *after])) == []
    follow(plain, [(MIDNIGHT, 0.5), *after])
    level_after_spike = spiked.examine(MIDNIGHT + 20 * 300, 9.0)
    assert isinstance(level_after_spike, Calm), "again only one"
    assert surprises(follow(spiked, [(MIDNIGHT + at * 300, 2.0) for at in (21, 22)]))


def test_a_level_that_stays_is_accepted_after_three_hours_and_the_old_one_is_still_usual() -> None:
    detector = taught()
    raised = [(MIDNIGHT + at * 300, 1.5 + 0.01 * (at % 2)) for at in range(60)]
    found = surprises(follow(detector, raised))
    assert found[0][0] == MIDNIGHT + 300
    last_hours = (found[-1][0] - MIDNIGHT) / HOUR
    assert 2.5 < last_hours < 3.5
    back = [(MIDNIGHT + (60 + at) * 300, 1.5 - 0.02 * at) for at in range(50)]
    assert surprises(follow(detector, back)) == []


def test_a_sensor_gone_wild_for_a_day_is_not_ready_again() -> None:
    detector = taught()
    wild = random.Random(2)
    series = [(MIDNIGHT + at * 300, wild.uniform(-50.0, 50.0)) for at in range(288 + 3)]
    answers = follow(detector, series)
    assert len(surprises(answers)) > 250
    assert not detector.ready.is_ready
    assert isinstance(answers[-1][2], NotReady)


def test_a_tide_is_calm_at_one_hertz_and_at_fifteen_minutes() -> None:
    for step_s, days in ((1.0, 1.6), (15 * MINUTE, 20.0)):
        detector = gauge()
        n = int(days * DAY / step_s)
        period = 12.42 * HOUR
        series = (
            (MIDNIGHT + at * step_s, 1.2 * math.sin(2 * math.pi * at * step_s / period))
            for at in range(n)
        )
        answers = follow(detector, series)
        assert surprises(answers) == []
        assert isinstance(answers[-1][2], Calm)


def test_noise_between_steps_is_part_of_what_is_usual() -> None:
    tremble = random.Random(8)
    detector = RobustDetector(FAMILIES["displacement"], "mm")
    series = [(MIDNIGHT + at * 10.0, tremble.gauss(0.0, 0.8)) for at in range(int(2.5 * DAY / 10))]
    assert surprises(follow(detector, series)) == []


def test_readings_that_are_not_newer_are_not_judged_and_not_learned() -> None:
    detector = taught()
    before = detector.dump()
    last_s = brook(8.0)[-1][0]
    for taken_at_s in (last_s, last_s - 300):
        answer = detector.examine(taken_at_s, 9.0)
        assert isinstance(answer, NotReady)
        assert "before the newest" in answer.reason
        detector.learn(taken_at_s, 9.0)
    assert detector.dump() == before


def test_after_a_long_silence_levels_are_judged_by_what_was_known_last_and_rates_are_not() -> None:
    detector = taught()
    after = MIDNIGHT + 30 * DAY
    assert isinstance(detector.examine(after, 0.6), Calm)
    assert surprises(follow(detector, [(after + at * 300, 4.0) for at in range(3)]))
    later = MIDNIGHT + 60 * DAY
    assert surprises(follow(taught(), [(later, 0.5), (later + 300, 4.0), (later + 600, 4.0)]))


def test_old_extremes_are_forgotten_when_memory_ends() -> None:
    detector = gauge()
    early = [(MIDNIGHT - 20 * DAY + at * 300, 3.0 if at == 3 else 0.5) for at in range(300)]
    follow(detector, early)
    assert isinstance(detector.examine(early[-1][0] + 300, 2.8), Calm)
    follow(detector, brook(8.0))
    assert surprises(follow(detector, [(MIDNIGHT + at * 300, 2.8) for at in range(3)]))


def test_a_checkpoint_is_small_and_bound_to_its_family() -> None:
    blob = taught().dump()
    assert len(blob) < 700
    with pytest.raises(Exception, match=r"family 'stage' given to one of 'wind'"):
        RobustDetector(FAMILIES["wind"], "m/s").load(blob)
    with pytest.raises(Exception, match="45 ring entries, 15 are needed"):
        gauge(Bounds(n_blocks=4)).load(blob)


@pytest.mark.parametrize(
    ("taken_at_s", "value"), [(MIDNIGHT, math.nan), (math.inf, 1.0), (MIDNIGHT, 1e300)]
)
def test_what_is_no_sensible_number_is_refused(taken_at_s: float, value: float) -> None:
    detector = gauge()
    for call in (detector.examine, detector.learn):
        with pytest.raises(ValueError, match="finite numbers are needed"):
            call(taken_at_s, value)


def test_bounds_that_cannot_work_are_refused() -> None:
    with pytest.raises(ValueError, match="hits=4 of=3"):
        Bounds(hits=4)
    with pytest.raises(ValueError, match="at least 2"):
        Bounds(n_blocks=1)


def test_the_catalogue_says_which_quantities_have_a_detector() -> None:
    detector = robust_for("water_level", "stage_m")
    assert detector is not None
    assert "0 of 60 readings" in detector.ready.reason
    assert robust_for("crane", "slew_deg") is None
    with pytest.raises(KeyError):
        robust_for("crane", "stage_m")

"""Rain measures against tables worked out by hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from alerting.measures.kind import Made
from sensors.catalogue import KINDS
from tests.unit.alerting.measures.making import answers, history, made

HOUR = 3600.0
MINUTE = 60.0


def counter(window: str, **design: float) -> Made | str:
    return made("rain_total_mm", "rain", {"of": "counter_total", "window": window}, design=design)


# Each row: minutes, counter, expected total over the last hour.
COUNTER_ROWS: dict[str, list[tuple[float, float, float]]] = {
    "a counter that stands still is dry": [(0, 7.0, 0), (30, 7.0, 0), (60, 7.0, 0)],
    "steps within the hour add up and leave it again": [
        (0, 100.0, 0.0),
        (30, 110.0, 10.0),
        (60, 115.0, 15.0),  # the step of 00:30 still ends within the hour
        (90, 115.0, 5.0),
        (120, 115.2, 0.2),
    ],
    "a reset counts what fell since, never negative rain": [
        (0, 980.0, 0.0),
        (10, 990.0, 10.0),
        (20, 0.0, 10.0),
        (30, 4.0, 14.0),
    ],
    "a reset between two reports counts the new value": [
        (0, 980.0, 0.0),
        (10, 3.2, 3.2),
    ],
    "an exchanged gauge is no rain, neither up nor down": [
        (0, 12.0, 0.0),
        (10, 8250.0, 0.0),
        (20, 8251.0, 1.0),
        (30, 400.0, 1.0),
        (40, 402.0, 3.0),
    ],
    "the rain of a gap counts at its end": [
        (0, 50.0, 0.0),
        (300, 120.0, 70.0),
        (301, 120.0, 70.0),
        (360, 120.0, 0.0),
    ],
    "more than any rain in the gap is no rain": [(0, 0.0, 0.0), (10, 60.1, 0.0), (70, 365.2, 0.0)],
}


@pytest.mark.parametrize("name", COUNTER_ROWS)
def test_a_counter_over_an_hour(name: str) -> None:
    rows = COUNTER_ROWS[name]
    measure = counter("1h")
    got = answers(measure, [(MINUTE * minutes, value) for minutes, value, _ in rows])
    assert got == pytest.approx([expected for _, _, expected in rows])


def test_a_counter_rolls_over_at_its_modulus_and_nowhere_else() -> None:
    rows = [(0.0, 9999.0), (60.0, 9999.8), (120.0, 0.4), (180.0, 0.6)]
    assert answers(counter("1h", counter_modulus_mm=10_000.0), rows) == pytest.approx(
        [0.0, 0.8, 1.4, 1.6]
    )
    # Without the modulus it is a reset: what the counter shows since.
    assert answers(counter("1h"), rows) == pytest.approx([0.0, 0.8, 1.2, 1.4])
    # Far from the modulus a falling counter is a reset too.
    rows = [(0.0, 5000.0), (60.0, 2.0)]
    assert answers(counter("1h", counter_modulus_mm=10_000.0), rows) == [0.0, 2.0]


def test_the_rain_of_a_gap_is_told_as_such() -> None:
    measure = counter("1h")
    assert not isinstance(measure, str)
    remark = measure.remark
    assert remark is not None
    entries = history([(0.0, 50.0), (60.0, 51.0), (18_000.0, 121.0), (18_060.0, 122.0)])
    assert remark(entries, 1) is None
    said = remark(entries, 3)
    assert said is not None
    assert said.en == "70 mm of it fell at an unknown time in 299 min of silence"
    assert said.zh == "其中70 mm降于缺报的299 min内，具体时间不明"


@pytest.mark.parametrize("window", ["1m", "5m", "10m", "30m", "1h", "2h", "3h", "6h", "12h", "24h"])
def test_every_window_of_the_reference(window: str) -> None:
    minutes = {"m": 1, "h": 60}[window[-1]] * int(window[:-1])
    rows = [(MINUTE * n, 0.2 * n) for n in range(1500)]
    assert answers(counter(window), rows)[-1] == pytest.approx(0.2 * minutes)


def test_a_counter_measure_needs_a_counter() -> None:
    options = {"of": "counter_total", "window": "1h"}
    assert made("rain_mm", "rain", options) == "rain_mm is not a counter"


EVENT = {"of": "event_total", "window": "72h", "dry": "2h"}
EVENT_ROWS = [  # hours, amount since the report before, event total
    (0.0, 1.0, 1.0),
    (0.5, 2.0, 3.0),
    (1.5, 0.0, 3.0),
    (2.25, 0.0, 3.0),  # 1 h 45 min dry
    (2.4, 0.5, 3.5),
    (3.0, 0.0, 3.5),
    (4.4, 0.0, 0.0),  # two hours dry: over
    (5.0, 0.7, 0.7),
    (5.5, 0.3, 1.0),
]


def test_an_event_ends_after_two_dry_hours() -> None:
    got = answers(made("rain_mm", "rain", EVENT), [(h * HOUR, mm) for h, mm, _ in EVENT_ROWS])
    assert got == pytest.approx([expected for _, _, expected in EVENT_ROWS])


def test_an_event_is_the_same_on_a_counter() -> None:
    total, rows = 40.0, [(-600.0, 40.0)]
    for hours, amount, _ in EVENT_ROWS:
        total += amount
        rows.append((hours * HOUR, total))
    got = answers(made("rain_total_mm", "rain", EVENT), rows)
    assert got[1:] == pytest.approx([expected for _, _, expected in EVENT_ROWS])


def local(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()


DAY_ROWS = [  # local time, amount, hydrological day so far, meteorological day so far
    ("2026-06-01T19:00", 1.0, 1.0, 1.0),
    ("2026-06-01T20:00", 2.0, 3.0, 3.0),  # the report at 20:00 ends the meteorological day
    ("2026-06-01T20:01", 0.5, 3.5, 0.5),
    ("2026-06-02T07:59", 4.0, 7.5, 4.5),
    ("2026-06-02T08:00", 1.0, 8.5, 5.5),  # and the one at 08:00 the hydrological day
    ("2026-06-02T08:01", 0.2, 0.2, 5.7),
]


@pytest.mark.parametrize(("starts", "column"), [("08:00", 2), ("20:00", 3)])
def test_the_day_begins_at_eight(starts: str, column: int) -> None:
    options = {"of": "day_total", "day_starts": starts, "zone": "Asia/Shanghai"}
    got = answers(made("rain_mm", "rain", options), [(local(row[0]), row[1]) for row in DAY_ROWS])
    assert got == pytest.approx([row[column] for row in DAY_ROWS])


INTENSITY = {"of": "intensity", "window": "1h", "bins_from": 12.0}
INTENSITY_ROWS = [  # minutes, amount, mm/h
    (0, 0.0, 0.0),
    (1, 0.2, 0.2),  # the first tip after a dry hour: over that hour
    (2, 0.0, 12.0 / 60 * 1),
    (7, 0.2, 2.0),  # six minutes between tips
    (8, 0.0, 2.0),
    (27, 0.0, 0.6),  # no tip for 20 min: at most 0.2 mm in 20 min
    (28, 1.0, 60.0),  # five tips in the report: the report
    (29, 0.2, 12.0),  # one tip a minute after: both say the same
    (92, 0.0, 0.0),  # dry for an hour
]


def test_intensity_is_taken_from_tips_when_they_are_few() -> None:
    measure = made("rain_mm", "rain", INTENSITY, design={"bucket_mm": 0.2})
    got = answers(measure, [(MINUTE * minutes, mm) for minutes, mm, _ in INTENSITY_ROWS])
    assert got == pytest.approx([expected for _, _, expected in INTENSITY_ROWS], abs=1e-9)


def test_intensity_without_the_bucket_is_not_computed() -> None:
    assert made("rain_mm", "rain", INTENSITY) == "the site file gives no bucket_mm"


ACCUMULATED = {"of": "accumulated", "window": "1h", "hold": "10m"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(60.0 * n, 30.0) for n in range(61)], 30.0),  # an hour at 30 mm/h
        ([(60.0 * n, 80.0) for n in range(31)], 40.0),  # half an hour at 80 mm/h
        ([(0.0, 80.0)], 0.0),  # one report says nothing of a time
        ([(0.0, 60.0), (3600.0, 60.0)], 10.0),  # after a gap it holds for ten minutes
    ],
)
def test_an_intensity_adds_up(rows: list[tuple[float, float]], expected: float) -> None:
    got = answers(made("intensity_mm_per_h", "rain", ACCUMULATED), rows)
    assert got[-1] == pytest.approx(expected)


def test_only_a_rate_per_hour_adds_up() -> None:
    assert made("rain_mm", "rain", ACCUMULATED) == "rain_mm is no rate per hour"
    assert KINDS["rain"].quantities["rain_total_mm"].counter

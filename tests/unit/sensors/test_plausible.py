"""Quality control of one value, and of the clock that stamped it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.model import Qc
from sensors.plausible import why_clock_refused, why_not_plausible
from sensors.site import ClockRule, Sensor

MakeSensor = Callable[..., Sensor]


@pytest.mark.parametrize(
    ("kind", "quantity", "further", "value", "flag", "reason"),
    [
        ("crane", "wind_ms", "", 0.0, Qc.PASS, ""),
        ("crane", "wind_ms", "", 45.0, Qc.PASS, ""),
        (
            "crane",
            "wind_ms",
            "",
            45.1,
            Qc.SUSPECT,
            "wind_ms 45.1 m/s is outside the typical range 0 to 45 m/s",
        ),
        ("crane", "wind_ms", "", 75.0, Qc.SUSPECT, "typical range"),
        (
            "crane",
            "wind_ms",
            "",
            75.1,
            Qc.FAIL,
            "wind_ms 75.1 m/s is outside the gross range 0 to 75 m/s",
        ),
        ("crane", "wind_ms", "", -0.1, Qc.FAIL, "gross range"),
        ("crane", "moment_pct", "", 131.0, Qc.SUSPECT, "typical range -5 to 130 %"),
        ("crane", "slew_deg", "", -720.0, Qc.PASS, ""),
        ("crane", "slew_deg", "", 721.0, Qc.FAIL, "gross range"),
        ("crane", "load_t", "design: {max_load_t: 6}", 9.0, Qc.PASS, ""),
        ("crane", "load_t", "design: {max_load_t: 6}", 9.1, Qc.FAIL, "gross range -0.5 to 9 t"),
        ("rain", "rain_mm", "", 20.0, Qc.PASS, ""),
        ("rain", "rain_mm", "", 20.1, Qc.SUSPECT, "typical range"),
        ("rain", "rain_mm", "", 60.1, Qc.SUSPECT, "typical range"),
        ("rain", "rain_mm", "", 7320.1, Qc.FAIL, "gross range"),
        ("rain", "rain_mm", "every: 1h", 75.0, Qc.PASS, ""),
        ("rain", "rain_mm", "every: 1h", 120.1, Qc.SUSPECT, "typical range 0 to 120 mm"),
        ("rain", "rain_mm", "range: [0, 60]", 60.1, Qc.FAIL, "gross range 0 to 60 mm"),
        ("water_level", "stage_m", "design: {record_stage_m: 7}", 8.0, Qc.PASS, ""),
        ("water_level", "stage_m", "design: {record_stage_m: 7}", 8.1, Qc.SUSPECT, "-100 to 8 m"),
        ("water_level", "stage_m", "design: {bed_level_m: 2}", 1.9, Qc.SUSPECT, "2 to 9000 m"),
        ("water_level", "stage_m", "range: [0, 5]", 5.1, Qc.FAIL, "gross range 0 to 5 m"),
        ("water_level", "stage_m", "typical: [0, 5]", 5.1, Qc.SUSPECT, "typical range 0 to 5 m"),
        ("water_level", "stage_m", "", nan, Qc.FAIL, "stage_m is nan, which is not a number"),
        ("water_level", "stage_m", "", inf, Qc.FAIL, "stage_m is inf"),
        ("water_level", "stage_m", "", -inf, Qc.FAIL, "stage_m is -inf"),
    ],
)
def test_one_value_gets_its_flag_and_its_reason(
    make_sensor: MakeSensor,
    kind: str,
    quantity: str,
    further: str,
    value: float,
    flag: Qc,
    reason: str,
) -> None:
    got, why = why_not_plausible(value, make_sensor(kind, quantity, further))
    assert got is flag
    assert reason in why
    assert (why == "") == (flag is Qc.PASS)


RECEIVED = datetime(2026, 6, 1, 12, tzinfo=UTC)
RULE = ClockRule(not_before=datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("taken_at", "reason"),
    [
        (RECEIVED, None),
        (RECEIVED - timedelta(days=30), None),
        (RECEIVED + timedelta(minutes=5), None),
        (
            RECEIVED + timedelta(minutes=5, milliseconds=1),
            "taken at 2026-06-01T12:05:00.001000+00:00, 300 s after it was received: ",
        ),
        (datetime(2099, 1, 1, tzinfo=UTC), "after it was received"),
        (datetime(2020, 1, 1, tzinfo=UTC), None),
        (
            datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC),
            "taken at 2019-12-31T23:59:59+00:00, before 2020-01-01: a broken clock",
        ),
        (datetime(1970, 1, 1, tzinfo=UTC), "before 2020-01-01"),
    ],
)
def test_a_clock_is_believed_up_to_five_minutes_ahead(
    taken_at: datetime, reason: str | None
) -> None:
    why = why_clock_refused(taken_at, RECEIVED, RULE)
    assert why is None if reason is None else why is not None and reason in why


@given(
    taken_at=st.datetimes(timezones=st.just(UTC)),
    received_at=st.datetimes(
        max_value=datetime.fromisoformat("9990-01-01"), timezones=st.just(UTC)
    ),
)
def test_the_clock_is_refused_exactly_outside_its_window(
    taken_at: datetime, received_at: datetime
) -> None:
    believed = RULE.not_before <= taken_at <= received_at + timedelta(minutes=5)
    assert (why_clock_refused(taken_at, received_at, RULE) is None) == believed

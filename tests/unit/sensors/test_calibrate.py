"""Units and calibration: from what a device sends to the base unit, and back."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.calibrate import Line, as_sent, calibrated, resolved, sent_unit, units_of
from sensors.catalogue import KINDS
from sensors.site import Sensor
from sensors.units import UNITS, to_base

MakeSensor = Callable[..., Sensor]


@pytest.mark.parametrize(
    ("kind", "quantity", "unit", "sent", "expected"),
    [
        ("crane", "wind_ms", "km/h", 36.0, 10.0),
        ("hoist", "load_t", "kg", 1500.0, 1.5),
        ("hoist", "load_t", "kN", 9.80665, 1.0),
        ("water_level", "stage_m", "cm", 512.0, 5.12),
        ("water_level", "stage_m", "mm", 5120.0, 5.12),
        ("pit", "wall_top_h_mm", "m", 0.25, 250.0),
        ("pit", "strut_force_kn", "t", 10.0, 98.0665),
        ("pit", "earth_pressure_kpa", "hPa", 1013.25, 101.325),
        ("crane", "slew_deg", "rad", 3.141592653589793, 180.0),
        ("pit", "building_tilt_permille", "mm/m", 2.0, 2.0),
        ("crane", "moment_pct", "'%'", 87.2, 87.2),
    ],
)
def test_a_unit_is_named_by_the_word_people_write(
    make_sensor: MakeSensor, kind: str, quantity: str, unit: str, sent: float, expected: float
) -> None:
    sensor = make_sensor(kind, quantity, f"unit: {unit}")
    assert calibrated(sent, sensor) == pytest.approx(expected)
    assert sensor.unit == KINDS[kind].quantities[quantity].unit


def test_the_calibration_works_on_the_base_unit(make_sensor: MakeSensor) -> None:
    sensor = make_sensor(
        "water_level", "stage_m", "unit: cm, calibration: {scale: 1.1, offset: -0.05}"
    )
    assert calibrated(200.0, sensor) == pytest.approx(2.0 * 1.1 - 0.05)


def test_without_unit_and_calibration_the_value_stays_as_it_is(make_sensor: MakeSensor) -> None:
    assert calibrated(5.117, make_sensor("water_level", "stage_m")) == 5.117


def test_a_unit_of_another_quantity_is_not_found() -> None:
    assert sent_unit("kN", "m") is None
    assert sent_unit("furlong", "m") is None


def test_every_unit_offered_for_a_base_unit_is_found_again() -> None:
    for base in {quantity.unit for kind in KINDS.values() for quantity in kind.quantities.values()}:
        offered = units_of(base)
        assert base in offered
        for symbol in offered:
            unit = sent_unit(symbol, base)
            assert unit is not None
            assert unit.base == base


_SYMBOLS = st.sampled_from(sorted(UNITS))
_SCALES = st.floats(0.01, 100.0) | st.floats(-100.0, -0.01)


@given(symbol=_SYMBOLS, scale=_SCALES, offset=st.floats(-1e3, 1e3), raw=st.floats(-1e6, 1e6))
def test_folding_unit_and_calibration_changes_no_value(
    symbol: str, scale: float, offset: float, raw: float
) -> None:
    line = resolved(UNITS[symbol], Line(scale, offset))
    stepwise = to_base(raw, symbol) * scale + offset
    assert raw * line.scale + line.offset == pytest.approx(stepwise, rel=1e-9, abs=1e-9)


def test_sending_and_calibrating_a_value_gives_it_back(make_sensor: MakeSensor) -> None:
    sensor = make_sensor("hoist", "load_t", "unit: kg, calibration: {scale: 0.98, offset: 0.02}")
    for value in (-0.4, 0.0, 0.73, 2.0, 19.9):
        assert calibrated(as_sent(value, sensor), sensor) == pytest.approx(value)

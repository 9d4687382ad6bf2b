"""Units and calibration: from what a device sends to the base unit, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.calibrate import Line, as_sent, calibrated, resolved, sent_unit, units_of
from sensors.catalogue import KINDS
from sensors.units import UNITS, to_base
from tests_sensor import sensor


@pytest.mark.parametrize(
    ("symbol", "base", "sent", "expected"),
    [
        ("km/h", "m/s", 36.0, 10.0),
        ("kg", "t", 1500.0, 1.5),
        ("kN", "t", 9.80665, 1.0),
        ("cm", "m", 512.0, 5.12),
        ("mm", "m", 5120.0, 5.12),
        ("m", "mm", 0.25, 250.0),
        ("t", "kN", 10.0, 98.0665),
        ("hPa", "kPa", 1013.25, 101.325),
        ("rad", "deg", 3.141592653589793, 180.0),
        ("mm/m", "permille", 2.0, 2.0),
        ("%", "%", 87.2, 87.2),
    ],
)
def test_a_unit_is_found_by_the_word_people_write(
    symbol: str, base: str, sent: float, expected: float
) -> None:
    unit = sent_unit(symbol, base)
    assert unit is not None
    assert unit.base == base
    assert calibrated(sent, sensor(line=resolved(unit, Line()))) == pytest.approx(expected)

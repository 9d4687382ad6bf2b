"""Every quantity of the catalogue is examined by a family of its nature, or it is said why not."""

import pytest

from alerting.detect.families import FAMILIES, family_of, why_not_examined
from alerting.detect.words import amount, span
from sensors.catalogue import KINDS

EVERY = [(kind, quantity) for kind, entry in KINDS.items() for quantity in entry.quantities]


@pytest.mark.parametrize(("kind", "quantity"), EVERY)
def test_every_quantity_has_a_family_or_a_reason(kind: str, quantity: str) -> None:
    family, reason = family_of(kind, quantity), why_not_examined(kind, quantity)
    assert (family is None) == (reason is not None)
    assert reason is None or "no family has been chosen" not in reason


def test_what_wraps_or_is_a_state_or_is_operated_is_not_examined() -> None:
    assert "wraps" in str(why_not_examined("crane", "slew_deg"))
    assert "state" in str(why_not_examined("water_level", "pump_running"))
    assert "state" in str(why_not_examined("crane", "limit_bits"))
    assert "on purpose" in str(why_not_examined("crane", "load_t"))
    assert "shower" in str(why_not_examined("rain", "rain_mm"))


def test_an_unknown_quantity_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        family_of("pit", "stage_m")
    with pytest.raises(KeyError):
        family_of("balloon", "stage_m")


@pytest.mark.parametrize("family", FAMILIES.values(), ids=str)
def test_every_family_has_positive_floors_and_says_why(family: object) -> None:
    chosen = next(other for other in FAMILIES.values() if other is family)
    assert chosen.step_s > 0
    assert chosen.level_floor > 0
    assert chosen.rate_floor > 0
    assert len(chosen.why.split()) > 5


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.42134, "m", "0.421 m"),
        (-0.0, "m", "0 m"),
        (12345.6, "kN", "12346 kN"),
        (0.00001234, "m", "0.000012 m"),
        (1e-9, "m", "0 m"),
        (250.0, "", "250"),
    ],
)
def test_amounts_read_as_people_write_them(value: float, unit: str, text: str) -> None:
    assert amount(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "0.5 s"),
        (1, "1 s"),
        (90, "1.5 min"),
        (7200, "2 h"),
        (86400, "1 day"),
        (6e5, "6.9 days"),
    ],
)
def test_spans_use_the_largest_fitting_unit(seconds: float, text: str) -> None:
    assert span(seconds) == text

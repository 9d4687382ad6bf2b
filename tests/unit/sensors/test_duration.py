"""Durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.document import Refused, parse_duration
from sensors.duration import MAX_DURATION, duration_text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5s", 5),
        ("10m", 600),
        ("1h", 3600),
        ("2d", 172800),
        ("1h30m", 5400),
        ("250ms", 0.25),
        ("0s", 0),
        ("1.5h", 5400),
        (" 5s ", 5),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["5", "", "s", "5 s", "-5s", "5w", "5S", "1h30", "٥s", "5s\n5", "1e9s", True, None, []]
)
def test_anything_else_is_refused_with_what_is_allowed(text: object) -> None:
    with pytest.raises(Refused) as refused:
        parse_duration(text)
    assert refused.value.allowed.startswith("a number with ms, s, m, h or d")


def test_the_longest_duration_is_ten_years() -> None:
    assert parse_duration("3660d") == MAX_DURATION
    with pytest.raises(Refused, match="too long"):
        parse_duration("3661d")
    with pytest.raises(Refused, match="too long"):
        parse_duration("999999999d" * 6)


@given(milliseconds=st.integers(0, 10**12).filter(lambda n: n <= 3660 * 86_400_000))
def test_writing_and_reading_a_duration_gives_it_back(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(duration_text(duration)) == duration

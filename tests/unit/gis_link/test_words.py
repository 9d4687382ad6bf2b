"""Distances, ages and lists as people say them."""

from datetime import timedelta

import pytest

from gis_link import words
from tests.unit.gis_link.builders import NOW


@pytest.mark.parametrize(
    ("metres", "said"), [(0, "0 m"), (999.4, "999 m"), (999.5, "1.0 km"), (14_237, "14.2 km")]
)
def test_distances(metres: float, said: str) -> None:
    assert words.distance(metres) == said


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(seconds=40), "as of 40 s ago"),
        (timedelta(minutes=59, seconds=59), "as of 59 min ago"),
        (timedelta(hours=3), "as of 3 h ago"),
        (timedelta(days=12, hours=5), "as of 12 d ago"),
        (timedelta(minutes=-4), "as of 0 s ago"),
        (timedelta(hours=-2), "dated 2 h ahead of now"),
    ],
)
def test_ages(age: timedelta, said: str) -> None:
    assert words.as_of(NOW - age, NOW) == said


def test_an_age_nobody_wrote_down_is_unknown() -> None:
    assert words.as_of(None, NOW) == "age unknown"


@pytest.mark.parametrize(
    ("parts", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abc"), "a, b and c")],
)
def test_lists(parts: list[str], said: str) -> None:
    assert words.joined(parts) == said

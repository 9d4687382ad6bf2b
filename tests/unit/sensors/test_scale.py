"""Every cell of the small tables of the domain reference."""

import pytest

from sensors.scale import beaufort, dead_time_loss, rain_class, tip_ml, tips_per_min

TIPS = [  # bucket mm, mL, mm/h at one a minute, tips/min at 100/240/360, loss % at 100/200/300
    (0.1, 3.14, 6, (16.7, 40, 60), (8.3, 16.7, 25)),
    (0.2, 6.28, 12, (8.3, 20, 30), (4.2, 8.3, 12.5)),
    (0.5, 15.71, 30, (3.3, 8, 12), (1.7, 3.3, 5)),
    (1.0, 31.42, 60, (1.7, 4, 6), (0.8, 1.7, 2.5)),
]


@pytest.mark.parametrize(("bucket", "ml", "one_a_minute", "tips", "losses"), TIPS)
def test_tipping_buckets(
    bucket: float, ml: float, one_a_minute: float, tips: tuple[float, ...], losses: tuple[float]
) -> None:
    assert tip_ml(bucket) == pytest.approx(ml, abs=0.005)
    assert tips_per_min(one_a_minute, bucket) == pytest.approx(1.0)
    for intensity, expected in zip((100, 240, 360), tips, strict=True):
        assert tips_per_min(intensity, bucket) == pytest.approx(expected, abs=0.05)
    for intensity, expected in zip((100, 200, 300), losses, strict=True):
        assert 100 * dead_time_loss(intensity, bucket) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(
    ("force", "low", "high"),
    [
        (5, 8.0, 10.7),
        (6, 10.8, 13.8),
        (7, 13.9, 17.1),
        (8, 17.2, 20.7),
        (9, 20.8, 24.4),
        (10, 24.5, 28.4),
        (11, 28.5, 32.6),
        (12, 32.7, 80.0),
        (0, 0.0, 0.2),
    ],
)
def test_beaufort(force: int, low: float, high: float) -> None:
    assert (beaufort(low), beaufort(high)) == (force, force)


@pytest.mark.parametrize(
    ("zh", "day", "half_day"),
    [
        ("小雨", (0.1, 9.9), (0.1, 4.9)),
        ("中雨", (10.0, 24.9), (5.0, 14.9)),
        ("大雨", (25.0, 49.9), (15.0, 29.9)),
        ("暴雨", (50.0, 99.9), (30.0, 69.9)),
        ("大暴雨", (100.0, 249.9), (70.0, 139.9)),
        ("特大暴雨", (250.0, 900.0), (140.0, 900.0)),
    ],
)
def test_rain_classes(zh: str, day: tuple[float, float], half_day: tuple[float, float]) -> None:
    for amounts, hours in ((day, 24), (half_day, 12)):
        for amount in amounts:
            word = rain_class(amount, hours=hours)
            assert word is not None
            assert word.zh == zh


def test_what_has_no_class() -> None:
    assert rain_class(0.04) is None
    with pytest.raises(ValueError, match="12 and 24 hours"):
        rain_class(1.0, hours=6)

"""The report of quality on measured faults: what it counts as caught, missed and wrong."""

from bench.quality_report import scored, table
from bench.quality_series import Series

TEN_MIN = 600.0
SPIKES = {40: 9.0, 90: 9.0}


def river(bad: set[int], name: str = "Made-up river") -> Series:
    """A calm river with single readings far above it, at `SPIKES`."""
    stages = [SPIKES.get(n, 1.0 + 0.02 * (n % 3)) for n in range(150)]
    return Series(
        name=name,
        kind="water_level",
        quantity="stage_m",
        every_s=TEN_MIN,
        readings=[(TEN_MIN * n, stage) for n, stage in enumerate(stages)],
        bad=frozenset(TEN_MIN * n for n in bad),
        how="made up",
    )


def test_what_is_labelled_is_caught_or_missed_and_the_rest_is_wrong() -> None:
    (made,) = scored([river({40, 60})]).values()
    assert (made.n, made.bad) == (150, 2)
    assert (made.failed, made.suspected) == (1, 0)
    assert (made.false_failed, made.false_suspected) == (1, 0)
    assert (dict(made.by_test), dict(made.false_by_test)) == ({"spike": 1}, {"spike": 1})


def test_series_of_one_kind_are_added_up_in_the_table() -> None:
    text = table(scored([river({40, 90}, "Avon 1"), river({40, 90}, "Avon 2")]))
    assert "| Avon | 300 | 4 | 4 | 0 | 0 | 0 | 0 | 0.000% |" in text
    assert "| Avon | made up | spike 4 | none |" in text

"""Dates of a site file that run out: what was done, how long that is good for, and what is watched.

A safety device of a hoist is calibrated, tested and replaced in time or it is no safety device. The
days left are a quantity like any other, which the program reads off the calendar.
"""

from calendar import monthrange
from datetime import UTC, date, datetime
from typing import NamedTuple


class DueDate(NamedTuple):
    """One date: on which kind of device, for how many months it is good, and the days left."""

    name: str
    kind: str
    what: str
    months: int
    quantity: str


# Domain reference A10: calibration and drop test S7, service life V.
DUE: dict[str, DueDate] = {
    entry.name: entry
    for entry in (
        DueDate(
            *("antifall_calibrated", "hoist", "calibration of the anti-fall device", 12),
            "antifall_calibration_days",
        ),
        DueDate(
            *("antifall_drop_tested", "hoist", "drop test at rated load", 3),
            "antifall_drop_test_days",
        ),
        DueDate(
            *("antifall_made", "hoist", "service life of the anti-fall device", 60),
            "antifall_life_days",
        ),
    )
}
_DAY_S = 86400.0


def runs_out(done: date, months: int) -> date:
    """Give the day on which something done on a day is no longer good.

    >>> runs_out(date(2026, 11, 30), 3)
    datetime.date(2027, 2, 28)
    """
    years, month = divmod(done.month - 1 + months, 12)
    year = done.year + years
    return date(year, month + 1, min(done.day, monthrange(year, month + 1)[1]))


def days_left(done: date, months: int, now: datetime) -> float:
    """Give the days until it runs out, negative behind that; days are those of UTC."""
    end = datetime.combine(runs_out(done, months), datetime.min.time(), UTC)
    return (end - now).total_seconds() / _DAY_S

"""Which days are worked: weekends, public holidays, and weekends worked to make up for them.

China moves weekends around its public holidays every year, so that a Sunday may be a working day
(调休); the State Council says which. The calendar is a file, because no rule gives it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "workday", "day_off"]

WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAY: Day = "workday"
DAY_OFF: Day = "day_off"
DAYS: tuple[Day, ...] = (*WEEK, WORKDAY, DAY_OFF)
_DAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日", "工作日", "休息日")
_EVERY_DAY = frozenset(range(7))
_WORKDAY, _DAY_OFF = DAYS.index(WORKDAY), DAYS.index(DAY_OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Days that are not what their weekday says: named `holidays`, and `working` weekends."""

    holidays: Mapping[date, str] = field(default_factory=dict)
    working: frozenset[date] = frozenset()

    def is_worked(self, day: date) -> bool:
        """Say whether a day is a working day."""
        if day in self.working:
            return True
        return day.weekday() < 5 and day not in self.holidays

    @property
    def special(self) -> frozenset[date]:
        """Give the days that are not what their weekday says."""
        return frozenset(self.holidays) | self.working


PLAIN = Calendar()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Hours of certain days: on `days` (0 is Monday, 7 any working day, 8 any day off).

    `ends` at or before `starts` is on the next day, so 22:00 to 06:00 is a night and 00:00 to 00:00
    a whole day. Both are local times of `zone`.
    """

    days: frozenset[int]
    starts: time
    ends: time
    zone: tzinfo
    calendar: Calendar = PLAIN

    def covers(self, now: datetime) -> bool:
        """Say whether `now` is within these hours."""
        local = now.astimezone(self.zone)
        at, today = local.time(), local.date()
        if self.starts < self.ends:
            return self.is_on(today) and self.starts <= at < self.ends
        if self.is_on(today) and at >= self.starts:
            return True
        return self.is_on(today - timedelta(days=1)) and at < self.ends

    def is_on(self, day: date) -> bool:
        """Say whether the hours begin on a day."""
        if day.weekday() in self.days:
            return True
        return (_WORKDAY if self.calendar.is_worked(day) else _DAY_OFF) in self.days

    def __str__(self) -> str:
        """Give the hours as people say them, for example `mon tue 08:00-18:00`."""
        is_daily = self.days >= _EVERY_DAY or self.days >= {_WORKDAY, _DAY_OFF}
        days = "daily" if is_daily else " ".join(DAYS[day] for day in sorted(self.days))
        return f"{days} {self.starts:%H:%M}-{self.ends:%H:%M}"

    @property
    def zh(self) -> str:
        """Give the same in Chinese, for example `周一、周二 08:00-18:00`."""
        is_daily = self.days >= _EVERY_DAY or self.days >= {_WORKDAY, _DAY_OFF}
        days = "每天" if is_daily else "、".join(_DAYS_ZH[day] for day in sorted(self.days))
        return f"{days} {self.starts:%H:%M}-{self.ends:%H:%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A stretch of time with a beginning and an end, and what it is."""

    starts: datetime
    ends: datetime
    note: str = ""

    def covers(self, now: datetime) -> bool:
        """Say whether `now` is within it."""
        return self.starts <= now < self.ends

"""Distances, ages and lists as people say them; shared by every answer of this package."""

from collections.abc import Iterable
from datetime import datetime, timedelta

_STEPS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))


def distance(metres: float) -> str:
    """Say a distance: `850 m`, `14.2 km`."""
    return f"{metres:.0f} m" if metres < 999.5 else f"{metres / 1000.0:.1f} km"


def duration(seconds: float) -> str:
    """Say a duration in its largest whole unit: `3 h`, `40 s`."""
    for step, unit in _STEPS:
        if seconds >= step:
            return f"{int(seconds // step)} {unit}"
    return f"{max(0, int(seconds))} s"


def as_of(at: datetime | None, now: datetime) -> str:
    """Say how fresh something is: `as of 3 h ago`, `age unknown`."""
    if at is None:
        return "age unknown"
    age = now - at
    if age < timedelta(minutes=-5):
        return f"dated {duration(-age.total_seconds())} ahead of now"
    return f"as of {duration(age.total_seconds())} ago"


def joined(parts: Iterable[str]) -> str:
    """Say a list: `a, b and c`."""
    words = list(parts)
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)

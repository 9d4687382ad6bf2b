"""Durations as people write them in files: `5s`, `10m`, `1h30m`, `2d`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

from sensors.fault import Refused

ALLOWED = "a number with ms, s, m, h or d, such as 5s, 10m, 1h30m or 2d"
MAX_DURATION = timedelta(days=3660)

_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)", re.ASCII)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: object) -> timedelta:
    """Parse a duration; a `timedelta` is given back as it is.

    Raises:
        Refused: no text, no unit, an unknown unit, or longer than ten years.

    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    if isinstance(text, timedelta):
        return text
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        raise Refused(f"{text} has no unit of time", allowed=ALLOWED)
    if not isinstance(text, str) or len(text) > 64 or not _WHOLE.fullmatch(text.strip()):
        raise Refused(f"{str(text)[:40]!r} is not a duration", allowed=ALLOWED)
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    if seconds > MAX_DURATION.total_seconds():
        raise Refused(f"{text.strip()} is too long", allowed=f"at most {MAX_DURATION.days}d")
    return timedelta(seconds=seconds)


def duration_text(duration: timedelta) -> str:
    """Write a duration the way a file would, the inverse of `parse_duration` to the millisecond.

    >>> duration_text(timedelta(seconds=5400))
    '1h30m'
    """
    left = round(duration.total_seconds() * 1000)
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]

"""Durations and instants as people write them: `90s`, `20m`, `3h`, `2d`; RFC 3339."""

import math
import re
from datetime import UTC, datetime, timedelta

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: object) -> float:
    """Parse `1h30m`, `90s` or a bare number of seconds.

    Raises:
        ValueError: `text` is neither.

    >>> seconds("1h30m")
    5400.0
    """
    if isinstance(text, bool) or text is None:
        raise ValueError(_hint(text))
    if isinstance(text, int | float):
        if not math.isfinite(text) or text < 0:
            raise ValueError(_hint(text))
        return float(text)
    parts = _PART.findall(str(text))
    rest = _PART.sub("", str(text)).strip()
    if not parts or rest:
        raise ValueError(_hint(text))
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def instant(text: str) -> datetime:
    """Parse an RFC 3339 instant; one without a zone is refused.

    Raises:
        ValueError: not an instant, or without a zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"`{text}` has no zone; write it like 2026-07-01T08:00:00+08:00")
    return moment.astimezone(UTC)


def after(start: datetime, t_s: float) -> datetime:
    """Give the instant `t_s` seconds after `start`, to the millisecond."""
    return start + timedelta(milliseconds=round(t_s * 1000.0))


def _hint(text: object) -> str:
    return f"`{text}` is not a duration; write it like 90s, 20m, 3h or 1h30m"

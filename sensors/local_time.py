"""Instants as people in the district read them: China's time, with the offset said.

Everything the program tells a person goes by this and never by the zone of the machine it runs on,
which is often UTC on a server and anything on a laptop that asks it.
"""

from datetime import datetime, timedelta, timezone

_OFFSET = "+08:00"
SHOWN_ZONE = timezone(timedelta(hours=8), _OFFSET)
"""China has had one time without summer time since 1991; so no zone files are needed."""


def shown_time(instant: datetime) -> str:
    """Give an instant as people read it: date, time and +08:00."""
    return f"{instant.astimezone(SHOWN_ZONE):%Y-%m-%d %H:%M:%S} {_OFFSET}"


def shown_minute(instant: datetime) -> str:
    """Give an instant to the minute, with +08:00."""
    return f"{local_minute(instant)} {_OFFSET}"


def local_minute(instant: datetime) -> str:
    """Give an instant to the minute where a text in Chinese leaves no doubt whose time it is."""
    return f"{instant.astimezone(SHOWN_ZONE):%Y-%m-%d %H:%M}"

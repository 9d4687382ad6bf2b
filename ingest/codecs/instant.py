"""Instants as foreign senders write them."""

from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_posix(seconds: float) -> datetime | None:
    """Give the instant of seconds since 1970, to the microsecond; None outside the years 1-9999."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None


def from_posix_ms(milliseconds: int) -> datetime | None:
    """Give the instant of whole milliseconds since 1970; None outside the years 1-9999."""
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return None


def from_rfc3339(text: str) -> datetime | None:
    """Read an instant with a time zone; None for anything else."""
    try:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def from_local(text: str, form: str) -> datetime | None:
    """Read a Chinese wall-clock time (always Beijing time); None where it is not of the form."""
    try:
        return datetime.strptime(text, form).replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

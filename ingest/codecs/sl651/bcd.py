"""Binary-coded decimals of SL 651: numbers, and instants in Beijing time with two-digit years."""

from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
_CENTURY = 2000
_MISSING = 0xFF
_FROM_SECONDS = 6
_FROM_MINUTES = 5


def digits(data: bytes) -> str | None:
    """Give the decimal digits of packed bytes, or None where a half byte is no digit."""
    text = data.hex()
    return text if text.isdecimal() else None


def is_missing(data: bytes) -> bool:
    """Tell whether every byte says that there is no value."""
    return bool(data) and all(byte == _MISSING for byte in data)


def is_negative(data: bytes) -> bool:
    """Tell whether an FF byte in front of the digits says that the number is below zero."""
    return len(data) > 1 and data[0] == _MISSING and not is_missing(data)


def number(data: bytes, decimals: int) -> float | None:
    """Give the number, or None where the bytes are no number."""
    sign, packed = (-1, data[1:]) if is_negative(data) else (1, data)
    text = digits(packed)
    if not text:
        return None
    # Through text, because 48.73 made of 4873 * 0.01 would be 48.730000000000004.
    return float(f"{sign * int(text)}e-{decimals}")


def instant(data: bytes) -> datetime | None:
    """Read YYMMDDhhmm or YYMMDDhhmmss in Beijing time as UTC, or None where it is no instant."""
    text = digits(data)
    if text is None or len(data) not in (_FROM_MINUTES, _FROM_SECONDS):
        return None
    parts = [int(text[at : at + 2]) for at in range(0, len(text), 2)]
    try:
        local = datetime(_CENTURY + parts[0], *parts[1:], tzinfo=BEIJING)  # type: ignore[arg-type, misc]
    except ValueError:
        return None
    return local.astimezone(UTC)


def packed_instant(at: datetime) -> bytes:
    """Pack an instant as YYMMDDhhmmss in Beijing time."""
    return bytes.fromhex(at.astimezone(BEIJING).strftime("%y%m%d%H%M%S"))


def span(data: bytes) -> timedelta | None:
    """Read a time step DDhhmm, or None where it is none."""
    text = digits(data)
    if text is None or len(text) != _FROM_SECONDS:
        return None
    return timedelta(days=int(text[:2]), hours=int(text[2:4]), minutes=int(text[4:])) or None

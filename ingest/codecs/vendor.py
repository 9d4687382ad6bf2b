"""What the JSON feeds of vendors and regulators have in common; each feed has a file of its own.

Addresses are `feed/number of the device`. Times are Beijing time. What identifies a person is
hashed before anything is kept (`ingest.codecs.private`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ingest.codecs.flat import as_number
from ingest.codecs.instant import BEIJING, from_local, from_posix_ms, from_rfc3339
from ingest.codecs.sample import shown

MAX_BYTES = 256 * 1024
MAX_NUMBER = 100
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S.%f")
TIME_FORMS = "2026-07-01 12:00:00 (Beijing time), RFC 3339 or epoch milliseconds"


class Refused(ValueError):
    """The message cannot be used; the text says why, and holds nothing about a person."""


def address_of(feed: str, body: Mapping[str, Any], *names: str) -> str:
    """Give the address a message is from, by the first of its fields that is there.

    Raises:
        Refused: none of them is there, or it is no number of a device.
    """
    for name in names:
        number = body.get(name)
        if isinstance(number, str | int) and not isinstance(number, bool) and str(number):
            if len(str(number)) > MAX_NUMBER:
                raise Refused(f"`{name}` has more than {MAX_NUMBER} characters")
            return f"{feed}/{number}"
    raise Refused(f"`{names[0]}` is missing: whose message is it?")


def instant_of(body: Mapping[str, Any], name: str) -> datetime:
    """Read the instant in a field.

    Raises:
        Refused: it is missing, or not written as is known.
    """
    sent = body.get(name)
    at: datetime | None = None
    if isinstance(sent, int) and not isinstance(sent, bool):
        at = from_posix_ms(sent)
    elif isinstance(sent, str):
        at = from_rfc3339(sent)
        for form in _FORMS:
            at = at or from_local(sent, form)
    if at is None:
        raise Refused(f"`{name}` is {shown(sent)}; {TIME_FORMS} is needed")
    return at


def numbers_of(body: Mapping[str, Any], names: Iterable[str]) -> dict[str, float]:
    """Give the numbers in fields, also where they are written as text; null is left out.

    Raises:
        Refused: a field holds something else.
    """
    found: dict[str, float] = {}
    for name in names:
        sent = body.get(name)
        if sent is None or sent == "":
            continue
        value = as_number(sent)
        if value is None and isinstance(sent, str) and len(sent) < 40:
            try:
                value = float(sent)
            except ValueError:
                value = None
        if value is None:
            raise Refused(f"`{name}` is {shown(sent)}; a number is needed")
        found[name] = value
    return found


__all__ = [
    "BEIJING",
    "MAX_BYTES",
    "Refused",
    "address_of",
    "instant_of",
    "numbers_of",
]

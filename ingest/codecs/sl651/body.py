"""The body of a report: serial number, times, and elements one behind the other.

A checksum that holds does not prove that the elements were understood. What was read with certainty
is kept; from the first thing that is not understood on, nothing is, and `Body.faults` says so.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from ingest.codecs.sl651 import bcd, element, elements, run
from ingest.codecs.sl651.frame import KEEP_ALIVE, UNIFORM

_HEAD_SIZE = 8
_STATION_SIZE, _TIME_SIZE, _STEP_SIZE = 5, 5, 3
_EVERY_12 = timedelta(minutes=5)
_SLACK = timedelta(minutes=5)  # a clock that runs ahead while a report is written


class Value(NamedTuple):
    """One number a station sent for an element, and when it was observed."""

    code: str
    taken_at: datetime
    number: float


@dataclass(slots=True, kw_only=True)
class Body:
    """What was read. `observed_at` is the time of observation that holds at present.

    Without one of its own a report is observed when it is sent. `step` lies between the values of
    a report of uniform intervals.
    """

    serial: int
    sent_at: datetime
    observed_at: datetime
    station: str = ""
    step: timedelta | None = None
    values: list[Value] = field(default_factory=list)
    n_missing: int = 0
    status: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def put(self, name: str, taken_at: datetime, number: float | None) -> None:
        """Take one value; None is one the station does not have."""
        if number is None:
            self.n_missing += 1
        else:
            self.values.append(Value(name, taken_at, number))


def read_body(function: int, data: bytes) -> Body | str:
    """Read the body of a frame, or of all packets of a message together; or say why not."""
    if len(data) < _HEAD_SIZE:
        return f"the body has {len(data)} bytes; serial number and time of sending need 8"
    sent_at = bcd.instant(data[2:_HEAD_SIZE])
    if sent_at is None:
        return f"the time of sending {data[2:_HEAD_SIZE].hex().upper()} is none"
    body = Body(serial=serial_of(data), sent_at=sent_at, observed_at=sent_at)
    at = len(data) if function == KEEP_ALIVE else _HEAD_SIZE
    while at < len(data):
        at = _read_group(body, function, data, at)
    return body


def serial_of(data: bytes) -> int:
    """Give the serial number at the beginning of a body."""
    return int.from_bytes(data[:2])


def _read_group(body: Body, function: int, data: bytes, at: int) -> int:
    """Read one group that begins at `at`, and give where the next begins."""
    code = data[at]
    if code in _MARKS:
        return _read_mark(body, data, at)
    if code in (elements.MANUAL, elements.PICTURE):
        what = "a text entered by hand" if code == elements.MANUAL else "a picture"
        body.faults.append(f"{what}, {len(data) - at} bytes, is kept as it is and not read")
        return len(data)
    if function == UNIFORM and code in elements.ELEMENTS:
        return _read_run(body, data, at)
    return _read_element(body, data, at)


# Marks: times and the station's own name

_MARKS: dict[int, int] = {
    elements.OBSERVED_AT: _TIME_SIZE,
    elements.STATION: _STATION_SIZE,
    elements.TIME_STEP: _STEP_SIZE,
}


def _read_mark(body: Body, data: bytes, at: int) -> int:
    code, begin = data[at], at + 2
    end = begin + _MARKS[code]
    held = data[begin:end]
    if len(held) < _MARKS[code]:
        return _stop(body, data, at, "the body ends within it")
    if code == elements.STATION:
        body.station = held.hex().upper()
        # One byte of station class follows, but for stations that leave it out.
        return end + 1 if end < len(data) and data[end] != elements.OBSERVED_AT else end
    if code == elements.TIME_STEP:
        body.step = bcd.span(held)
        return end if body.step else _stop(body, data, at, f"{held.hex().upper()} is no time step")
    observed_at = bcd.instant(held)
    if observed_at is None:
        return _stop(body, data, at, f"{held.hex().upper()} is no time of observation")
    body.observed_at = observed_at
    return end


# Elements


def _read_element(body: Body, data: bytes, at: int) -> int:
    found = element.read(data, at)
    if isinstance(found, str):
        return _stop(body, data, at, found)
    if found.code == elements.STATUS:
        body.status = status_words(int.from_bytes(found.data))
    elif found.code == elements.RAIN_12:
        _put_12(body, found.name, [_tenths(byte) for byte in found.data])
    elif found.code in elements.STAGES_12:
        pairs = [found.data[n : n + 2] for n in range(0, len(found.data), 2)]
        _put_12(body, found.name, [_hundredths(pair) for pair in pairs])
    else:
        body.put(found.name, body.observed_at, found.number)
    return found.end


def _put_12(body: Body, name: str, numbers: list[float | None]) -> None:
    """Put the twelve values of the hour that ends at the time of observation."""
    for n, number in enumerate(numbers):
        body.put(name, body.observed_at - _EVERY_12 * (len(numbers) - 1 - n), number)


def _tenths(byte: int) -> float | None:
    return None if byte == 0xFF else byte / 10


def _hundredths(pair: bytes) -> float | None:
    return None if bcd.is_missing(pair) else int.from_bytes(pair) / 100


def status_words(word: int) -> dict[str, str]:
    """Say what the status word holds: each bit by its meaning, 1 is abnormal."""
    said = {what: "yes" for bit, what in enumerate(elements.STATUS_BITS) if word >> bit & 1}
    return {"status": f"{word:08X}", **said}


# Runs of values in reports of uniform intervals


def _read_run(body: Body, data: bytes, at: int) -> int:
    """Read an element, or several, whose values repeat in steps of time."""
    found = run.read(data, at)
    if isinstance(found, str):
        return _stop(body, data, at, found)
    rows, why = found.rows, found.why_cut
    step = body.step or timedelta()
    if len(rows) > 1 and not step:
        rows, why = rows[:1], "values repeat and no time step says how far apart"
    elif body.observed_at + step * (len(rows) - 1) > body.sent_at + _SLACK:
        rows, why = [], f"the last of {len(rows)} values would be observed after it was sent"
    for n, row in enumerate(rows):
        for name, number in zip(found.names, row, strict=True):
            body.put(name, body.observed_at + step * n, number)
    return _stop(body, data, at, why) if why else found.end


def _stop(body: Body, data: bytes, at: int, why: str) -> int:
    where = f"element {elements.code_name(data[at])} at byte {at} of the body"
    body.faults.append(f"{where}: {why}; it and the {len(data) - at - 1} bytes behind are not read")
    return len(data)

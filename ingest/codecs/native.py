"""The native JSON of docs/wire-format.md: one object or an array, strictly checked.

The fast path is one typed decode. Only when that fails is the message looked at again, element by
element, to keep what is good and to say in words what is not.
"""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from ingest.codecs.sample import Fault, Sample, meant, named, shown

MAX_BYTES = 256 * 1024
MAX_OBJECTS = 10_000
MAX_POINT = 64
_MAX_SEQ = 2**63 - 1


class _Wire(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One object as it is on the wire."""

    at: int | float | Annotated[datetime, msgspec.Meta(tz=True)]
    readings: Annotated[dict[str, float], msgspec.Meta(min_length=1)]
    seq: Annotated[int, msgspec.Meta(ge=0, le=_MAX_SEQ)] | None = None
    point: Annotated[str, msgspec.Meta(max_length=MAX_POINT)] = ""


_FIELDS = _Wire.__struct_fields__
_decode = msgspec.json.Decoder(_Wire | list[_Wire]).decode
_decode_one = msgspec.json.Decoder(_Wire).decode
_scan = json.JSONDecoder().raw_decode
_UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)


def decode(payload: bytes) -> tuple[list[Sample], list[Fault]]:
    """Read a message; what is wrong comes back as faults, each with its own bytes and reason."""
    if len(payload) > MAX_BYTES:
        reason = f"{len(payload)} bytes; at most {MAX_BYTES} are allowed in one message"
        return [], [Fault(reason, payload)]
    try:
        wire = _decode(payload)
        if type(wire) is _Wire:
            return [_sample(wire, 0)], []
        if 0 < len(wire) <= MAX_OBJECTS:
            return [_sample(each, part) for part, each in enumerate(wire)], []
    except _UNREADABLE:
        pass  # looked at again below, slowly, to say what is wrong
    return _decode_slowly(payload)


def parts(payload: bytes) -> list[bytes]:
    """Cut an array into its elements; an object is one part."""
    try:
        return [piece for _, _, piece in _elements(payload.decode())]
    except (ValueError, RecursionError):
        return [payload]


def _sample(wire: _Wire, part: int) -> Sample:
    at = wire.at
    try:
        if isinstance(at, datetime):
            taken_at = at if at.tzinfo is UTC else at.astimezone(UTC)
        else:
            taken_at = datetime.fromtimestamp(at / 1000, UTC)
    except (ValueError, OSError) as fault:
        raise OverflowError("no instant between the years 1 and 9999") from fault
    return Sample(taken_at, wire.seq, wire.point, wire.readings, part)


def _decode_slowly(payload: bytes) -> tuple[list[Sample], list[Fault]]:
    samples: list[Sample] = []
    faults: list[Fault] = []
    try:
        text = payload.decode()
        for path, value, piece in _elements(text):
            part = len(samples) + len(faults)
            if part == MAX_OBJECTS:
                return [], [Fault(f"more than {MAX_OBJECTS} objects in one message", payload)]
            sample, reason = _read_one(path, value, piece, part)
            if sample is not None:
                samples.append(sample)
            else:
                faults.append(Fault(reason, piece))
    except UnicodeDecodeError as fault:
        return [], [Fault(f"not UTF-8 text: byte {fault.start} is wrong", payload)]
    except ValueError as fault:
        return [], [Fault(f"not JSON: {fault}", payload)]
    except RecursionError:
        return [], [Fault("not a message: nested too deeply", payload)]
    if not samples and not faults:
        return [], [Fault("an empty array: nothing was reported", payload)]
    return samples, faults


def _elements(text: str) -> Iterator[tuple[str, Any, bytes]]:
    """Yield path, value and bytes of each element, or of the whole if it is not an array.

    Raises:
        ValueError: the text as a whole is not JSON; Python's NaN and Infinity are let through
            here, so that one of them spoils its own element only.
    """
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        value, end = _scan(text, at)
        _refuse_rest(text, end)
        yield "$", value, text.encode()
        return
    found: list[tuple[str, Any, bytes]] = []
    at = _skip(text, at + 1)
    is_first = True
    while text[at : at + 1] != "]":
        if not is_first:
            if text[at : at + 1] != ",":
                raise ValueError(f"a comma or ] is missing at character {at}")
            at = _skip(text, at + 1)
        value, end = _scan(text, at)
        found.append((f"$[{len(found)}]", value, text[at:end].encode()))
        is_first = False
        at = _skip(text, end)
        if len(found) > MAX_OBJECTS:
            break
    else:
        _refuse_rest(text, at + 1)
    yield from found


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\n", "\r"):
        at += 1
    return at


def _refuse_rest(text: str, end: int) -> None:
    rest = _skip(text, end)
    if rest != len(text):
        raise ValueError(f"something follows the end of the message at character {rest}")


def _read_one(path: str, value: Any, piece: bytes, part: int) -> tuple[Sample | None, str]:
    try:
        return _sample(_decode_one(piece), part), ""
    except OverflowError:
        return None, f"{path}.at {shown(value['at'])} is no instant between the years 1 and 9999"
    except _UNREADABLE as fault:
        return None, _why_wrong(path, value) or f"{path}: {fault}"


def _why_wrong(path: str, value: Any) -> str | None:
    """Say in words what the decoder did not like, with the path of the field."""
    if not isinstance(value, dict):
        return f"{path} is {_kind(value)}; an object with `at` and `readings` is needed"
    for key in value:
        if key not in _FIELDS:
            return f"{path} has an unknown field `{named(key)}`{meant(key, _FIELDS)}"
    for key in ("at", "readings"):
        if key not in value:
            return f"{path}.{key} is missing"
    checks = (
        _why_wrong_at(value["at"]),
        _why_wrong_readings(value["readings"]),
        _why_wrong_seq(value.get("seq")),
        _why_wrong_point(value.get("point", "")),
    )
    return next((f"{path}.{text}" for text in checks if text), None)


def _why_wrong_at(at: Any) -> str | None:
    if isinstance(at, int | float) and not isinstance(at, bool):
        return None if math.isfinite(at) else "at is not a finite number"
    need = 'RFC 3339 with a time zone ("2026-05-04T12:00:00Z") or epoch milliseconds is needed'
    if not isinstance(at, str):
        return f"at is {_kind(at)}; {need}"
    try:
        is_aware = datetime.fromisoformat(at).tzinfo is not None
    except ValueError:
        return f"at is {shown(at)}; {need}"
    return f"at {shown(at)} is not understood; {need}" if is_aware else f"at has no zone; {need}"


def _why_wrong_readings(readings: Any) -> str | None:
    if not isinstance(readings, dict):
        return f"readings is {_kind(readings)}; an object of quantity and number is needed"
    if not readings:
        return "readings is empty: nothing was reported"
    for key, value in readings.items():
        name = f"readings.{named(key)}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{name} is {_kind(value)}; a number is needed"
        if not math.isfinite(value):
            return f"{name} is not a finite number; leave a quantity out that has no value"
    return None


def _why_wrong_seq(seq: Any) -> str | None:
    if seq is None or (type(seq) is int and 0 <= seq <= _MAX_SEQ):
        return None
    return f"seq is {shown(seq)}; a whole number from 0 to 2^63-1 is needed"


def _why_wrong_point(point: Any) -> str | None:
    if not isinstance(point, str):
        return f"point is {_kind(point)}; a text is needed"
    if len(point) > MAX_POINT:
        return f"point has {len(point)} characters; at most {MAX_POINT} are allowed"
    return None


def _kind(value: Any) -> str:
    """Name the JSON kind of a value, and show it where it is short."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return f"the {'text' if isinstance(value, str) else 'number'} {shown(value)}"

"""SenML (RFC 8428) in JSON and CBOR: records are resolved, then go by name to devices and sensors.

A device's address is the start of a resolved name up to a separator, the longest that a site file
knows; what follows is what its sensor is called. Where no address fits, the last level of the topic
is the address and the whole name the sensor's. Units are converted by `ingest.codecs.senml_unit`.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from ingest.codecs.cbor import CborError
from ingest.codecs.cbor import loads as loads_cbor
from ingest.codecs.heard import ForeignSample, Heard, Incoming
from ingest.codecs.instant import from_posix
from ingest.codecs.sample import Fault, named, shown
from ingest.codecs.senml_unit import UNITS

MAX_BYTES = 256 * 1024
MAX_RECORDS = 10_000
MAX_NAME = 256
# Below this a time counts from now (RFC 8428, 4.5.3).
RELATIVE_BELOW = 2**28
# RFC 8428 is version 10; RFC 9100 adds 16 for the secondary units, which are known here.
VERSION = 10
VERSION_WITH_SECONDARY_UNITS = 26

_LABELS = {
    -1: "bver",
    -2: "bn",
    -3: "bt",
    -4: "bu",
    -5: "bv",
    -6: "bs",
    0: "n",
    1: "u",
    2: "v",
    3: "vs",
    4: "vb",
    5: "s",
    6: "t",
    7: "ut",
    8: "vd",
}
_KNOWN = frozenset(_LABELS.values())
_TEXTS = ("bn", "bu", "n", "u", "vs", "vd")
_NUMBERS = ("bt", "bv", "bs", "v", "s", "t", "ut")
_VALUES = ("v", "vs", "vb", "vd")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*", re.ASCII)
_SEPARATORS = ":/._-"
_CBOR_ARRAYS = range(0x80, 0xA0)


class Record(NamedTuple):
    """A resolved record: nothing in it depends on the records before it.

    `time` is as sent: absolute, relative (below 2^28), or None where the pack gives none. `value`
    is None where the record has only a sum, or a text.
    """

    name: str
    unit: str
    time: float | None
    value: float | str | None
    total: float | None


class SenmlError(ValueError):
    """A pack that must not be used as a whole, or a record that cannot; the text says why."""


@dataclass(slots=True)
class _Group:
    """The records of one device and one instant."""

    address: str
    taken_at: datetime
    is_reckoned: bool
    values: dict[str, float] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    def sample(self, part: int) -> ForeignSample:
        """Give what the group says."""
        return ForeignSample(
            self.address,
            self.taken_at,
            self.values,
            self.units,
            part=part,
            is_reckoned=self.is_reckoned,
        )


class _Groups:
    """Groups in order; a name that stands twice for one instant must not hide the first."""

    def __init__(self) -> None:
        self.all: list[_Group] = []
        self._found: dict[tuple[str, datetime, int], _Group] = {}
        self._n_said: dict[tuple[str, datetime, str], int] = {}

    def of(self, address: str, name: str, taken_at: datetime, *, is_reckoned: bool) -> _Group:
        """Give the group a value belongs to."""
        nth = self._n_said.get((address, taken_at, name), 0)
        self._n_said[address, taken_at, name] = nth + 1
        group = self._found.get((address, taken_at, nth))
        if group is None:
            group = _Group(address, taken_at, is_reckoned)
            self._found[address, taken_at, nth] = group
            self.all.append(group)
        return group


class Senml:
    """Reads packs for the devices whose addresses are known."""

    def __init__(self, addresses: Iterable[str]) -> None:
        """Take the addresses behind the door `senml`."""
        self._addresses = frozenset(addresses)

    def read(self, incoming: Incoming) -> Heard:
        """Read one pack; a record that cannot be used costs only itself."""
        payload = incoming.payload
        try:
            resolved = list(_resolved(_records(payload)))
        except SenmlError as fault:
            return Heard(faults=[Fault(str(fault), payload)])
        groups = _Groups()
        faults: list[Fault] = []
        for index, (record, why) in enumerate(resolved):
            if isinstance(record, Record):
                why = why or self._place(record, incoming, groups)
                piece = _pack([record]) if why else b""
            else:
                piece = msgspec.json.encode([_plain(record)])
            if why:
                faults.append(Fault(f"record {index}: {why}", piece))
        samples = [group.sample(part) for part, group in enumerate(groups.all)]
        return Heard(samples, faults, parts=[_pack(each.records) for each in groups.all])

    def _place(self, record: Record, incoming: Incoming, groups: _Groups) -> str | None:
        """Put a record to those of its device and instant; say why it cannot be."""
        if not isinstance(record.value, float) or not math.isfinite(record.value):
            return _why_not_number(record)
        if record.unit and record.unit not in UNITS:
            said = f"{named(record.name)} has the unit '{named(record.unit)}'"
            return f"{said}; allowed: {', '.join(sorted(UNITS))}"
        taken_at, is_reckoned = _instant(record.time, incoming.received_at)
        if taken_at is None:
            return f"time {record.time} is no instant between the years 1 and 9999"
        address, name = self._split(record.name, incoming.levels)
        group = groups.of(address, name, taken_at, is_reckoned=is_reckoned)
        group.values[name] = record.value
        if record.unit:
            group.units[name] = UNITS[record.unit]
        group.records.append(record)
        return None

    def _split(self, name: str, levels: Sequence[str]) -> tuple[str, str]:
        """Part a resolved name into the device's address and the sensor's name."""
        for at in range(len(name), 0, -1):
            is_end = at == len(name) or name[at] in _SEPARATORS or name[at - 1] in _SEPARATORS
            if is_end and name[:at] in self._addresses:
                return name[:at], name[at:].lstrip(_SEPARATORS)
        return levels[-1], name


def _records(payload: bytes) -> list[Any]:
    """Decode the bytes to an array of records with JSON's labels."""
    if len(payload) > MAX_BYTES:
        raise SenmlError(f"{len(payload)} bytes; at most {MAX_BYTES} are allowed in one message")
    is_cbor = payload[:1] != b"" and payload[0] in _CBOR_ARRAYS
    try:
        pack = loads_cbor(payload) if is_cbor else msgspec.json.decode(payload)
    except CborError as fault:
        raise SenmlError(f"not SenML in CBOR: {fault}") from fault
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        raise SenmlError(f"not SenML in JSON: {fault}") from fault
    if not isinstance(pack, list):
        raise SenmlError("a pack is an array of records")
    if not pack:
        raise SenmlError("an empty array: nothing was reported")
    if len(pack) > MAX_RECORDS:
        raise SenmlError(f"more than {MAX_RECORDS} records in one message")
    return [_labelled(each) for each in pack] if is_cbor else pack


def _labelled(record: Any) -> Any:
    if not isinstance(record, dict):
        return record
    return {_label(key): value for key, value in record.items()}


def _label(key: Any) -> str:
    if isinstance(key, int) and not isinstance(key, bool):
        return _LABELS.get(key, f"label {key}")
    return key if isinstance(key, str) else shown(key)


def _resolved(records: Sequence[Any]) -> Iterator[tuple[Record | Any, str | None]]:
    """Yield each record resolved, or as it came with what is wrong with it.

    Raises:
        SenmlError: the pack must not be used at all (RFC 8428, 4.4), or base fields are wrong, so
            that what follows would be read wrongly.
    """
    base: dict[str, Any] = {}
    for index, raw in enumerate(records):
        if not isinstance(raw, dict):
            yield raw, "it is no object"
            continue
        _check_pack_fields(index, raw)
        base.update({key: raw[key] for key in ("bn", "bt", "bu", "bv", "bs") if key in raw})
        why = _why_wrong_fields(raw)
        if why:
            yield _standalone(raw, base), why
            continue
        record = _resolve(raw, base)
        yield record, _why_wrong_name(record.name)


def _check_pack_fields(index: int, raw: dict[str, Any]) -> None:
    """Refuse the pack for what must be understood to read any of it."""
    for label in raw:
        if label.endswith("_") and label not in _KNOWN:
            said = f"record {index} has `{named(label)}`, which must be understood and is not known"
            raise SenmlError(f"{said}; known: {', '.join(sorted(_KNOWN))}")
    version = raw.get("bver", VERSION)
    is_whole = isinstance(version, int) and not isinstance(version, bool)
    if not is_whole or not (0 < version <= VERSION or version == VERSION_WITH_SECONDARY_UNITS):
        said = f"record {index} has bver {shown(version)}"
        raise SenmlError(f"{said}; versions up to 10, and 26, are understood")
    for label in ("bn", "bt", "bu", "bv", "bs"):
        why = _why_wrong_kind(label, raw) if label in raw else None
        if why:
            raise SenmlError(f"record {index}: {why}")


def _why_wrong_fields(raw: dict[str, Any]) -> str | None:
    for label in raw:
        if label in _KNOWN and (why := _why_wrong_kind(label, raw)):
            return why
    given = [label for label in _VALUES if label in raw]
    if len(given) > 1:
        return f"it has {' and '.join(given)}; one value field is allowed"
    if not given and "s" not in raw and "bs" not in raw:
        return "it has no value; one of v, vs, vb, vd is needed"
    return None


def _why_wrong_kind(label: str, raw: dict[str, Any]) -> str | None:
    value = raw[label]
    if label in _TEXTS:
        is_right = isinstance(value, str | bytes) if label == "vd" else isinstance(value, str)
        return None if is_right else f"{label} is {shown(value)}; a text is needed"
    if label == "vb":
        return None if isinstance(value, bool) else f"vb is {shown(value)}; true or false is needed"
    if label in _NUMBERS:
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        if not is_number or not _is_finite(value):
            return f"{label} is {shown(value)}; a finite number is needed"
    return None


def _is_finite(value: float | Decimal) -> bool:
    try:
        return math.isfinite(float(value))
    except (OverflowError, ValueError):
        return False


def _resolve(raw: dict[str, Any], base: dict[str, Any]) -> Record:
    """Join a record with the base fields that hold for it."""
    time = float(base.get("bt", 0)) + float(raw.get("t", 0))
    value: float | str | None = None
    if "v" in raw:
        value = float(base.get("bv", 0)) + float(raw["v"])
    elif "vb" in raw:
        value = 1.0 if raw["vb"] else 0.0
    elif "vs" in raw or "vd" in raw:
        value = str(raw.get("vs", raw.get("vd")))
    has_sum = "s" in raw or "bs" in base
    return Record(
        name=base.get("bn", "") + raw.get("n", ""),
        unit=raw.get("u", base.get("bu", "")),
        time=time if "t" in raw or "bt" in base else None,
        value=value,
        total=float(base.get("bs", 0)) + float(raw.get("s", 0)) if has_sum else None,
    )


def _standalone(raw: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """Give a record that could not be resolved with the base fields that held for it."""
    return {**base, **raw}


def _why_wrong_name(name: str) -> str | None:
    if not name:
        return "it has no name; one of n and bn is needed"
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        said = f"the name {shown(name)} is not allowed"
        return f"{said}; up to {MAX_NAME} of A-Z a-z 0-9 - : . / _, first a letter or digit"
    return None


def _why_not_number(record: Record) -> str:
    if record.value is None:
        return "it has only a sum, and no quantity takes one"
    if isinstance(record.value, str):
        return f"{named(record.name)} is a text; a number, or true or false, is needed"
    return f"{named(record.name)} is beyond all numbers"


def _instant(time: float | None, now: datetime) -> tuple[datetime | None, bool]:
    """Give a record's instant, and whether it was reckoned from arrival."""
    if time is None:
        return now, True
    if time >= RELATIVE_BELOW:
        return from_posix(time), False
    try:
        return now + timedelta(seconds=time), True
    except OverflowError:
        return None, True


def _pack(records: Sequence[Record]) -> bytes:
    """Write resolved records as a pack of their own, which reads as they did."""
    return msgspec.json.encode([_written(each) for each in records])


def _written(record: Record) -> dict[str, Any]:
    written: dict[str, Any] = {"n": record.name}
    if record.unit:
        written["u"] = record.unit
    if record.time is not None:
        written["t"] = record.time
    if record.value is not None:
        written["vs" if isinstance(record.value, str) else "v"] = record.value
    if record.total is not None:
        written["s"] = record.total
    return written


def _plain(value: Any) -> Any:
    """Give what JSON can carry of a record that came in CBOR."""
    if isinstance(value, dict):
        return {str(key)[:MAX_NAME]: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    is_plain = value is None or isinstance(value, str | bool | float)
    return value if is_plain or (isinstance(value, int) and abs(value) < 2**63) else repr(value)

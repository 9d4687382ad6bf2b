"""Packets of HJ 212 stations to samples: factors by name, and their flags to quality.

A sensor's `sent_as` is the factor with its kind of value, for example `w01018-Rtd`. Only the flag N
is a pass; every other says in the device's status why the value is less.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from ingest.codecs.heard import ForeignSample, ForeignStatus, Heard, Incoming
from ingest.codecs.hj212.frame import Packet, packets_of
from ingest.codecs.hj212.reply import BEIJING
from ingest.codecs.sample import Fault, shown
from sensors.model import Qc
from sensors.registry import Registry

DOOR = "hj212"
DATA: Mapping[str, str] = MappingProxyType(
    {"2011": "real-time data", "2051": "minute data", "2061": "hour data", "2031": "day data"}
)
DEFAULTS: Mapping[str, str] = MappingProxyType(
    {"a01001-Rtd": "temperature_degc", "a01007-Rtd": "wind_ms"}
)


class Flagged(NamedTuple):
    """What a flag of a factor means, and what its values are worth."""

    what: str
    qc: Qc


# A value over the range, of a stopped plant or set by hand may warn; one of an instrument that is
# broken, cut off or being worked on may not.
FLAGS: Mapping[str, Flagged] = MappingProxyType(
    {
        "N": Flagged("normal", Qc.PASS),
        "F": Flagged("stopped", Qc.SUSPECT),
        "M": Flagged("maintenance", Qc.FAIL),
        "S": Flagged("set by hand", Qc.SUSPECT),
        "D": Flagged("fault", Qc.FAIL),
        "C": Flagged("calibrating", Qc.FAIL),
        "T": Flagged("over range", Qc.SUSPECT),
        "B": Flagged("no communication", Qc.FAIL),
    }
)
_UNKNOWN = Flagged("unknown flag", Qc.SUSPECT)
_KINDS = ("Rtd", "Avg", "Min", "Max", "Cou", "ZsRtd", "ZsAvg", "ZsMin", "ZsMax")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,2})?")
_TIME_DIGITS = (14, 17)
_MAX_FAULTS = 8


class Hj212Reader:
    """Reads the messages of HJ 212 stations for one registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def read(self, incoming: Incoming) -> Heard:
        """Read a packet, or the packets of one message."""
        packets = packets_of(incoming.payload)
        if packets is None:
            return _refused(incoming, "not a whole packet of HJ 212, nor several")
        for packet in packets:
            if packet.why_damaged:
                return _refused(incoming, f"damaged on the way: {packet.why_damaged}")
        return self._read(incoming, packets)

    def _read(self, incoming: Incoming, packets: Sequence[Packet]) -> Heard:
        first = packets[0]
        station, command = first.field("MN"), first.field("CN")
        if command not in DATA:
            known = ", ".join(DATA)
            return _refused(incoming, f"CN={shown(command)} is not read; data are {known}")
        if any((each.field("MN"), each.field("CN")) != (station, command) for each in packets):
            return _refused(incoming, "several packets that are not of one message")
        content = ";".join(packet.content for packet in packets)
        taken_at = data_time(content)
        if taken_at is None:
            return _refused(incoming, "DataTime is missing or no time, YYYYMMDDhhmmss is needed")
        said = read_content(content)
        names = {name: self._name(station, name) for name in said.values}
        sample = ForeignSample(
            station,
            taken_at,
            {names[name]: value for name, value in said.values.items()},
            flags={names[name]: FLAGS.get(f, _UNKNOWN).qc for name, f in said.flags.items()},
        )
        return Heard(
            samples=(sample,) if said.values else (),
            faults=[Fault(reason, incoming.payload) for reason in said.faults],
            statuses=() if incoming.is_replay else (_status(station, taken_at, command, said),),
        )

    def _name(self, station: str, name: str) -> str:
        """Give what a value's sensor is called: as the station calls it, or its usual quantity."""
        device = self._registry.addressed(DOOR, station)
        usual = DEFAULTS.get(name, "")
        if device is not None and name not in device.names and usual in device.names:
            return usual
        return name


class Content(NamedTuple):
    """What stands in CP: values by factor and kind, flags by the same names where they have one."""

    values: dict[str, float]
    flags: dict[str, str]
    faults: list[str]


def read_content(content: str) -> Content:
    """Read the groups `factor-Rtd=…,factor-Flag=N;…`."""
    found = Content({}, {}, [])
    for group in content.split(";"):
        pairs = list(_pairs(group))
        flags = {factor: value for factor, kind, value in pairs if kind == "Flag"}
        for factor, kind, text in pairs:
            if kind not in _KINDS:
                continue
            name = f"{factor}-{kind}"
            if not _NUMBER.fullmatch(text):
                _note(found.faults, f"{shown(name)} is {shown(text)}; a number is needed")
            elif name in found.values and found.values[name] != float(text):
                _note(found.faults, f"{shown(name)} stands there twice with two values")
            else:
                found.values[name] = float(text)
                if factor in flags:
                    found.flags[name] = flags[factor]
    return found


def _note(faults: list[str], fault: str) -> None:
    if len(faults) < _MAX_FAULTS:
        faults.append(fault)


def _pairs(group: str) -> Iterator[tuple[str, str, str]]:
    for item in group.split(","):
        key, _, value = item.strip().partition("=")
        factor, _, kind = key.rpartition("-")
        if factor:
            yield factor, kind, value


def data_time(content: str) -> datetime | None:
    """Find the time of the data in Beijing time and give it in UTC."""
    for item in content.replace(",", ";").split(";"):
        key, _, text = item.partition("=")
        if key.strip() == "DataTime":
            return beijing_time(text)
    return None


def beijing_time(text: str) -> datetime | None:
    """Read YYYYMMDDhhmmss, with or without milliseconds, or give None."""
    if len(text) not in _TIME_DIGITS or not (text.isascii() and text.isdecimal()):
        return None
    ends = (4, 6, 8, 10, 12, 14)
    parts = [int(text[begin:end]) for begin, end in zip((0, *ends), ends, strict=False)]
    milliseconds = int(text[14:] or "0")
    try:
        local = datetime(*parts[:6], milliseconds * 1000, tzinfo=BEIJING)  # type: ignore[arg-type, misc]
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _status(station: str, taken_at: datetime, command: str, said: Content) -> ForeignStatus:
    detail = {"last": DATA[command]}
    for name, flag in said.flags.items():
        meaning = FLAGS.get(flag, _UNKNOWN)
        if meaning.qc is not Qc.PASS:
            detail[name] = f"{shown(flag)[1:-1]}: {meaning.what}"
    return ForeignStatus(station, True, taken_at, detail)  # noqa: FBT003


def _refused(incoming: Incoming, reason: str) -> Heard:
    return Heard(faults=(Fault(reason, incoming.payload),))

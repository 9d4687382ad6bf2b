"""Frames of SL 651 stations to samples: which sensor of which device each element is.

A station carries what are several devices to us, a rain gauge and a water-level gauge. One of
them may have the bare address of the station; the others have a `/` and a name of their own behind
it. An element is the sensor whose `sent_as` is its code; where no sensor says so, some codes have a
meaning that leaves no choice (`DEFAULTS`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType

from ingest.codecs.heard import ForeignSample, ForeignStatus, Heard, Incoming
from ingest.codecs.sample import Fault
from ingest.codecs.sl651.body import Body, Value, read_body
from ingest.codecs.sl651.frame import FUNCTIONS, KEEP_ALIVE, Frame, frames_of
from sensors.registry import Device, Registry

DOOR = "sl651"
DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "02": "temperature_degc",
        "22": "rain_mm",
        "26": "rain_total_mm",
        "27": "flow_m3s",
        "37": "velocity_ms",
        "38": "battery_v",
        "39": "stage_m",
        "F4": "rain_mm",
    }
)
_RAIN_5_MIN, _EVERY_MIN = "22", 5
_MAX_KEPT = 50_000


class Sl651Reader:
    """Reads the messages of SL 651 stations for one registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._homes: dict[tuple[str, str], tuple[str, str] | None] = {}

    def read(self, incoming: Incoming) -> Heard:
        """Read the frame of a message, or the frames of one in several packets."""
        found = message_of(incoming.payload)
        if isinstance(found, str):
            return _refused(incoming, found)
        frame, data = found
        body = read_body(frame.function, data)
        if isinstance(body, str):
            return _refused(incoming, body)
        if body.station and body.station != frame.station:
            said = f"the frame is of station {frame.station}, the report inside of {body.station}"
            return _refused(incoming, said)
        return Heard(
            samples=self._samples(frame.station, body.values),
            faults=[Fault(reason, incoming.payload) for reason in body.faults],
            statuses=() if incoming.is_replay else (_status(frame, body),),
            ignored="keep-alive" if frame.function == KEEP_ALIVE else "",
        )

    def _samples(self, station: str, values: Sequence[Value]) -> list[ForeignSample]:
        """Gather values by device and instant; a second value for the same stands by itself."""
        found: dict[tuple[str, datetime], dict[str, float]] = {}
        again: list[ForeignSample] = []
        for value in values:
            address, name = self._home(station, value)
            gathered = found.setdefault((address, value.taken_at), {})
            if name in gathered:
                again.append(ForeignSample(address, value.taken_at, {name: value.number}))
            else:
                gathered[name] = value.number
        first = [ForeignSample(address, at, given) for (address, at), given in found.items()]
        return first + again

    def _home(self, station: str, value: Value) -> tuple[str, str]:
        """Give the address and name of a value's sensor; its code where it has none."""
        is_off_grid = value.code == _RAIN_5_MIN and value.taken_at.minute % _EVERY_MIN
        key = (station, f"{value.code}!" if is_off_grid else value.code)
        if key not in self._homes:
            if len(self._homes) >= _MAX_KEPT:
                self._homes.clear()
            # Amounts that end within five minutes of F4 overlap it: they would count twice.
            usual = "" if is_off_grid else DEFAULTS.get(value.code, "")
            self._homes[key] = sensor_home(self._registry, station, value.code, usual)
        return self._homes[key] or (station, value.code)


def sensor_home(registry: Registry, station: str, code: str, usual: str) -> tuple[str, str] | None:
    """Find which of a station's devices has a sensor called `code`, else one called `usual`."""
    parts = list(_devices(registry, station))
    for name in (code, usual):
        for address, device in parts:
            if name in device.names:
                return address, name
    return (parts[0][0], code) if parts else None


def _devices(registry: Registry, station: str) -> Sequence[tuple[str, Device]]:
    own = registry.addressed(DOOR, station)
    found = [(station, own)] if own is not None else []
    for address in registry.addresses(DOOR):
        device = registry.addressed(DOOR, address)
        if address.startswith(f"{station}/") and device is not None:
            found.append((address, device))
    return found


def message_of(payload: bytes) -> tuple[Frame, bytes] | str:
    """Give the first frame and the whole body of a message, or say why it is none."""
    frames = frames_of(payload)
    if frames is None:
        return "not a whole frame of SL 651, nor several"
    for frame in frames:
        damage = frame.why_damaged
        if damage:
            return f"damaged on the way: {damage}"
    first = frames[0]
    if first.function not in FUNCTIONS:
        return f"function {first.function:02X} is not one that brings readings"
    if len(frames) > 1 and any(not _continue(one, other) for one, other in pairwise(frames)):
        return "several frames that are not the packets of one message"
    total = first.packet.total if first.packet else 1
    if total != len(frames):
        return f"{len(frames)} of {total} packets"
    return first, b"".join(frame.body for frame in frames)


def _continue(one: Frame, other: Frame) -> bool:
    if one.packet is None or other.packet is None:
        return False
    return (one.station, one.function, one.packet.total, one.packet.number + 1) == (
        other.station,
        other.function,
        *other.packet,
    )


def _status(frame: Frame, body: Body) -> ForeignStatus:
    detail = {"last": FUNCTIONS[frame.function], **body.status}
    return ForeignStatus(frame.station, True, body.sent_at, detail, True)  # noqa: FBT003


def _refused(incoming: Incoming, reason: str) -> Heard:
    return Heard(faults=(Fault(reason, incoming.payload),))

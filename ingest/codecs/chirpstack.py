"""ChirpStack v4 over MQTT in JSON: uplinks that a device profile has decoded, status and joins.

Topics are `application/{id}/device/{DevEUI}/event/{event}`; the address is the DevEUI. A sensor's
name is the dotted path of its value inside `object`. An uplink that comes a second time over
another gateway carries the frame counter of the first and gets its instant, so that it is
recognised as the same reading.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ingest.codecs.flat import NotAnObject, as_number, load_object, numbers
from ingest.codecs.heard import ForeignSample, ForeignStatus, Heard, Incoming
from ingest.codecs.instant import from_rfc3339
from ingest.codecs.sample import Fault, meant, named, shown

MAX_BYTES = 256 * 1024
EVENTS = ("up", "status", "join", "ack", "txack", "log", "location", "integration")
# One frame is repeated within this; later the counter has begun anew.
REPEATED_WITHIN = timedelta(minutes=5)
MAX_FRAMES = 64
_IGNORED = {
    "ack": "an acknowledgement of a downlink",
    "txack": "an acknowledgement of a gateway",
    "location": "a location that the network reckoned",
    "integration": "an answer of an integration",
}


class _Refused(ValueError):
    """The message cannot be used; the text says why."""


class Chirpstack:
    """Reads events of the devices whose DevEUI a site file names."""

    def __init__(self, addresses: Iterable[str]) -> None:
        """Take the addresses behind the door `chirpstack`."""
        self._frames: dict[str, OrderedDict[tuple[str, int], datetime]] = {
            each: OrderedDict() for each in addresses
        }

    def read(self, incoming: Incoming) -> Heard:
        """Read one event."""
        try:
            eui, event = _topic(incoming)
            if event in _IGNORED:
                return Heard(ignored=_IGNORED[event])
            body = load_object(incoming.payload, MAX_BYTES)
            _check_sender(body, eui)
            if event == "log":
                return Heard(ignored=f"a log entry of the network: {_word(body.get('code'))}")
            if event == "up":
                return self._read_up(eui, body, incoming)
            return self._read_other(eui, event, body, incoming)
        except (_Refused, NotAnObject) as fault:
            return Heard(faults=[Fault(str(fault), incoming.payload)])

    def _read_up(self, eui: str, body: dict[str, Any], incoming: Incoming) -> Heard:
        values = body.get("object")
        if not isinstance(values, dict):
            said = "`object` is missing: the device profile has no codec in ChirpStack"
            raise _Refused(f"{said}; give it one that returns the measured values")
        counter = body.get("fCnt")
        if counter is not None and not _is_counter(counter):
            raise _Refused(f"`fCnt` is {shown(counter)}; a whole number from 0 to 2^32-1 is needed")
        taken_at = _instant(body)
        is_reckoned = taken_at is None
        taken_at = taken_at or incoming.received_at
        if counter is not None and not incoming.is_replay:
            taken_at = self._first(eui, (_word(body.get("devAddr")), counter), taken_at)
        sample = ForeignSample(eui, taken_at, numbers(values), seq=counter, is_reckoned=is_reckoned)
        return Heard([sample])

    def _first(self, eui: str, frame: tuple[str, int], taken_at: datetime) -> datetime:
        """Give the instant of a frame as it came first; a counter that began anew is another."""
        frames = self._frames.get(eui)
        if frames is None:
            return taken_at
        first = frames.get(frame)
        if first is not None and abs(taken_at - first) <= REPEATED_WITHIN:
            return first
        frames[frame] = taken_at
        frames.move_to_end(frame)
        if len(frames) > MAX_FRAMES:
            frames.popitem(last=False)
        return taken_at

    def _read_other(self, eui: str, event: str, body: dict[str, Any], incoming: Incoming) -> Heard:
        """Read a join or a status: the device is there, and says how its battery is."""
        at = _instant(body)
        if event == "join" and not incoming.is_replay:
            self._frames.get(eui, OrderedDict()).clear()
        status = ForeignStatus(eui, is_online=True, at=at, detail=_detail(event, body))
        level = as_number(body.get("batteryLevel"))
        is_known = not (body.get("batteryLevelUnavailable") or body.get("externalPowerSource"))
        if event != "status" or level is None or not is_known:
            return Heard(statuses=[status])
        taken_at = at or incoming.received_at
        sample = ForeignSample(
            eui, taken_at, {"battery_pct": level}, {"battery_pct": "%"}, is_reckoned=at is None
        )
        return Heard([sample], statuses=[status])


def _topic(incoming: Incoming) -> tuple[str, str]:
    levels = incoming.levels
    if len(levels) < 4 or levels[-2] != "event" or levels[-4] != "device":
        raise _Refused("the topic is not application/{id}/device/{DevEUI}/event/{event}")
    if levels[-1] not in EVENTS:
        raise _Refused(f"'{named(levels[-1])}' is no event{meant(levels[-1], EVENTS)}")
    return levels[-3].lower(), levels[-1]


def _check_sender(body: Mapping[str, Any], eui: str) -> None:
    """Refuse what is not of version 4, and what is of another device than the topic says."""
    if "devEUI" in body or "objectJSON" in body:
        raise _Refused("this is JSON of ChirpStack v3; v4 is needed (`deviceInfo`, `object`)")
    info = body.get("deviceInfo")
    said = info.get("devEui") if isinstance(info, dict) else None
    if said is not None and str(said).lower() != eui:
        raise _Refused(f"`deviceInfo.devEui` is {shown(said)}, the topic says '{named(eui)}'")


def _instant(body: Mapping[str, Any]) -> datetime | None:
    """Give when the uplink was heard: `time`, else the earliest time of a gateway.

    Raises:
        _Refused: there is a time, and it is none.
    """
    if "time" in body:
        time = body["time"]
        at = from_rfc3339(time) if isinstance(time, str) else None
        if at is None:
            raise _Refused(f"`time` is {shown(time)}; RFC 3339 with a time zone is needed")
        return at
    heard = body.get("rxInfo")
    gateways = heard if isinstance(heard, list) else []
    times = [
        from_rfc3339(gateway[key])
        for gateway in gateways
        if isinstance(gateway, dict)
        for key in ("gwTime", "nsTime")
        if isinstance(gateway.get(key), str)
    ]
    return min((at for at in times if at is not None), default=None)


def _is_counter(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32


def _detail(event: str, body: Mapping[str, Any]) -> dict[str, str]:
    detail = {"said": event}
    for key in ("devAddr", "margin", "externalPowerSource", "batteryLevel"):
        if key in body:
            detail[key] = _word(body[key])
    return detail


def _word(value: object) -> str:
    return named(value) if isinstance(value, str) else shown(value)

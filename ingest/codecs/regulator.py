"""A regulator's JSON (v1.0): high formwork live and alarm, pit measurements, video addresses.

Told apart by their fields. Formwork: names as sent; an alarm is `warn` 1 at its instant. Pit: a
value of a watch point is called `{monitorType}/{watchPoint}`, its second value `…/ex`.
"""

from collections.abc import Mapping
from typing import Any

from ingest.codecs.flat import NotAnObject, load_object
from ingest.codecs.heard import ForeignSample, Heard, Incoming
from ingest.codecs.sample import Fault, shown
from ingest.codecs.vendor import MAX_BYTES, Refused, address_of, instant_of, numbers_of

FEED = "regulator"
FORMWORK = (
    "Power",
    "temperature",
    "load",
    "horizontalAngle",
    "coordinate",
    "translation",
    "settlement",
)
MONITOR_TYPES = range(1, 14)
MAX_WATCH_POINTS = 1_000
MAX_NAME = 64


def read(incoming: Incoming) -> Heard:
    """Read one message."""
    try:
        body = load_object(incoming.payload, MAX_BYTES)
        if "videoId" in body:
            return Heard(ignored="the address of a video")
        if "monitorType" in body:
            return Heard([_pit(body)])
        if "happenTime" in body:
            at = instant_of(body, "happenTime")
            return Heard([ForeignSample(address_of(FEED, body, "deviceId"), at, {"warn": 1.0})])
        return Heard([_formwork(body)])
    except (Refused, NotAnObject) as fault:
        return Heard(faults=[Fault(str(fault), incoming.payload)])


def _formwork(body: Mapping[str, Any]) -> ForeignSample:
    values = numbers_of(body, FORMWORK)
    if not values:
        raise Refused(f"none of {', '.join(FORMWORK)} is there: nothing was reported")
    at = instant_of(body, "collectionTime")
    return ForeignSample(address_of(FEED, body, "deviceId"), at, values)


def _pit(body: Mapping[str, Any]) -> ForeignSample:
    kind = numbers_of(body, ("monitorType",)).get("monitorType")
    if kind is None or kind not in MONITOR_TYPES:
        raise Refused(f"`monitorType` is {shown(body['monitorType'])}; 1 to 13 are known")
    entries = body.get("data")
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_WATCH_POINTS:
        raise Refused(f"`data` is no list of 1 to {MAX_WATCH_POINTS} watch points")
    values: dict[str, float] = {}
    for entry in entries:
        point = entry.get("watchPoint") if isinstance(entry, dict) else None
        if not isinstance(point, str | int) or not 0 < len(str(point)) <= MAX_NAME:
            raise Refused(f"a watch point is called {shown(point)}; a name is needed")
        name = f"{int(kind)}/{point}"
        found = numbers_of(entry, ("watchPointValue", "watchPointExValue"))
        if "watchPointValue" in found:
            values[name] = found["watchPointValue"]
        if "watchPointExValue" in found:
            values[f"{name}/ex"] = found["watchPointExValue"]
    if not values:
        raise Refused("no watch point has a value: nothing was reported")
    at = instant_of(body, "collectionTime")
    return ForeignSample(address_of(FEED, body, "deviceId", "dpCode"), at, values)

"""A crane vendor's alarm feed: one alarm raised or cleared, with what the crane did then.

Each alarm is a value of its own, called `alarm.{code}`: 1 raised, 0 cleared. So the state of each
is a function of the messages about it alone, whatever order they come in.
"""

from collections.abc import Mapping
from typing import Any

from ingest.codecs.flat import NotAnObject, load_object
from ingest.codecs.heard import ForeignSample, Heard, Incoming
from ingest.codecs.sample import Fault, shown
from ingest.codecs.vendor import MAX_BYTES, Refused, address_of, instant_of, numbers_of

FEED = "crane_alarm"
# The vendor's event codes (domain reference A8).
CODES: dict[int, str] = {
    11: "slew limit, left",
    12: "slew limit, right",
    13: "radius limit, in",
    14: "radius limit, out",
    15: "height limit, top",
    21: "other cranes, left",
    22: "other cranes, right",
    23: "other cranes, in",
    24: "other cranes, out",
    31: "no-lift zone, left",
    32: "no-lift zone, right",
    33: "no-lift zone, in",
    34: "no-lift zone, out",
    41: "no-entry zone, left",
    42: "no-entry zone, right",
    51: "load",
    61: "wind",
    71: "operated without login",
    81: "tilt",
}
NUMBERS = ("Moment", "Weight", "RatedWeight", "WindSpeed", "WindLevel", "RRange", "Height", "Angle")
_ACTIONS = {0: 0.0, 1: 1.0}
# The vendor's own spelling of the tilt, with its two directions.
_TILT = "Obliguity"


def read(incoming: Incoming) -> Heard:
    """Read one message."""
    try:
        body = load_object(incoming.payload, MAX_BYTES)
        values = numbers_of(body, (*NUMBERS, f"{_TILT}X", f"{_TILT}Y"))
        values |= _alarm(body)
        sample = ForeignSample(address_of(FEED, body, "HxzId"), instant_of(body, "RTime"), values)
        return Heard([sample])
    except (Refused, NotAnObject) as fault:
        return Heard(faults=[Fault(str(fault), incoming.payload)])


def _alarm(body: Mapping[str, Any]) -> dict[str, float]:
    if "AlarmType" not in body:
        return {}
    code, action = _whole(body, "AlarmType"), _whole(body, "AlarmAction")
    if code not in CODES:
        allowed = ", ".join(map(str, CODES))
        raise Refused(f"`AlarmType` {code} is not known; allowed: {allowed}")
    if action not in _ACTIONS:
        raise Refused(f"`AlarmAction` is {action}; 0 (cleared) or 1 (raised) is needed")
    return {f"alarm.{code}": _ACTIONS[action]}


def _whole(body: Mapping[str, Any], name: str) -> int:
    value = numbers_of(body, (name,)).get(name)
    if value is None or value != value // 1:
        raise Refused(f"`{name}` is {shown(body.get(name))}; a whole number is needed")
    return int(value)

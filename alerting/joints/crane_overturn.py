"""The signature of a crane that goes over (domain reference A6): three values, any may be a sign.

1. How fast the mast's tilt changes, over a second or more.
2. The share of its permitted load that the crane carries while the mast leans more than it may
   under load; 0 while it does not.
3. How far the mast springs when a load is gone from one moment to the next; 0 while none is.

What counts as a sign is in the rule pack. The last needs readings no more than 2 s apart: in slower
ones an ordinary setting down looks alike.
"""

from collections.abc import Iterator, Sequence
from math import hypot

from alerting.joint import Compute, Input, Joint, Seen
from sensors.recipes.crane import lifting_from_t
from sensors.registry import Device, Registry
from sensors.virtual.crane import LEANING_LOAD, REBOUND, TILT_RATE, shares_of

# Over what the three are taken (D); how much of each is too much is in the rule pack.
RATE_OVER_S, LOST_WITHIN_S, LOST_AT_LEAST_T = 1.0, 2.0, 1.0
_WINDOW_S = 5.0
TILTS = ("tilt_x_deg", "tilt_y_deg")


def overturn_joints(registry: Registry) -> Iterator[Joint]:
    """Make the joints of every crane that has the virtual sensors."""
    for device in registry.devices():
        known = device.points.get("", {})
        if device.kind != "crane" or TILT_RATE not in known:
            continue
        window_s = max(_WINDOW_S, 1.5 * device.every.total_seconds())
        yield _joint(device, TILT_RATE, (), tilt_rate(window_s))
        if LEANING_LOAD in known:
            sway_deg = known[LEANING_LOAD].design["sway_limit_deg"]
            yield _joint(device, LEANING_LOAD, shares_of(device), leaning_load(sway_deg))
        if REBOUND in known:
            empty_t = lifting_from_t(known[REBOUND].design)
            yield _joint(device, REBOUND, ("load_t",), rebound(window_s, empty_t))


def _joint(device: Device, output: str, beside: Sequence[str], compute: Compute) -> Joint:
    """Make a joint of the two tilts and what stands beside them."""
    known = device.points[""]
    every_s = device.every.total_seconds()
    inputs = tuple(
        Input(
            key=known[name].key,
            max_age_s=max(2.0, 1.5 * every_s),
            window_s=max(_WINDOW_S, 1.5 * every_s),
            is_trigger=name == TILTS[0],
        )
        for name in (*TILTS, *beside)
    )
    return Joint(
        output=known[output],
        inputs=inputs,
        compute=compute,
        is_watched=True,
        wants_all=True,  # while a sign cannot be judged, none being seen is no evidence
    )


def tilt_rate(window_s: float) -> Compute:
    """Make the function that gives degrees per second; None without two tilts in the window."""

    def compute(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        del time_s
        before = _before(seen[0], seen[1], window_s)
        return None if before is None else before[1] / before[0]

    return compute


def leaning_load(sway_deg: float) -> Compute:
    """Make the function that gives the greatest known share of the load while the mast leans."""

    def compute(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        del time_s
        x, y, *shares = seen
        if x is None or y is None or x.time_s != y.time_s:
            return None
        if hypot(x.value, y.value) <= sway_deg:
            return 0.0
        return max((share.value for share in shares if share is not None), default=None)

    return compute


def rebound(window_s: float, empty_t: float) -> Compute:
    """Make the function that gives degrees while a load is lost; None without two tilts."""

    def compute(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        del time_s
        before = _before(seen[0], seen[1], window_s)
        if before is None:
            return None
        load = seen[2]
        return before[1] if load is not None and _is_lost(load, empty_t) else 0.0

    return compute


def _before(x: Seen | None, y: Seen | None, window_s: float) -> tuple[float, float] | None:
    """Give how long ago the tilt was read a second or more before, and how far it has moved."""
    if x is None or y is None or x.time_s != y.time_s:
        return None
    times = x.history.times
    for place in range(x.place - 1, -1, -1):
        took_s = x.time_s - times[place]
        if took_s > window_s:
            return None
        if took_s >= RATE_OVER_S:
            there = y.place - (x.place - place)
            if there < 0 or y.history.times[there] != times[place]:
                return None
            moved = hypot(x.value - x.history.values[place], y.value - y.history.values[there])
            return took_s, moved
    return None


def _is_lost(load: Seen, empty_t: float) -> bool:
    """Say whether a load hung there within the last moments and is gone."""
    if load.value > empty_t:
        return False
    times, values = load.history.times, load.history.values
    for place in range(load.place - 1, -1, -1):
        if load.time_s - times[place] > LOST_WITHIN_S:
            return False
        if values[place] > empty_t + LOST_AT_LEAST_T:
            return True
    return False

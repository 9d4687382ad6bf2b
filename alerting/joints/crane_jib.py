"""Whether an idle crane's jib stays where it is while the wind blows (domain reference A5).

Out of service the slew brake is released and the jib turns out of the wind like a vane; a jib that
is held takes the wind from the side, for which no crane is made. The value is the mean wind while
the jib does not turn, and 0 while it does, so the limits are winds; while the crane lifts there is
none. It is told once a minute: what stands for minutes needs no more, and a crane speaks every
second.
"""

from collections.abc import Iterator, Sequence

from alerting.history import mean
from alerting.joint import Compute, Input, Joint, Seen
from sensors.recipes.crane import lifting_from_t
from sensors.registry import Device, Registry
from sensors.virtual.crane_jib import HELD_JIB, TOLD_EVERY, free_turn_deg

# An idle crane speaks every minute at least, so the window holds four readings of it. Fewer, or
# less than three quarters of the window, show no jib at rest: a late one may stand nearly alone.
_WINDOW_S, _COUNTS_S = 200.0, 60.0
_LEAST, _SPAN = 4, 0.75
_NAMES = ("slew_deg", "wind_ms", "load_t")


def jib_joints(registry: Registry) -> Iterator[Joint]:
    """Make the joint of every crane that has the virtual sensor."""
    for device in registry.devices():
        known = device.points.get("", {})
        if HELD_JIB in known:
            yield _joint(device)


def _joint(device: Device) -> Joint:
    known = device.points[""]
    every_s = device.every.total_seconds()
    window_s = max(_WINDOW_S, 3.5 * every_s)
    inputs = tuple(
        Input(
            key=known[name].key,
            max_age_s=max(_COUNTS_S, 1.5 * every_s),
            window_s=window_s,
            is_trigger=name == "slew_deg",
        )
        for name in _NAMES
        if name in known
    )
    design = known[HELD_JIB].design
    compute = held_jib(window_s, free_turn_deg(design), lifting_from_t(design))
    return Joint(
        output=known[HELD_JIB],
        inputs=inputs,
        compute=compute,
        wants_all=True,
        pace_s=TOLD_EVERY.total_seconds(),
    )


def held_jib(window_s: float, turn_deg: float, lifting_t: float) -> Compute:
    """Make the function that gives the mean wind in m/s while the jib is held, else 0.

    None while the crane lifts, without a wind, and where there are too few slews to compare.
    """

    def compute(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        slew, wind, *load = seen
        if slew is None or slew.time_s != time_s:
            return None
        if load and load[0] is not None and load[0].value > lifting_t:
            return None  # a load that swings in the storm must neither hide nor end it
        turned = _turned_deg(slew, window_s)
        if wind is None or turned is None:
            return None
        return mean(wind.history, wind.place, window_s) if turned < turn_deg else 0.0

    return compute


def _turned_deg(slew: Seen, window_s: float) -> float | None:
    """Give the angle between the outermost directions of the window; None where few are known.

    Directions count from the newest one, the short way: a jib that swings over north is not far.
    """
    history = slew.history
    first = history.window_start(slew.place, window_s)
    is_short = slew.time_s - history.times[first] < _SPAN * window_s
    if is_short or slew.place - first + 1 < _LEAST:
        return None
    newest = slew.value
    aside = [(v - newest + 180.0) % 360.0 for v in history.values[first : slew.place + 1]]
    return max(aside) - min(aside)

"""The signature of a crane that goes over (domain reference A6); any one of three signs is enough.

1. The mast's tilt changes faster than 0.2 degrees in a second, over a second or more.
2. The load is 110 % or more of what it may be while the mast leans more than it may under load.
3. A load is gone from one moment to the next, and the mast springs back.

The last needs readings no more than 2 s apart: in slower ones an ordinary setting down looks alike.
The numbers may be set in the site file where they depend on the crane (`sway_limit_deg`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot

from alerting.joint import Compute, Input, Joint, Seen
from sensors.recipes.crane import lifting_from_t
from sensors.registry import Device, Registry

# A6, D: the three signs. 1.34 H/100 at rated load is 0.77 degrees (V).
RATE_DEG_PER_S, RATE_OVER_S = 0.2, 1.0
OVERLOAD_PCT = 110.0
SWAY_DEG = 0.77
LOST_WITHIN_S, REBOUND_DEG = 2.0, 0.2
_WINDOW_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What counts on one crane."""

    sway_deg: float
    empty_t: float


def overturn_joints(registry: Registry) -> Iterator[Joint]:
    """Make the joint of every crane that has the virtual sensor."""
    for device in registry.devices():
        output = device.points.get("", {}).get("overturn_sign")
        if output is not None and output.derived:
            yield _joint(device)


def _joint(device: Device) -> Joint:
    known = device.points[""]
    every_s = device.every.total_seconds()
    max_age_s, window_s = max(2.0, 1.5 * every_s), max(_WINDOW_S, 1.5 * every_s)
    names = ["tilt_x_deg", "tilt_y_deg"]
    load_at = pct_at = None
    if "load_t" in known:
        load_at = len(names)
        names.append("load_t")
    pct = next((name for name in ("chart_pct", "moment_pct") if name in known), None)
    if pct is not None:
        pct_at = len(names)
        names.append(pct)
    inputs = tuple(
        Input(
            key=known[name].key,
            max_age_s=max_age_s,
            window_s=window_s,
            is_trigger=name == "tilt_x_deg",
        )
        for name in names
    )
    design = known["tilt_x_deg"].design
    signs = Signs(sway_deg=design.get("sway_limit_deg", SWAY_DEG), empty_t=lifting_from_t(design))
    compute = overturn(signs, window_s, load_at, pct_at)
    return Joint(
        output=known["overturn_sign"],
        inputs=inputs,
        compute=compute,
        is_watched=True,
        wants_all=True,  # while one of the signs cannot be judged, none being seen is no evidence
    )


def overturn(signs: Signs, window_s: float, load_at: int | None, pct_at: int | None) -> Compute:
    """Make the function that gives 1 while a sign is seen, else 0; None without two tilts."""

    def compute(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        del time_s
        x, y = seen[0], seen[1]
        if x is None or y is None or x.time_s != y.time_s:
            return None
        load = seen[load_at] if load_at is not None else None
        pct = seen[pct_at] if pct_at is not None else None
        if (
            pct is not None
            and pct.value >= OVERLOAD_PCT
            and hypot(x.value, y.value) > signs.sway_deg
        ):
            return 1.0
        before = _before(x, y, window_s)
        if before is None:
            return None
        took_s, moved_deg = before
        if took_s >= RATE_OVER_S and moved_deg > RATE_DEG_PER_S * took_s:
            return 1.0
        return 1.0 if load is not None and _is_lost(load, signs, moved_deg) else 0.0

    return compute


def _before(x: Seen, y: Seen, window_s: float) -> tuple[float, float] | None:
    """Give how long ago the tilt was read a second or more before, and how far it has moved."""
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


def _is_lost(load: Seen, signs: Signs, moved_deg: float) -> bool:
    """Say whether a load hung there within the last moments and is gone, and the mast sprang."""
    if load.value > signs.empty_t or moved_deg < REBOUND_DEG:
        return False
    times, values = load.history.times, load.history.values
    for place in range(load.place - 1, -1, -1):
        if load.time_s - times[place] > LOST_WITHIN_S:
            return False
        if values[place] > signs.empty_t + 1.0:
            return True
    return False

"""A borehole as a whole: the greatest movement of its points, where it is, and the whole profile.

A point that has been silent for too long is left out; the output is then doubtful, so that it may
raise and never clears, and the alert names the points that are missing.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from alerting.history import History
from alerting.joint import Input, Joint, Seen
from alerting.model import Remark
from sensors.model import SensorKey
from sensors.registry import Device, Registry, Sensor
from sensors.virtual.ground import DEEPEST, boreholes

SILENT_INTERVALS = 3


class ProfilePoint(NamedTuple):
    """One depth of a profile; without value and time where nothing recent is known."""

    depth_m: float
    value_mm: float | None
    time_s: float | None


def borehole_joints(registry: Registry) -> Iterable[Joint]:
    """Make the virtual sensor of every borehole."""
    for device in registry.devices():
        for hole, points in boreholes(device).items():
            output = device.points.get(hole, {}).get(DEEPEST)
            if output is not None:
                yield Joint(
                    output=output,
                    inputs=tuple(
                        Input(key=sensor.key, max_age_s=max_age_s(sensor))
                        for sensor in points.values()
                    ),
                    compute=greatest,
                    wants_all=True,
                )


def max_age_s(sensor: Sensor) -> float:
    """Give how long a point's reading counts for the profile."""
    return SILENT_INTERVALS * sensor.every.total_seconds()


def greatest(time_s: float, seen: Sequence[Seen | None]) -> float | None:
    """Give the value farthest from zero, with its sign; None while no point is known."""
    del time_s
    values = [entry.value for entry in seen if entry is not None]
    return max(values, key=abs) if values else None


def profile(
    points: Mapping[float, Sensor], history_of: Callable[[SensorKey], History | None], at_s: float
) -> list[ProfilePoint]:
    """Give every depth's newest value at an instant, from the top down."""
    found: list[ProfilePoint] = []
    for depth_m, sensor in sorted(points.items()):
        history = history_of(sensor.key)
        place = -1 if history is None else bisect_right(history.times, at_s) - 1
        if history is None or place < 0 or at_s - history.times[place] > max_age_s(sensor):
            found.append(ProfilePoint(depth_m, None, None))
        else:
            found.append(ProfilePoint(depth_m, history.values[place], history.times[place]))
    return found


def profile_words(hole: str, points: Sequence[ProfilePoint]) -> Remark:
    """Say where a borehole moved most, and which points are missing.

    >>> profile_words("CX3", [ProfilePoint(5.0, 2.0, 0.0), ProfilePoint(7.5, 8.0, 0.0)]).en
    'borehole CX3 moved most at 7.5 m: 8 mm'
    """
    known = {point.depth_m: point.value_mm for point in points if point.value_mm is not None}
    if not known:
        said = f"borehole {hole}: no point has a recent value"
        return Remark(said, f"测斜孔{hole}各测点均无近期数据")
    depth_m = max(known, key=lambda depth_m: abs(known[depth_m]))
    most = f"{known[depth_m]:.3g} mm"
    text = f"borehole {hole} moved most at {depth_m:g} m: {most}"
    zh = f"测斜孔{hole}最大位移在{depth_m:g} m深处，为{most}"
    missing = [f"{point.depth_m:g} m" for point in points if point.value_mm is None]
    if missing:
        text += f"; nothing recent from {', '.join(missing)}"
        zh += f"；{'、'.join(missing)}处无近期数据"
    return Remark(text, zh)


def holes_of(devices: Iterable[Device]) -> list[tuple[Device, str, dict[float, Sensor]]]:
    """List the boreholes of devices, with their points by depth."""
    return [(d, hole, points) for d in devices for hole, points in boreholes(d).items()]

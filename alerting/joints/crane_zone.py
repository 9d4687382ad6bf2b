"""How far a crane is off a no-lift or no-entry zone; negative inside.

An empty hook may be in a no-lift zone: without a load the distance is told as 500 m, the most there
is, so that a load set down outside or taken off inside ends the alert.
"""

from collections.abc import Iterator, Sequence
from math import inf

from alerting.joint import Compute, Input, Joint, Seen
from alerting.joints.crane_pose import Eye, eye_for
from sensors.crane.frame import Frame
from sensors.crane.geometry import Part, parts_of
from sensors.crane.zone import Corner, Zone, ZoneKind, beam_off_m, off_m
from sensors.recipes.crane import lifting_from_t
from sensors.registry import Device, Registry, Site

FAR_M = 500.0


def zone_joints(registry: Registry) -> Iterator[Joint]:
    """Make the joints of every crane and zone that have their virtual sensor."""
    for site in registry.sites.values():
        zones = {zone.id: zone for zone in site.zones}
        for device in site.devices:
            for point in device.points if device.kind == "crane" else ():
                if point in zones and (joint := _joint(site, device, zones[point])) is not None:
                    yield joint


def _joint(site: Site, device: Device, zone: Zone) -> Joint | None:
    output = device.points[zone.id].get(f"{zone.kind}_m")
    eye = eye_for(device, site.position)
    if output is None or eye is None or not output.derived:
        return None
    frame = Frame(site.position)
    corners = tuple(frame.xy_m(corner) for corner in zone.corners)
    top_m = inf if zone.top_m is None else zone.top_m
    if zone.kind is ZoneKind.NO_ENTRY:
        compute = entry(eye, corners, top_m)
        return Joint(output=output, inputs=eye.inputs, compute=compute, is_watched=True)
    load = device.points[""]["load_t"]
    loaded = Input(key=load.key, max_age_s=eye.fresh_s)
    compute = lift(eye, corners, top_m, lifting_from_t(load.design))
    inputs = (*eye.inputs, loaded)
    return Joint(output=output, inputs=inputs, compute=compute, is_watched=True)


def entry(eye: Eye, corners: Sequence[Corner], top_m: float) -> Compute:
    """Make the function that gives how far jib, counter-jib and hook are off a zone.

    A mast stands where it stands; that of a crane on a rail may be driven into a zone.
    """
    on_rail = (Part.CARRIAGE,) if eye.tower.rail is not None else ()
    beams = (Part.JIB, Part.TAIL, *on_rail)

    def compute(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        pose = eye.pose(time_s, seen)
        if pose is None:
            return None
        parts = parts_of(eye.tower, pose)
        nearest = off_m(corners, top_m, parts[Part.ROPE][1])
        for part in beams:
            (x, y, z), (x2, y2, z2) = parts[part]
            off = beam_off_m(corners, top_m, ((x, y), (x2, y2)), min(z, z2))
            nearest = min(nearest, off - eye.tower.half_width_m)
        return _bounded(nearest)

    return compute


def lift(eye: Eye, corners: Sequence[Corner], top_m: float, loaded_from_t: float) -> Compute:
    """Make the function that gives how far a loaded hook is off a zone."""

    def compute(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        pose, load = eye.pose(time_s, seen[:-1]), seen[-1]
        if pose is None or load is None:
            return None
        off = off_m(corners, top_m, parts_of(eye.tower, pose)[Part.ROPE][1])
        is_loaded = load.value > loaded_from_t
        return _bounded(off if is_loaded else FAR_M)

    return compute


def _bounded(off_m: float) -> float:
    return max(-FAR_M, min(off_m, FAR_M))

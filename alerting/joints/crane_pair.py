"""Anti-collision (群塔防碰撞): how near two cranes are, and how soon they would touch.

The distance is that of where both last said they are. The time to contact carries both on to the
same instant at the speeds of their last two readings, and asks how fast they close.
"""

from collections.abc import Iterator, Sequence

from alerting.joint import Compute, Joint, Seen
from alerting.joints.crane_pose import Eye, eye_for
from sensors.crane.geometry import Pose, Test, clearance_m, compared_parts
from sensors.registry import Device, Registry, Site
from sensors.virtual.crane import room_m

NOT_SOON_S = 600.0
FAR_M = 500.0
_CLOSING_MS = 0.05  # slower is noise of the encoders
_AHEAD_S = 1.0


def pair_joints(registry: Registry) -> Iterator[Joint]:
    """Make the joints of every pair of cranes that has its virtual sensors."""
    for site in registry.sites.values():
        cranes = {device.id: device for device in site.devices if device.kind == "crane"}
        for device in cranes.values():
            for point, sensors in device.points.items():
                if point in cranes and "clearance_m" in sensors:
                    yield from _joints(site, device, cranes[point])


def _joints(site: Site, device: Device, partner: Device) -> Iterator[Joint]:
    eye, eye2 = eye_for(device, site.position), eye_for(partner, site.position)
    if eye is None or eye2 is None:
        return
    tests = compared_parts(eye.tower, eye2.tower, room_m(device, partner))
    functions = {"clearance_m": clearance(eye, eye2, tests), "contact_s": contact(eye, eye2, tests)}
    sensors = device.points[partner.id]
    for quantity, compute in functions.items():
        inputs = (*eye.inputs, *eye2.inputs)
        output = sensors[quantity]
        if output.derived:
            yield Joint(output=output, inputs=inputs, compute=compute, is_watched=True)


def clearance(one: Eye, other: Eye, tests: Sequence[Test]) -> Compute:
    """Make the function that gives the distance between two cranes."""
    n_inputs = len(one.inputs)

    def compute(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        pose, pose2 = one.pose(time_s, seen[:n_inputs]), other.pose(time_s, seen[n_inputs:])
        if pose is None or pose2 is None:
            return None
        return min(clearance_m((one.tower, pose), (other.tower, pose2), tests), FAR_M)

    return compute


def contact(one: Eye, other: Eye, tests: Sequence[Test]) -> Compute:
    """Make the function that gives the time to contact at the present speeds."""
    n_inputs = len(one.inputs)

    def compute(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        mine, theirs = seen[:n_inputs], seen[n_inputs:]
        pose, pose2 = one.pose(time_s, mine), other.pose(time_s, theirs)
        motion, motion2 = one.motion(time_s, mine), other.motion(time_s, theirs)
        if pose is None or pose2 is None or motion is None or motion2 is None:
            return None
        age_s, age2_s = _age_s(time_s, mine), _age_s(time_s, theirs)
        here, there = _moved(pose, motion, age_s), _moved(pose2, motion2, age2_s)
        now_m = clearance_m((one.tower, here), (other.tower, there), tests)
        here, there = _moved(here, motion, _AHEAD_S), _moved(there, motion2, _AHEAD_S)
        soon_m = clearance_m((one.tower, here), (other.tower, there), tests)
        closing_ms = (now_m - soon_m) / _AHEAD_S
        if now_m == 0.0:
            return 0.0
        return min(now_m / closing_ms, NOT_SOON_S) if closing_ms > _CLOSING_MS else NOT_SOON_S

    return compute


def _age_s(time_s: float, seen: Sequence[Seen | None]) -> float:
    slew = seen[0]
    return time_s - slew.time_s if slew is not None else 0.0


def _moved(pose: Pose, motion: Pose, seconds: float) -> Pose:
    if not seconds:
        return pose
    return Pose(
        pose.slew_deg + motion.slew_deg * seconds,
        max(pose.radius_m + motion.radius_m * seconds, 0.0),
        pose.hook_m + motion.hook_m * seconds,
        pose.jib_deg + motion.jib_deg * seconds,
        pose.travel_m + motion.travel_m * seconds,
    )

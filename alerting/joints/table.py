"""Every maker of virtual sensors; a new one is a line here."""

from collections.abc import Callable, Iterable

from alerting.joint import Joint
from alerting.joints.borehole import borehole_joints
from alerting.joints.crane_jib import jib_joints
from alerting.joints.crane_overturn import overturn_joints
from alerting.joints.crane_pair import pair_joints
from alerting.joints.crane_zone import zone_joints
from alerting.joints.settlement import settlement_joints
from alerting.joints.vehicle_water import water_joints
from sensors.registry import Registry

MAKERS: tuple[Callable[[Registry], Iterable[Joint]], ...] = (
    pair_joints,
    zone_joints,
    overturn_joints,
    jib_joints,
    borehole_joints,
    settlement_joints,
    water_joints,
)


def joints_for(registry: Registry) -> list[Joint]:
    """Make every virtual sensor of a registry."""
    return [joint for make in MAKERS for joint in make(registry)]

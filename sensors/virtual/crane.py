"""The virtual sensors of a site's cranes: pairs that could meet, zones in reach, overturning.

Works on the devices of one site. Gives them back with the sensors added, and with the reason where
a pair or a zone cannot be judged. `alerting.joints` computes the values.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import hypot

from sensors.crane.frame import Frame
from sensors.crane.geometry import Tower, compared_parts
from sensors.crane.zone import Zone, path_off_m
from sensors.model import Position
from sensors.registry import Device, Sensor, Site
from sensors.virtual.crane_jib import HELD_JIB, jib_sensor
from sensors.virtual.crane_rail import rail_of, travels, zero_of
from sensors.virtual.make import virtual_of

# Where a site file says nothing (confidence D): a cathead of 6 m, parts 1.6 m wide, and 2 m that
# must stay between any two parts (GB 5144, domain reference A7).
CATHEAD_M, HALF_WIDTH_M, ROOM_M = 6.0, 0.8, 2.0
# The permitted elastic sway at rated load (A6, V) is 1.34 H/100, which is 0.77 degrees.
SWAY_DEG = 0.77
# The signs of a crane that goes over (A6).
TILT_RATE, LEANING_LOAD, REBOUND = "tilt_rate_deg_per_s", "leaning_load_pct", "rebound_deg"
NEEDED = ("jib_length_m", "counter_jib_m", "mast_height_m", "base_elevation_m")
MOVES = ("slew_deg", "radius_m", "hook_height_m")
# Nobody has a crane that reaches farther: what lacks its numbers is a neighbour within twice this.
_FARTHEST_REACH_M = 80.0
_ZONE_NEAR_M = 10.0

Added = dict[str, list[Sensor]]  # by crane
Lacking = dict[str, dict[str, str]]  # by crane: what cannot be judged, and why


def with_virtual(site: Site) -> Site:
    """Give the site with the virtual sensors of its cranes."""
    cranes = [device for device in site.devices if device.kind == "crane"]
    added: Added = {}
    missing: Lacking = {}
    _add_pairs(site, cranes, added, missing)
    for crane in cranes:
        _add_zones(site, crane, added, missing)
        _add_signs(crane, added, missing)
        _add_jib(crane, added, missing)
    if not added and not missing:
        return site
    devices = [
        _with(device, added.get(device.id, ()), missing.get(device.id, {}))
        for device in site.devices
    ]
    return replace(site, devices=tuple(devices))


def _add_pairs(site: Site, cranes: Sequence[Device], added: Added, missing: Lacking) -> None:
    """Add the sensors of every pair that could meet; a crane that lacks numbers says so once."""
    known = {crane.id: tower_of(crane, site.position) for crane in cranes}
    for one, other in combinations(cranes, 2):
        tower, tower2 = known[one.id], known[other.id]
        if zero_of(one) == zero_of(other) and not _both_travel(tower, tower2):
            why = f"{one.id} and {other.id} have the same position; give each its own"
            missing.setdefault(one.id, {})[f"{other.id}/clearance_m"] = why
        elif isinstance(tower, Tower) and isinstance(tower2, Tower):
            if compared_parts(tower, tower2, room_m(one, other)):
                added.setdefault(one.id, []).extend(_pair_sensors(one, other))
        elif _may_meet(one, other, site.position):
            for crane in (one, other):
                if isinstance(lacking := known[crane.id], str):
                    missing.setdefault(crane.id, {})["neighbours/clearance_m"] = lacking


def _both_travel(tower: Tower | str, tower2: Tower | str) -> bool:
    """Say whether both go along rails: one and the same rail gives both the same position."""
    both = (tower, tower2)
    return all(isinstance(each, Tower) and each.rail is not None for each in both)


def _add_zones(site: Site, crane: Device, added: Added, missing: Lacking) -> None:
    for zone in site.zones:
        why = _why_not_zone(crane, zone, site.position)
        if why is None:
            added.setdefault(crane.id, []).append(_zone_sensor(crane, zone))
        elif why:
            missing.setdefault(crane.id, {})[f"{zone.id}/{zone.kind}_m"] = why


def _with(device: Device, sensors: Iterable[Sensor], missing: Mapping[str, str]) -> Device:
    known = {sensor.key for sensor in device.sensors}
    new = [sensor for sensor in sensors if sensor.key not in known]
    return replace(device, sensors=(*device.sensors, *new), missing={**device.missing, **missing})


def tower_of(device: Device, home: Position) -> Tower | str:
    """Give a crane as a body in the frame of its site's position, or say what is missing."""
    sensors = device.points.get("", {})
    lacking = [name for name in MOVES if name not in sensors]
    if lacking:
        return f"{device.id} has no {' and no '.join(lacking)}"
    design = sensors["slew_deg"].design
    lacking = [name for name in NEEDED if name not in design]
    if lacking:
        return f"the site file gives no {' and no '.join(lacking)} for {device.id}"
    rail = rail_of(device, design)
    if isinstance(rail, str):
        return rail
    x_m, y_m = Frame(home).xy_m(zero_of(device))
    jib_foot_m = design["base_elevation_m"] + design["mast_height_m"]
    return Tower(
        x_m=x_m,
        y_m=y_m,
        base_m=design["base_elevation_m"],
        jib_foot_m=jib_foot_m,
        head_m=jib_foot_m + design.get("cathead_height_m", CATHEAD_M),
        jib_m=design["jib_length_m"],
        tail_m=design["counter_jib_m"],
        low_hook_m=design["base_elevation_m"] + design.get("hook_low_m", 0.0),
        is_luffing="jib_angle_deg" in sensors,
        half_width_m=design.get("half_width_m", HALF_WIDTH_M),
        rail=rail,
    )


def _may_meet(one: Device, other: Device, home: Position) -> bool:
    """Say whether two cranes, of one of which not all is known, could be near enough to meet."""
    if travels(one) or travels(other):
        return True
    frame = Frame(home)
    (x, y), (x2, y2) = frame.xy_m(one.position), frame.xy_m(other.position)
    return hypot(x - x2, y - y2) <= 2 * _FARTHEST_REACH_M


def room_m(one: Device, other: Device) -> float:
    """Give the room that must stay between two cranes."""
    designs = [device.points[""]["slew_deg"].design for device in (one, other)]
    return max(design.get("clearance_min_m", ROOM_M) for design in designs)


def _pair_sensors(one: Device, other: Device) -> list[Sensor]:
    says = f"nearest parts of {one.id} and {other.id}, from where both say they are"
    return [
        virtual_of(one, other.id, "clearance_m", says),
        virtual_of(one, other.id, "contact_s", f"{says}, and how fast they move; 600 is not soon"),
    ]


def _why_not_zone(crane: Device, zone: Zone, home: Position) -> str | None:
    tower = tower_of(crane, home)
    if isinstance(tower, str):
        return tower
    if zone.kind == "no_lift" and "load_t" not in crane.points[""]:
        return f"{crane.id} has no load_t"
    frame = Frame(home)
    corners = [frame.xy_m(corner) for corner in zone.corners]
    reach_m = max(tower.jib_m, tower.tail_m) + _ZONE_NEAR_M
    (x, y, _), (x2, y2, _) = tower.axes
    return None if path_off_m(corners, ((x, y), (x2, y2))) <= reach_m else ""


def _zone_sensor(crane: Device, zone: Zone) -> Sensor:
    what = "loaded hook" if zone.kind == "no_lift" else "jib, counter-jib or hook"
    return virtual_of(crane, zone.id, f"{zone.kind}_m", f"{what} to the edge of zone {zone.name}")


def _add_signs(crane: Device, added: Added, missing: Lacking) -> None:
    """Add the three signs of a crane that goes over, or say which input is missing."""
    known = crane.points.get("", {})
    if not {"tilt_x_deg", "tilt_y_deg"} <= set(known):
        return
    signs = added.setdefault(crane.id, [])
    signs.append(virtual_of(crane, "", TILT_RATE, "how fast tilt_x_deg and tilt_y_deg change"))
    if not (shares := shares_of(crane)):
        lacking = "the crane has no moment_pct and no load chart"
        missing.setdefault(crane.id, {})[LEANING_LOAD] = lacking
    else:
        sway_deg = known["tilt_x_deg"].design.get("sway_limit_deg", SWAY_DEG)
        says = f"{' or '.join(shares)} while the mast leans more than {sway_deg:g} deg, else 0"
        signs.append(virtual_of(crane, "", LEANING_LOAD, says, {"sway_limit_deg": sway_deg}))
    if "load_t" not in known:
        missing.setdefault(crane.id, {})[REBOUND] = "the crane has no load_t"
    else:
        says = "how far the mast springs when a load is gone at once, else 0"
        signs.append(virtual_of(crane, "", REBOUND, says))


def _add_jib(crane: Device, added: Added, missing: Lacking) -> None:
    made = jib_sensor(crane)
    if isinstance(made, str):
        missing.setdefault(crane.id, {})[HELD_JIB] = made
    elif made is not None:
        added.setdefault(crane.id, []).append(made)


def shares_of(crane: Device) -> list[str]:
    """Name the quantities that say what share of its permitted load a crane carries."""
    known = crane.points.get("", {})
    return [name for name in ("chart_pct", "moment_pct") if name in known]

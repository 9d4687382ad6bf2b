"""Which cranes stand beside a crane, and where its jib does not go in ordinary work."""

import math

from firmware_sim.physics.apart import Stand, stand
from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec

# Cranes whose circles come this near are neighbours; those written down at one spot are not.
_APART_M = 12.0
_SAME_SPOT_M = 5.0
_MAX_NEIGHBOURS = 6

Neighbours = list[tuple[DeviceSpec, Stand]]


def turned(angle_deg: float) -> float:
    """Bring an angle between -180 and 180 degrees."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def neighbours(spec: DeviceSpec, place: Stand | None, world: World) -> Neighbours:
    """Give the cranes beside one, nearest first."""
    found: Neighbours = []
    if place is None:
        return found
    for other in world.devices:
        if (other.site, other.kind) != (spec.site, "crane") or other.id == spec.id:
            continue
        theirs = stand(other, other.design.get("jib_length_m", 50.0))
        if theirs is None:
            continue
        reach_m = place.jib_m + theirs.jib_m + _APART_M
        if place.away(theirs)[0] > _SAME_SPOT_M and place.nearest_m(theirs) < reach_m:
            found.append((other, theirs))
    return sorted(found, key=lambda entry: place.away(entry[1])[0])[:_MAX_NEIGHBOURS]


def barred(
    spec: DeviceSpec, mine: Stand | None, beside: Neighbours, keep_clear_m: float
) -> list[tuple[float, float]]:
    """Give the middle and half width of every sector in which the jib must not be.

    These are where it would enter a neighbour's circle, and the site file's own sector
    (`x_keep_off_from_deg` to `x_keep_off_to_deg`, clockwise from north).
    """
    found: list[tuple[float, float]] = []
    if "x_keep_off_from_deg" in spec.design:
        begin, end = spec.design["x_keep_off_from_deg"], spec.design["x_keep_off_to_deg"]
        half = ((end - begin) % 360.0) / 2.0
        found.append((begin + half, half))
    if mine is not None:
        found += [_circle(mine, place, keep_clear_m) for _, place in beside]
    return found


def _circle(mine: Stand, place: Stand, keep_clear_m: float) -> tuple[float, float]:
    apart_m, azimuth = mine.away(place)
    widest_m = place.jib_m + keep_clear_m
    cosine = (apart_m**2 + mine.jib_m**2 - widest_m**2) / (2.0 * apart_m * mine.jib_m)
    return azimuth, math.degrees(math.acos(min(max(cosine, -0.3), 1.0)))

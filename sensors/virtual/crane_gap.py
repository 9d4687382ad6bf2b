"""Cranes that stand too near above one another: a warning of the site file (domain reference A7).

The lowest part of the higher crane with its hook fully up must stay at least 2 m above the highest
part of the lower one that it reaches. This is about how cranes were put up; how near they are at an
instant is a virtual sensor's business.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from sensors.crane.geometry import Tower, apart_m
from sensors.fault import Fault
from sensors.registry import Device, Site
from sensors.virtual.crane import room_m, tower_of


class Gap(NamedTuple):
    """What is left between two cranes above one another, and which part of the lower it is."""

    metres: float
    part: str


def gap_faults(sites: Iterable[Site]) -> Iterator[Fault]:
    """Warn of every pair of cranes with too little room above one another."""
    for site in sites:
        cranes = [device for device in site.devices if device.kind == "crane"]
        for one, other in combinations(cranes, 2):
            tower, tower2 = tower_of(one, site.position), tower_of(other, site.position)
            if isinstance(tower, Tower) and isinstance(tower2, Tower):
                pair = [(tower, one), (tower2, other)]
                pair.sort(key=lambda entry: (-entry[0].jib_foot_m, entry[1].id))
                yield from _of_pair(*pair)


def _of_pair(high: tuple[Tower, Device], low: tuple[Tower, Device]) -> Iterator[Fault]:
    gap, room = gap_between(high[0], low[0]), room_m(high[1], low[1])
    if gap is None or gap.metres >= room:
        return
    place = high[1].points[""]["slew_deg"].design_from["mast_height_m"].place
    far = f"{abs(gap.metres):.1f} m {'above' if gap.metres >= 0.0 else 'below'}"
    what = f"the jib of {high[1].id} comes over {low[1].id}, {far} the top of its {gap.part}"
    allowed = f"at least {room:g} m (GB 5144 10.5, or clearance_min_m)"
    fix = "mend the heights here if they are wrong, else keep the two apart by their work plan"
    yield Fault(place.file, place.line, what, allowed, fix, is_warning=True)


def gap_between(high: Tower, low: Tower) -> Gap | None:
    """Give the room below the higher crane; None where they cannot come above one another."""
    nearest_m, reach_m = apart_m(high, low), max(high.jib_m, high.tail_m)
    if nearest_m <= reach_m:
        return Gap(high.jib_foot_m - low.head_m, "cathead")
    if nearest_m <= reach_m + max(low.jib_m, low.tail_m):
        return Gap(high.jib_foot_m - low.top_of_jib_m, "jib")
    return None

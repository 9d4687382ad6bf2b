"""The scripted events of a scenario: their names, parameters with bounds, and their targets."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple


class Param(NamedTuple):
    """One parameter of an event: default and bounds, in the unit its name says."""

    default: float
    low: float
    high: float


class Deed(NamedTuple):
    """One thing that can happen: which kinds of device it touches, and its parameters."""

    what: str
    kinds: tuple[str, ...]
    params: dict[str, Param]


_LASTING = Param(1800.0, 10.0, 864000.0)
ANY: tuple[str, ...] = ()

# Durations are seconds here and written as 90s, 20m, 3h in the file.
DEEDS: dict[str, Deed] = {
    "rain_storm": Deed(
        "rain over a site or the district, as a trapezoid with gusts",
        ("rain", "water_level", "pit"),
        {
            "peak_mm_per_h": Param(60.0, 0.5, 300.0),
            "rise": Param(1200.0, 1.0, 864000.0),
            "hold": Param(3600.0, 0.0, 864000.0),
            "fall": Param(3600.0, 1.0, 864000.0),
            "spread": Param(0.15, 0.0, 0.9),
        },
    ),
    "wind": Deed(
        "wind at jib height rises to a mean, with gusts, and falls again",
        ("crane", "hoist"),
        {
            "mean_ms": Param(14.0, 0.0, 60.0),
            "turbulence": Param(0.12, 0.0, 0.5),
            "rise": Param(240.0, 1.0, 864000.0),
            "hold": Param(2400.0, 0.0, 864000.0),
            "fall": Param(1800.0, 1.0, 864000.0),
        },
    ),
    "river_rise": Deed(
        "a flood wave passes; its crest stands above the warning stage",
        ("water_level",),
        {
            "over_warning_m": Param(0.4, -5.0, 10.0),
            "rise": Param(5400.0, 60.0, 864000.0),
        },
    ),
    "pond": Deed(
        "the pumps stop: only little drains away while this lasts",
        ("water_level",),
        {"drain_mm_per_h": Param(10.0, 0.0, 200.0), "lasting": Param(7200.0, 10.0, 864000.0)},
    ),
    "pit_creep": Deed(
        "horizontal wall displacement accelerates to a share of its limit (tertiary creep)",
        ("pit",),
        {"to_pct": Param(108.0, 1.0, 300.0), "over": Param(6000.0, 60.0, 8640000.0)},
    ),
    "strut_load": Deed(
        "strut force climbs to a share of its limit",
        ("pit",),
        {"to_pct": Param(90.0, 1.0, 300.0), "over": Param(3600.0, 60.0, 8640000.0)},
    ),
    "groundwater": Deed(
        "groundwater outside the pit is drawn down to a share of its limit",
        ("pit",),
        {"to_pct": Param(100.0, 1.0, 300.0), "over": Param(3600.0, 60.0, 8640000.0)},
    ),
    "pour": Deed(
        "concrete is poured: formwork settles and leans to a share of its alarm value",
        ("formwork",),
        {"to_pct": Param(70.0, 1.0, 300.0), "over": Param(3600.0, 10.0, 864000.0)},
    ),
    "danger": Deed(
        "somebody sees a danger sign and presses the button",
        ("pit", "formwork"),
        {"lasting": _LASTING},
    ),
    "overload": Deed(
        "a crane or hoist lifts more than it may",
        ("crane", "hoist"),
        {"pct": Param(105.0, 1.0, 300.0), "lasting": Param(300.0, 10.0, 864000.0)},
    ),
    "near_miss": Deed(
        "the jib comes as near as this to another crane",
        ("crane",),
        {"clearance_m": Param(4.0, 0.0, 500.0), "lasting": Param(120.0, 10.0, 864000.0)},
    ),
    "lean": Deed(
        "the mast leans further than it should",
        ("crane",),
        {"tilt_deg": Param(0.3, 0.0, 10.0), "lasting": _LASTING},
    ),
    "stick": Deed("every sensor of the device repeats its last values", ANY, {"lasting": _LASTING}),
    "die": Deed("the device stops entirely", ANY, {}),
    "cut_link": Deed("the link is cut; the device stores and forwards", ANY, {}),
    "restore": Deed("the link is mended, or a dead device is powered up again", ANY, {}),
}

LIFE_DEEDS = frozenset({"die", "cut_link", "restore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One deed at a time, on every sensor its target matches."""

    deed: str
    at_s: float
    target: str = "*"
    params: dict[str, float] = field(default_factory=dict)

    def touches(self, site: str, device: str = "*", point: str = "*") -> bool:
        """Say whether the target (`site`, `site/device`, `site/device/point`) matches.

        >>> Event(deed="die", at_s=0.0, target="pit-?/in-1").touches("pit-a", "in-1", "CX1")
        True
        """
        return matches(self.target, site, device, point)


def matches(target: str, site: str, device: str = "*", point: str = "*") -> bool:
    """Match a target with `*` and `?`; parts that the target does not name match everything."""
    wanted = target.split("/", 2)
    return all(
        actual == "*" or fnmatchcase(actual, pattern)
        for pattern, actual in zip(wanted, (site, device, point), strict=False)
    )

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


_LASTING = Param(1800.0, 1.0, 8640000.0)
_BY = Param(1.0, -1e6, 1e6)
ANY: tuple[str, ...] = ()

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
    "design_storm": Deed(
        "a designed storm of the Chicago type: total depth over a length of time, one peak",
        ("rain", "water_level", "pit"),
        {
            "depth_mm": Param(60.0, 0.5, 1500.0),
            "over": Param(7200.0, 600.0, 864000.0),
            "peak_share": Param(0.4, 0.05, 0.95),
            "spread": Param(0.1, 0.0, 0.9),
        },
    ),
    "heat": Deed(
        "the air is warmer (or, below zero, colder) than the season's day",
        ANY,
        {
            "kelvin": Param(8.0, -40.0, 40.0),
            "rise": Param(10800.0, 1.0, 864000.0),
            "hold": Param(14400.0, 0.0, 8640000.0),
            "fall": Param(10800.0, 1.0, 864000.0),
        },
    ),
    "pit_creep": Deed(
        "horizontal wall displacement accelerates to a share of its limit (tertiary creep)",
        ("pit",),
        {"to_pct": Param(108.0, 1.0, 300.0), "over": Param(6000.0, 60.0, 8640000.0)},
    ),
    "excavate": Deed(
        "a stage is dug: the wall bulges and the ground behind it settles, then creep goes on",
        ("pit",),
        {"to_pct": Param(45.0, 1.0, 300.0), "over": Param(86400.0, 60.0, 8640000.0)},
    ),
    "collapse": Deed(
        "movement runs away as 1 / (tf - t); `over` is the time to failure, `gain_pct` of the limit"
        " is gained by nine tenths of it",
        ("pit", "formwork"),
        {"gain_pct": Param(60.0, 1.0, 1000.0), "over": Param(86400.0, 30.0, 8640000.0)},
    ),
    "settle": Deed(
        "ground, buildings, pipes or columns around the pit settle to a share of their limits",
        ("pit",),
        {"to_pct": Param(90.0, 1.0, 300.0), "over": Param(86400.0, 60.0, 8640000.0)},
    ),
    "press": Deed(
        "earth, water or bending in the wall climbs to a share of its design value",
        ("pit",),
        {"to_pct": Param(80.0, 1.0, 300.0), "over": Param(86400.0, 60.0, 8640000.0)},
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
        {
            "to_pct": Param(70.0, 1.0, 300.0),
            "over": Param(3600.0, 10.0, 864000.0),
            "layers": Param(5.0, 1.0, 50.0),
        },
    ),
    "zero": Deed("the instruments are set to zero before the pour", ("formwork",), {}),
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
    "carry": Deed(
        "the crane carries a load to an azimuth (from north) and radius, and holds it there",
        ("crane",),
        {
            "azimuth_deg": Param(0.0, 0.0, 360.0),
            "radius_m": Param(30.0, 3.0, 120.0),
            "load_t": Param(1.0, 0.1, 50.0),
            "lasting": Param(120.0, 1.0, 86400.0),
        },
    ),
    "travel": Deed(
        "a crane on a rail goes to a place along it, with its jib held to an azimuth (from north)",
        ("crane",),
        {
            "to_m": Param(0.0, -1000.0, 1000.0),
            "azimuth_deg": Param(0.0, 0.0, 360.0),
            "radius_m": Param(20.0, 3.0, 120.0),
            "lasting": Param(120.0, 1.0, 86400.0),
        },
    ),
    "brake": Deed(
        "the slew brake stays on: with work stopped the jib does not turn with the wind",
        ("crane",),
        {"lasting": _LASTING},
    ),
    "lean": Deed(
        "the mast leans further than it should",
        ("crane",),
        {
            "tilt_deg": Param(0.3, 0.0, 10.0),
            "over": Param(60.0, 1.0, 864000.0),
            "lasting": _LASTING,
        },
    ),
    "overturn": Deed("the mast goes over along the jib and does not stop", ("crane",), {}),
    "trespass": Deed(
        "persons are in a zone that a camera watches",
        ("camera",),
        {"n": Param(1.0, 1.0, 100.0), "lasting": Param(600.0, 10.0, 864000.0)},
    ),
    "strand": Deed(
        "vehicles stand in a zone that a camera watches",
        ("camera",),
        {"n": Param(1.0, 1.0, 100.0), "lasting": Param(600.0, 10.0, 864000.0)},
    ),
    "traffic": Deed(
        "vehicles pass through a zone that a camera watches",
        ("camera",),
        {"per_min": Param(6.0, 0.1, 12.0), "lasting": _LASTING},
    ),
    "stick": Deed("sensors repeat their last values", ANY, {"lasting": _LASTING}),
    "gap": Deed("sensors give nothing", ANY, {"lasting": _LASTING}),
    "spike": Deed("one sample is off by this much, in the base unit", ANY, {"by": _BY}),
    "drift": Deed(
        "values wander off steadily, by so much in the end",
        ANY,
        {"by": _BY, "over": Param(86400.0, 1.0, 8640000.0), "lasting": Param(8.64e6, 10.0, 8.64e6)},
    ),
    "bias": Deed("values are off by this much", ANY, {"by": _BY, "lasting": _LASTING}),
    "wrong_unit": Deed(
        "the device speaks another unit: values are so many times too large",
        ANY,
        {"times": Param(1000.0, 1e-6, 1e6), "lasting": _LASTING},
    ),
    "blocked": Deed(
        "leaves in the funnel: the gauge catches only this share of the rain",
        ("rain",),
        {"catch": Param(0.0, 0.0, 1.0), "lasting": _LASTING},
    ),
    "counter_reset": Deed("a counter begins again at zero", ("rain",), {}),
    "low_battery": Deed(
        "the battery runs down to a share of its charge",
        ANY,
        {"to_pct": Param(10.0, 0.0, 100.0), "over": Param(86400.0, 1.0, 8640000.0)},
    ),
    "dying": Deed(
        "an instrument dies: ever more noise, up to this deviation, then silence",
        ANY,
        {"noise": Param(1.0, 0.0, 1e6), "over": Param(86400.0, 1.0, 8640000.0)},
    ),
    "clock_skew": Deed(
        "the device's clock runs fast (or slow) by so many parts in a million",
        ANY,
        {"ppm": Param(200.0, -1e6, 1e6), "lasting": _LASTING},
    ),
    "clock_jump": Deed(
        "the device's clock is off by so many seconds",
        ANY,
        {"by": Param(-3600.0, -1e9, 1e9), "lasting": _LASTING},
    ),
    "lose": Deed(
        "a share of the messages is lost", ANY, {"share": Param(0.1, 0.0, 1.0), "lasting": _LASTING}
    ),
    "duplicate": Deed(
        "a share of the messages comes twice",
        ANY,
        {"share": Param(0.5, 0.0, 1.0), "lasting": _LASTING},
    ),
    "reorder": Deed(
        "messages are late by up to this long, each by another time",
        ANY,
        {"within": Param(600.0, 1.0, 86400.0), "lasting": _LASTING},
    ),
    "outage": Deed(
        "the link is cut for so long; then what was stored comes in bursts",
        ANY,
        {"lasting": _LASTING},
    ),
    "die": Deed("the device stops entirely", ANY, {}),
    "cut_link": Deed("the link is cut; the device stores and forwards", ANY, {}),
    "restore": Deed("the link is mended, or a dead device is powered up again", ANY, {}),
}

LIFE_DEEDS = frozenset({"die", "cut_link", "restore", "outage"})
# Faults of values; these may name one `quantity`.
VALUE_DEEDS = frozenset(
    {"stick", "gap", "spike", "drift", "bias", "wrong_unit", "counter_reset", "dying"}
)
CLOCK_DEEDS = frozenset({"clock_skew", "clock_jump"})
MESSAGE_DEEDS = frozenset({"lose", "duplicate", "reorder"})
FAULTS = VALUE_DEEDS | CLOCK_DEEDS | MESSAGE_DEEDS | LIFE_DEEDS | {"low_battery", "blocked"}
# Parameters that are durations: seconds here, written as 90s, 20m, 3h in the file.
SPANS = frozenset({"rise", "hold", "fall", "over", "lasting", "within"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One deed at a time, on every sensor its target (and `quantity`, if any) matches."""

    deed: str
    at_s: float
    target: str = "*"
    quantity: str = ""
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

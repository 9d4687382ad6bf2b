"""How each quantity behaves by nature: over which span it moves, and what is too small to matter.

These are not limits. They keep the statistics honest where a quiet sensor has almost no spread of
its own: nobody wants to be called because a river that stood still for a week rose by a finger.
Quantities that a person or a machine moves on purpose, that wrap, or that are states are not
examined one by one; `why_not_examined` says so in words.
"""

from dataclasses import dataclass

from sensors.catalogue import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Quantities of one nature.

    `step_s` is the span in seconds over which changes are measured. `level_floor` and `rate_floor`
    (per step) are the smallest departures worth a person's attention, in the base unit;
    `share` adds that share of the usual level to both, for quantities whose noise grows with it.
    """

    key: str
    step_s: float
    level_floor: float
    rate_floor: float
    share: float = 0.0
    why: str


_FAMILIES = (
    Family(
        key="stage",
        step_s=300.0,
        level_floor=0.15,
        rate_floor=0.05,
        why="gauges resolve 1 cm and waves and pumping move them by a few; 5 cm in 5 min is fast",
    ),
    Family(
        key="ponding",
        step_s=300.0,
        level_floor=0.05,
        rate_floor=0.03,
        why="a street is dry for months, so 5 cm of water is already news; splash stays below",
    ),
    Family(
        key="flow",
        step_s=300.0,
        level_floor=0.5,
        rate_floor=0.25,
        share=0.25,
        why="rated flow is worth 10 to 20 per cent at best, so the floor grows with the flow",
    ),
    Family(
        key="velocity",
        step_s=300.0,
        level_floor=0.3,
        rate_floor=0.3,
        why="radar and Doppler heads scatter by 0.1 to 0.2 m/s in turbulence",
    ),
    Family(
        key="wind",
        step_s=300.0,
        level_floor=6.0,
        rate_floor=6.0,
        why="gusts change the wind by several m/s within a minute on an ordinary day",
    ),
    Family(
        key="tilt",
        step_s=300.0,
        level_floor=0.15,
        rate_floor=0.15,
        why="0.15 deg is 2.6 per mille, about half of what is tolerated of a mast out of plumb",
    ),
    Family(
        key="displacement",
        step_s=600.0,
        level_floor=2.0,
        rate_floor=1.0,
        why="surveying and inclinometers repeat within about 1 mm; 2 mm/d is a common rate limit",
    ),
    Family(
        key="building_tilt",
        step_s=600.0,
        level_floor=0.3,
        rate_floor=0.2,
        why="limits on neighbouring buildings begin near 1 per mille",
    ),
    Family(
        key="groundwater",
        step_s=600.0,
        level_floor=200.0,
        rate_floor=100.0,
        why="pumping moves wells by decimetres a day; the usual rate limit is 500 mm/d",
    ),
    Family(
        key="force",
        step_s=600.0,
        level_floor=10.0,
        rate_floor=5.0,
        share=0.08,
        why="struts and anchors breathe by several per cent with the day's temperature",
    ),
    Family(
        key="pressure",
        step_s=600.0,
        level_floor=5.0,
        rate_floor=3.0,
        share=0.05,
        why="barometric pressure alone moves an unvented cell by 1 to 3 kPa",
    ),
    Family(
        key="temperature",
        step_s=600.0,
        level_floor=8.0,
        rate_floor=4.0,
        why="sun on a housing warms it by several degrees in minutes",
    ),
    Family(
        key="battery",
        step_s=1800.0,
        level_floor=1.0,
        rate_floor=0.8,
        share=0.03,
        why="solar charging moves a 12 V battery by 1 to 2 V every day",
    ),
)
FAMILIES: dict[str, Family] = {family.key: family for family in _FAMILIES}

_MEMBERS: dict[str, tuple[str, ...]] = {
    "stage": ("stage_m",),
    "ponding": ("ponding_depth_m",),
    "flow": ("flow_m3s",),
    "velocity": ("velocity_ms",),
    "wind": ("wind_ms", "gust_ms"),
    "tilt": ("tilt_x_deg", "tilt_y_deg", "pole_tilt_deg", "beam_tilt_deg"),
    "displacement": (
        "wall_top_h_mm",
        "wall_top_v_mm",
        "deep_h_mm",
        "column_v_mm",
        "surface_v_mm",
        "building_v_mm",
        "crack_building_mm",
        "crack_ground_mm",
        "pipe_v_mm",
        "road_v_mm",
        "heave_mm",
        "settlement_mm",
        "h_displacement_mm",
        "foundation_settlement_mm",
    ),
    "building_tilt": ("building_tilt_permille",),
    "groundwater": ("gw_level_mm",),
    "force": ("strut_force_kn", "anchor_force_kn", "wall_force_kn_m", "pole_force_kn"),
    "pressure": ("pore_pressure_kpa", "earth_pressure_kpa"),
    "temperature": ("temperature_degc",),
    "battery": ("battery_v",),
}
_FAMILY_OF = {quantity: key for key, members in _MEMBERS.items() for quantity in members}

_OPERATED = "a machine moves it on purpose, so a change says nothing by itself"
_RAIN = "after a dry week every shower would surprise; the rain limits judge it"
_STATE = "it is a state, a count or a code, not a measured quantity"
_COMPUTED = "it is computed, from sensors that are examined themselves or moved on purpose"
_COUNTDOWN = "it counts the days until a date"
_UNEXAMINED: dict[str, str] = {
    **dict.fromkeys(
        (
            *("chart_load_t", "chart_pct", "nameplate_pct", "limiter_gap_pct", "contact_s"),
            *("tilt_deg", "unloaded_tilt_permille", "no_lift_m", "no_entry_m"),
            *("tilt_rate_deg_per_s", "leaning_load_pct", "rebound_deg", "held_jib_ms"),
            *("deep_h_max_mm", "differential_mm", "vehicle_depth_m"),
        ),
        _COMPUTED,
    ),
    **dict.fromkeys(
        ("antifall_calibration_days", "antifall_drop_test_days", "antifall_life_days"), _COUNTDOWN
    ),
    **dict.fromkeys(
        (
            "load_t",
            "load_pct",
            "rated_load_t",
            "moment_pct",
            "radius_m",
            "hook_height_m",
            "travel_m",
            "jib_angle_deg",
            "clearance_m",
            "speed_ms",
            "height_m",
            "floor",
            "persons",
            "reeving",
        ),
        _OPERATED,
    ),
    **dict.fromkeys(("rain_mm", "rain_total_mm", "intensity_mm_per_h"), _RAIN),
    "battery_pct": "its device computes it from the voltage, which is examined",
}


def family_of(kind: str, quantity: str) -> Family | None:
    """Give the family of one catalogue quantity, None when it is not examined on its own.

    Raises:
        KeyError: the catalogue has no such kind or quantity.

    >>> family_of("water_level", "stage_m").key
    'stage'
    """
    if why_not_examined(kind, quantity) is not None:
        return None
    return FAMILIES[_FAMILY_OF[quantity]]


def why_not_examined(kind: str, quantity: str) -> str | None:
    """Say in words why a quantity is not examined on its own, None when it is.

    Raises:
        KeyError: the catalogue has no such kind or quantity.
    """
    entry = KINDS[kind].quantities[quantity]
    if entry.cyclic:
        return "it wraps around and has no meaningful spread"
    if quantity in _FAMILY_OF:
        return None
    if quantity in _UNEXAMINED:
        return _UNEXAMINED[quantity]
    if entry.unit in ("bool", "code", "count"):
        return _STATE
    return f"no family has been chosen for {quantity} yet"

"""The design values a site file may give, each with its unit and meaning.

The table is closed so that a typing error in a limit is a fault and not a silently missing limit; a
name that begins with `x_` is free for a project's own rule packs. Lengths are metres above the
station's own datum where they are stages. Values that are words (`WORDS`) stand in the same block.
"""

from typing import NamedTuple

OWN_PREFIX = "x_"
MAX_OWN_NAME = 64


class DesignName(NamedTuple):
    """One design value: what it is, its unit, and the range it can have at all."""

    name: str
    unit: str
    what: str
    low: float = 0.0
    high: float = 1e6


class DesignWord(NamedTuple):
    """One design value that is a word: what it is, and every word it may be."""

    name: str
    what: str
    words: dict[str, str]
    default: str = ""


D = DesignName
_STAGE = (-100.0, 9000.0)

DESIGN: dict[str, DesignName] = {
    entry.name: entry
    for entry in (
        # Tower cranes and hoists
        D("max_load_t", "t", "largest load of the crane at any radius", 0.1, 100.0),
        D("rated_load_t", "t", "rated load of the cage or platform", 0.05, 100.0),
        D("rated_moment_t_m", "t·m", "nameplate moment", 1.0, 100_000.0),
        D("jib_length_m", "m", "jib length", 5.0, 120.0),
        D("counter_jib_m", "m", "counter-jib length", 1.0, 60.0),
        D("mast_height_m", "m", "jib foot above the base", 1.0, 600.0),
        D("base_elevation_m", "m", "elevation of the base", -100.0, 9000.0),
        D("hook_min_m", "m", "smallest hook radius", 0.0, 60.0),
        D("wind_stop_ms", "m/s", "site's own wind limit for lifting", 1.0, 40.0),
        D("wind_stop_erecting_ms", "m/s", "wind limit for erecting by the manual", 1.0, 40.0),
        D("clearance_min_m", "m", "smallest clearance to another crane", 0.1, 50.0),
        D("jib_free_turn_deg", "deg", "turn in 3 min by which a jib counts as free", 0.2, 20.0),
        D("jib_moored", "0 or 1", "1: the jib is tied down out of service by design", 0.0, 1.0),
        D("cathead_height_m", "m", "cathead above the jib foot", 0.0, 40.0),
        D("half_width_m", "m", "half the width of jib, counter-jib and mast", 0.0, 5.0),
        D("rail_azimuth_deg", "deg", "azimuth in which travel_m grows", -360.0, 360.0),
        D("travel_min_m", "m", "travel_m at the end stop where it is least", -1000.0, 1000.0),
        D("travel_max_m", "m", "travel_m at the end stop where it is most", -1000.0, 1000.0),
        D("undercarriage_m", "m", "undercarriage with buffers, along the rail", 1.0, 40.0),
        D("hook_high_m", "m", "highest hook above the base", 1.0, 600.0),
        D("hook_low_m", "m", "lowest hook above the base", -100.0, 600.0),
        D("tie_height_m", "m", "top tie to the building above the base", 0.0, 600.0),
        D("tilt_height_m", "m", "tilt sensor above the base", 0.0, 600.0),
        D("tilt_limit_permille", "permille", "largest tilt without load", 0.1, 100.0),
        D("tilt_x_azimuth_deg", "deg", "azimuth towards which tilt x is positive", -360.0, 360.0),
        D("sway_limit_deg", "deg", "largest tilt under rated load", 0.05, 10.0),
        D("overturn_rate_deg_per_s", "deg/s", "tilt rate that means overturning", 0.01, 10.0),
        D("overturn_load_pct", "%", "load that means overturning while leaning", 50.0, 200.0),
        D("overturn_rebound_deg", "deg", "spring of the mast that means overturning", 0.01, 10.0),
        D("reeving", "count", "rope falls, where no sensor says so", 1.0, 16.0),
        D("tare_t", "t", "hook, block and slings: what hangs there without a load", 0.0, 20.0),
        D("lift_threshold_t", "t", "load above the tare that counts as lifting", 0.01, 10.0),
        D("idle_position_valid_s", "s", "how long an idle crane's position counts", 2.0, 7200.0),
        D("clearance_warn_m", "m", "distance to another crane that warns", 0.5, 100.0),
        D("clearance_slow_m", "m", "distance to another crane that slows", 0.3, 100.0),
        D("contact_warn_s", "s", "time to contact that warns", 1.0, 120.0),
        D("contact_slow_s", "s", "time to contact that slows", 0.5, 120.0),
        D("zone_warn_m", "m", "distance to the edge of a zone that warns", 0.1, 100.0),
        D("rated_speed_ms", "m/s", "rated speed of the cage", 0.05, 10.0),
        D("min_height_m", "m", "lowest stop", -100.0, 100.0),
        D("platform_tilt_limit_deg", "deg", "largest tilt of the platform", 0.1, 45.0),
        D("max_persons", "count", "persons allowed in the cage", 1.0, 100.0),
        D("max_height_m", "m", "highest stop", 1.0, 700.0),
        D("max_floor", "count", "highest floor served", 1.0, 200.0),
        D("building_height_m", "m", "height of the building", 0.5, 1000.0),
        # Deep excavation pits: limits of the designer, which beat a rule pack's
        D("pit_depth_m", "m", "excavation depth H", 0.5, 100.0),
        D("safety_grade", "1, 2 or 3", "safety grade of the pit (安全等级)", 1.0, 3.0),
        D("borehole_depth_m", "m", "depth of the inclinometer borehole", 1.0, 200.0),
        D("strut_capacity_kn", "kN", "design capacity f2 of the strut", 1.0, 50_000.0),
        D("strut_preload_kn", "kN", "preload of the strut", 0.0, 50_000.0),
        D("strut_kn_per_degc", "kN/°C", "what a degree of warming adds to the strut", 0.0, 500.0),
        D("strut_reference_degc", "degC", "temperature at which the strut was preloaded", -40, 70),
        D("noise_mm", "mm", "standard deviation of what the instrument says", 0.001, 50.0),
        D("gw_annual_swing_mm", "mm", "normal swing of groundwater over a year", 0.0, 50_000.0),
        D("anchor_capacity_kn", "kN", "design capacity of the anchor", 1.0, 20_000.0),
        D("anchor_preload_kn", "kN", "lock-off force of the anchor", 0.0, 20_000.0),
        D("strut_force_limit_kn", "kN", "designer's limit of strut_force_kn", 1.0, 50_000.0),
        D("strut_force_min_kn", "kN", "designer's least force of a strut", 0.0, 50_000.0),
        D("anchor_force_limit_kn", "kN", "designer's limit of anchor_force_kn", 1.0, 20_000.0),
        D("anchor_force_min_kn", "kN", "designer's least force of an anchor", 0.0, 20_000.0),
        D("earth_pressure_limit_kpa", "kPa", "designer's limit of earth pressure", 0.1, 5000.0),
        D("pore_pressure_limit_kpa", "kPa", "designer's limit of pore pressure", 0.1, 5000.0),
        D("wall_force_limit_kn_m", "kN·m", "designer's limit of wall_force_kn_m", 1.0, 50_000.0),
        D("earth_pressure_design_kpa", "kPa", "design earth pressure f1", 1.0, 5000.0),
        D("pore_pressure_design_kpa", "kPa", "design pore pressure f1", 1.0, 5000.0),
        D("wall_force_design_kn_m", "kN·m", "design moment f2 of the wall", 1.0, 50_000.0),
        *(
            limit
            for what in (
                "wall_top_h",
                "wall_top_v",
                "deep_h",
                "column_v",
                "surface_v",
                "building_v",
                "pipe_v",
                "road_v",
                "gw_level",
                "heave",
            )
            for limit in (
                D(f"{what}_limit_mm", "mm", f"designer's limit of {what}_mm", 0.1, 50_000.0),
                D(f"{what}_rate_mm_per_d", "mm/d", f"designer's rate of {what}_mm", 0.1, 50_000.0),
            )
        ),
        D("building_tilt_limit_permille", "permille", "allowed building tilt", 0.01, 100.0),
        D("crack_building_limit_mm", "mm", "allowed crack in a building", 0.01, 500.0),
        D("crack_ground_limit_mm", "mm", "allowed crack in the ground", 0.01, 2000.0),
        # High formwork
        D("formwork_height_m", "m", "height of the formwork", 0.5, 200.0),
        D("formwork_span_m", "m", "span of the formwork", 0.5, 500.0),
        D("pole_spacing_m", "m", "spacing of the poles", 0.1, 10.0),
        D("zeroes_itself", "0 or 1", "1: the device sets its values to zero when zeroed", 0.0, 1.0),
        D("pole_design_force_kn", "kN", "design force of a pole after zeroing", 0.1, 1000.0),
        D("settlement_limit_mm", "mm", "alarm value of settlement_mm", 0.1, 500.0),
        D("foundation_settlement_limit_mm", "mm", "alarm value of the foundation", 0.1, 500.0),
        D("differential_limit_mm", "mm", "alarm value between neighbouring poles", 0.1, 500.0),
        D("h_displacement_limit_mm", "mm", "alarm value of h_displacement_mm", 0.1, 500.0),
        D("pole_tilt_limit_deg", "deg", "alarm value of pole_tilt_deg", 0.01, 45.0),
        D("beam_tilt_limit_deg", "deg", "alarm value of beam_tilt_deg", 0.01, 45.0),
        # Rain
        D("bucket_mm", "mm", "rain per tip of the bucket", 0.01, 5.0),
        D("counter_modulus_mm", "mm", "where the rain counter begins again at zero", 1.0, 1e6),
        # Water level
        D("datum", "m", "to add to the gauge's stage for the 1985 National datum", -100.0, 9000.0),
        D("gauge_zero_m", "m", "elevation of the gauge's zero in its datum", *_STAGE),
        D(
            "tidal",
            "0 or 1",
            "1 where the tide moves the stage: no rate of rise, no flow",
            0.0,
            1.0,
        ),
        D("bed_level_m", "m", "elevation of the bed", *_STAGE),
        D("bank_level_m", "m", "elevation of the bank or dyke crest", *_STAGE),
        D("patrol_stage_m", "m", "stage at which patrols start (设防水位)", *_STAGE),
        D("warning_stage_m", "m", "warning stage (警戒水位)", *_STAGE),
        D("guaranteed_stage_m", "m", "guaranteed stage (保证水位)", *_STAGE),
        D("record_stage_m", "m", "highest stage on record (历史最高水位)", *_STAGE),
        D("warning_flow_m3s", "m3/s", "warning flow (警戒流量)", 0.001, 200_000.0),
        D("guaranteed_flow_m3s", "m3/s", "guaranteed flow (保证流量)", 0.001, 200_000.0),
        D("near_stage_m", "m", "how far below the warning stage is near it", 0.01, 10.0),
        D("rise_1h_moderate_m", "m", "rise within an hour, moderate", 0.01, 50.0),
        D("rise_1h_severe_m", "m", "rise within an hour, severe", 0.01, 50.0),
        D("rise_1h_extreme_m", "m", "rise within an hour, extreme", 0.01, 50.0),
        D("flood_limit_stage_m", "m", "flood-limit stage of a reservoir (汛限水位)", *_STAGE),
        D("normal_stage_m", "m", "normal stage of a reservoir (正常蓄水位)", *_STAGE),
        D("design_flood_stage_m", "m", "design flood stage (设计洪水位)", *_STAGE),
        D("check_flood_stage_m", "m", "check flood stage (校核洪水位)", *_STAGE),
        D("low_point_m", "m", "elevation of the lowest point of the road", *_STAGE),
        # Zones of cameras
        D("persons_allowed", "count", "persons allowed in a no-entry zone, usually 0", 0.0, 1000.0),
        # Underpasses
        D("warning_depth_m", "m", "ponding depth in which no vehicle should be", 0.01, 5.0),
        D("close_depth_m", "m", "ponding depth at which the road is closed", 0.01, 5.0),
        D("depth_holds_h", "h", "how long a silent gauge's last depth counts on", 0.0, 240.0),
    )
}

# Each of these stages must not lie above the next one that is given.
RISING_STAGES = ("bed_level_m", "patrol_stage_m", "warning_stage_m", "guaranteed_stage_m")

WORDS: dict[str, DesignWord] = {
    entry.name: entry
    for entry in (
        DesignWord(
            "support_type",
            "how the pit is held (支护类型)",
            {
                "soil_nail": "soil nail wall 土钉墙",
                "composite_soil_nail": "composite soil nail wall 复合土钉墙",
                "shotcrete_anchor": "shotcrete and anchors 喷锚支护",
                "cement_soil": "cement-soil wall 水泥土墙",
                "bored_pile": "bored piles 灌注桩",
                "diaphragm_wall": "diaphragm wall 地下连续墙",
                "sheet_pile": "steel sheet piles 钢板桩",
                "smw_wall": "cement-soil wall with steel sections 型钢水泥土墙",
            },
        ),
        DesignWord(
            "limit_end",
            "which end of a standard's range is taken",
            {"strict": "the end that warns earlier", "lenient": "the other end"},
            "strict",
        ),
        DesignWord(
            "crane_stage",
            "what is done with a crane now",
            {"in_service": "it lifts", "erecting": "it is erected or dismantled"},
            "in_service",
        ),
        DesignWord(
            "pipe_kind",
            "kind of a pipe (管线)",
            {
                "rigid_pressure": "rigid, under pressure 刚性压力管",
                "rigid_gravity": "rigid, without pressure 刚性非压力管",
                "flexible": "flexible 柔性管",
            },
        ),
        DesignWord(
            "road_kind",
            "kind of a road (道路)",
            {
                "main_road": "motorway or main road 高速公路、道路主干",
                "street": "ordinary street 一般城市道路",
            },
        ),
        DesignWord(
            "crack_kind",
            "whether a crack was there before (裂缝)",
            {"existing": "existing before 既有", "new": "new 新增"},
        ),
        DesignWord(
            "formwork_standard",
            "whose limits of force and displacement formwork is held to",
            {
                "dbj_t15_197": "DBJ/T 15-197-2020, Guangdong 广东",
                "jgj300": "JGJ 300-2013, temporary supports 临时支撑结构",
            },
            "dbj_t15_197",
        ),
        DesignWord(
            "read_by",
            "who takes the readings (监测方式)",
            {"device": "a device, at its interval 自动化", "hand": "a person 人工"},
            "device",
        ),
        DesignWord(
            "rain_table",
            "which table of rain amounts the internal alert follows",
            {"national": "the national four colours", "guangdong": "Guangdong's three colours"},
            "national",
        ),
    )
}

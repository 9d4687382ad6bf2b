"""The kinds of device a simulated fleet has, and the quantities each can report.

Copied by hand from the domain reference, on purpose: a shared table would let a misspelt quantity
pass both ends unnoticed.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HOUSEKEEPING = frozenset({"battery_v", "battery_pct", "temperature_degc"})

KINDS: dict[str, frozenset[str]] = {
    "crane": _names(
        "load_t rated_load_t moment_pct radius_m hook_height_m slew_deg wind_ms tilt_x_deg"
        " tilt_y_deg reeving travel_m jib_angle_deg clearance_m operator_code lift_state"
        " limit_bits"
    )
    | _HOUSEKEEPING,
    "hoist": _names(
        "load_t load_pct persons floor speed_ms height_m wind_ms tilt_x_deg tilt_y_deg door_open"
        " operator_code warning_bits"
    )
    | _HOUSEKEEPING,
    "pit": _names(
        "wall_top_h_mm wall_top_v_mm deep_h_mm column_v_mm strut_force_kn anchor_force_kn"
        " gw_level_mm pore_pressure_kpa earth_pressure_kpa wall_force_kn_m surface_v_mm"
        " building_v_mm building_tilt_permille crack_building_mm crack_ground_mm pipe_v_mm"
        " road_v_mm heave_mm danger_sign danger_kind"
    )
    | _HOUSEKEEPING,
    "formwork": _names(
        "settlement_mm h_displacement_mm pole_tilt_deg beam_tilt_deg pole_force_kn"
        " foundation_settlement_mm danger_sign danger_kind phase_code"
    )
    | _HOUSEKEEPING,
    "rain": frozenset({"rain_mm", "rain_total_mm", "intensity_mm_per_h"}) | _HOUSEKEEPING,
    "water_level": frozenset(
        {"stage_m", "ponding_depth_m", "flow_m3s", "velocity_ms", "pump_running", "barrier_closed"}
    )
    | _HOUSEKEEPING,
    "platform": frozenset({"load_t", "tilt_x_deg", "tilt_y_deg"}) | _HOUSEKEEPING,
    "camera": frozenset({"persons", "vehicles"}) | _HOUSEKEEPING,
}

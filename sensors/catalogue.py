"""Every kind of device and every quantity it may report: unit, gross range and typical range.

Ranges are the QARTOD gross range (outside it a value fails) and the climatological range (outside
it a value is suspect). They are starting values from the project's domain reference (its tables
A2, B2, C2, D4, E2), widened to what the instrument can say at all; a site file may narrow them for
one sensor. `cyclic` quantities wrap and have no meaningful spread; a `counter` only
ever rises, until it is reset or rolls over. An amount since the report before has `most_per_h` and
`suspect_per_h`: what is much for it depends on how long it gathered.
"""

from typing import NamedTuple


class Quantity(NamedTuple):
    """One measurable quantity of one kind of device, in its single base unit."""

    key: str
    zh: str
    en: str
    unit: str
    low: float
    high: float
    suspect_low: float | None = None
    suspect_high: float | None = None
    cyclic: bool = False
    counter: bool = False
    suspect_per_h: float = 0.0
    most_per_h: float = 0.0


class Kind(NamedTuple):
    """A kind of device, which is also its measurement name in the database."""

    key: str
    zh: str
    en: str
    quantities: dict[str, Quantity]


def _kind(key: str, zh: str, en: str, *quantities: Quantity) -> Kind:
    return Kind(key, zh, en, {quantity.key: quantity for quantity in (*quantities, *_HOUSEKEEPING)})


Q = Quantity
_HOUSEKEEPING = (
    Q("battery_v", "电池电压", "battery voltage", "V", 0.0, 60.0),
    Q("battery_pct", "电量", "battery charge", "%", 0.0, 100.0),
    Q("temperature_degc", "温度", "temperature", "degC", -60.0, 90.0, -25.0, 65.0),
)

CRANE = _kind(
    "crane",
    "塔式起重机",
    "tower crane",
    Q("load_t", "起重量", "load", "t", -0.5, 100.0),
    Q("rated_load_t", "额定起重量", "rated load at this radius", "t", 0.0, 100.0),
    Q("moment_pct", "力矩百分比", "moment, per cent of rated", "%", -10.0, 300.0, -5.0, 130.0),
    Q("radius_m", "幅度", "radius", "m", 0.0, 120.0),
    Q("hook_height_m", "起升高度", "hook height above ground", "m", -50.0, 600.0),
    Q("slew_deg", "回转角", "slew angle from true north", "deg", -720.0, 720.0, cyclic=True),
    Q("wind_ms", "风速", "wind speed", "m/s", 0.0, 75.0, None, 45.0),
    Q("gust_ms", "阵风", "highest 3 s gust since the last report", "m/s", 0.0, 75.0, None, 60.0),
    Q("tilt_x_deg", "倾角X", "mast tilt x", "deg", -45.0, 45.0, -5.0, 5.0),
    Q("tilt_y_deg", "倾角Y", "mast tilt y", "deg", -45.0, 45.0, -5.0, 5.0),
    Q("reeving", "倍率", "reeving, rope falls", "count", 1.0, 16.0),
    Q("travel_m", "行走", "travel along the rail", "m", -1000.0, 1000.0),
    Q("jib_angle_deg", "臂角", "jib angle", "deg", -10.0, 95.0),
    Q("clearance_m", "防碰距离", "smallest distance to another crane", "m", 0.0, 500.0),
    Q("operator_code", "司机", "operator code, 255 is nobody", "code", 0.0, 255.0),
    Q("lift_state", "吊装状态", "0 idle 1 lifting 2 moving 3 lowering 4 fault", "code", 0.0, 4.0),
    Q("limit_bits", "限位", "limit switches, bit field", "code", 0.0, 4294967295.0),
    # Computed here, never sent (`sensors.derive`, `alerting.joints`).
    Q("chart_load_t", "特性表额定起重量", "rated load by the load chart", "t", 0.0, 100.0),
    Q("chart_pct", "起重量百分比", "load, per cent of the load chart", "%", -10.0, 300.0),
    Q("nameplate_pct", "铭牌力矩百分比", "moment, per cent of nameplate", "%", -10.0, 500.0),
    Q("limiter_gap_pct", "力矩差", "crane's own per cent less the chart's", "%", -310.0, 310.0),
    Q("tilt_deg", "倾角", "mast tilt in any direction", "deg", 0.0, 65.0, None, 5.0),
    Q("unloaded_tilt_permille", "空载垂直度", "tilt without load", "permille", 0.0, 1500.0),
    Q("tilt_rate_deg_per_s", "倾角变化率", "change of the mast's tilt", "deg/s", 0.0, 130.0),
    Q("leaning_load_pct", "倾斜时起重量百分比", "load while the mast leans", "%", -10.0, 300.0),
    Q("rebound_deg", "卸载回弹", "spring of the mast when a load is lost", "deg", 0.0, 130.0),
    Q("held_jib_ms", "锁臂风速", "wind while the jib does not turn", "m/s", 0.0, 75.0),
    Q("unmanned_lift", "无人登录作业", "lifting with nobody logged in", "bool", 0.0, 1.0),
    Q("device_alarms", "设备报警数", "alarms of the device's own monitor", "count", 0.0, 32.0),
    Q("contact_s", "碰撞时间", "time to contact with another crane", "s", 0.0, 600.0),
    Q("no_lift_m", "禁吊区距离", "loaded hook to a no-lift zone", "m", -500.0, 500.0),
    Q("no_entry_m", "禁入区距离", "jib or hook to a no-entry zone", "m", -500.0, 500.0),
)

HOIST = _kind(
    "hoist",
    "施工升降机",
    "construction hoist",
    Q("load_t", "载重", "load", "t", -0.5, 20.0),
    Q("load_pct", "载重百分比", "load, per cent of rated", "%", -10.0, 300.0, -5.0, 130.0),
    Q("persons", "人数", "persons in the cage", "count", 0.0, 100.0),
    Q("floor", "楼层", "floor", "count", -20.0, 200.0),
    Q("speed_ms", "速度", "speed", "m/s", -10.0, 10.0, -2.5, 2.5),
    Q("height_m", "高度", "height", "m", -100.0, 700.0),
    Q("wind_ms", "风速", "wind speed", "m/s", 0.0, 75.0, None, 45.0),
    Q("tilt_x_deg", "倾角X", "tilt x", "deg", -45.0, 45.0, -5.0, 5.0),
    Q("tilt_y_deg", "倾角Y", "tilt y", "deg", -45.0, 45.0, -5.0, 5.0),
    Q("door_open", "门开", "door open", "bool", 0.0, 1.0),
    Q("operator_code", "司机", "operator code, 255 is nobody", "code", 0.0, 255.0),
    Q("warning_bits", "报警位", "warning switches, bit field", "code", 0.0, 4294967295.0),
    Q("antifall_calibration_days", "防坠器标定剩余", "calibration left", "d", -36500.0, 36500.0),
    Q("antifall_drop_test_days", "坠落试验剩余", "drop test left", "d", -36500.0, 36500.0),
    Q("antifall_life_days", "防坠器寿命剩余", "service life left", "d", -36500.0, 36500.0),
    Q("door_moving", "开门运行", "moving with the door open", "bool", 0.0, 1.0),
    Q("tilt_deg", "倾角", "tilt in any direction", "deg", 0.0, 65.0, None, 5.0),
    Q("device_alarms", "设备报警数", "alarms of the device's own monitor", "count", 0.0, 32.0),
)

PIT = _kind(
    "pit",
    "深基坑",
    "deep excavation pit",
    Q("wall_top_h_mm", "顶部水平位移", "wall top horizontal displacement", "mm", -1000.0, 1000.0),
    Q("wall_top_v_mm", "顶部竖向位移", "wall top vertical displacement", "mm", -1000.0, 1000.0),
    Q("deep_h_mm", "深层水平位移", "deep horizontal displacement", "mm", -1000.0, 1000.0),
    Q("column_v_mm", "立柱竖向位移", "column vertical displacement", "mm", -1000.0, 1000.0),
    Q("strut_force_kn", "支撑轴力", "strut axial force", "kN", -20000.0, 50000.0),
    Q("anchor_force_kn", "锚索轴力", "anchor force", "kN", -1000.0, 20000.0),
    Q("gw_level_mm", "地下水位变化", "groundwater level change", "mm", -50000.0, 50000.0),
    Q("pore_pressure_kpa", "孔隙水压力", "pore water pressure", "kPa", -200.0, 5000.0),
    Q("earth_pressure_kpa", "土压力", "earth pressure", "kPa", -200.0, 5000.0),
    Q("wall_force_kn_m", "围护墙内力", "wall bending moment", "kN·m", -50000.0, 50000.0),
    Q("surface_v_mm", "地表竖向位移", "ground surface settlement", "mm", -2000.0, 2000.0),
    Q("building_v_mm", "建筑竖向位移", "building settlement", "mm", -1000.0, 1000.0),
    Q("building_tilt_permille", "建筑倾斜", "building tilt", "permille", -100.0, 100.0),
    Q("crack_building_mm", "建筑裂缝", "building crack width", "mm", 0.0, 500.0),
    Q("crack_ground_mm", "地面裂缝", "ground crack width", "mm", 0.0, 2000.0),
    Q("pipe_v_mm", "管线竖向位移", "pipe settlement", "mm", -1000.0, 1000.0),
    Q("road_v_mm", "道路竖向位移", "road settlement", "mm", -1000.0, 1000.0),
    Q("heave_mm", "坑底隆起", "pit bottom heave", "mm", -1000.0, 1000.0),
    Q("deep_h_max_mm", "测斜最大位移", "greatest of a borehole's points", "mm", -1000.0, 1000.0),
    Q("danger_sign", "险情", "danger sign seen by patrol or camera", "bool", 0.0, 1.0),
    Q("danger_kind", "险情类别", "danger sign by its code, 0 is none", "code", 0.0, 99.0),
)

FORMWORK = _kind(
    "formwork",
    "高支模",
    "high formwork",
    Q("settlement_mm", "模板沉降", "formwork settlement, down positive", "mm", -100.0, 500.0),
    Q("h_displacement_mm", "水平位移", "horizontal displacement", "mm", -500.0, 500.0),
    Q("pole_tilt_deg", "立杆倾角", "pole tilt", "deg", -45.0, 45.0),
    Q("beam_tilt_deg", "水平倾角", "beam tilt", "deg", -45.0, 45.0),
    Q("pole_force_kn", "立杆轴力", "pole axial force", "kN", -10.0, 1000.0),
    Q("foundation_settlement_mm", "地基沉降", "foundation settlement", "mm", -100.0, 500.0),
    Q("differential_mm", "相邻差异沉降", "settlement less the neighbour's", "mm", -600.0, 600.0),
    Q("danger_kind", "险情类别", "danger sign by its code, 0 is none", "code", 0.0, 99.0),
    Q("phase_code", "工况", "0 mounted 1 zeroed 2 pouring 3 curing 4 removed", "code", 0.0, 4.0),
    Q("danger_sign", "险情", "danger sign seen by patrol or camera", "bool", 0.0, 1.0),
)

RAIN = _kind(
    "rain",
    "雨量站",
    "rain gauge",
    # World record for one minute is about 31 mm; the gross range of one bin allows for it.
    # For longer ones D4 gives the hour: suspect above 120 mm, and 305 mm is the world's record.
    Q(
        *("rain_mm", "时段雨量", "rain since the report before", "mm", 0.0, 60.0, None, 20.0),
        suspect_per_h=120.0,
        most_per_h=305.0,
    ),
    Q("rain_total_mm", "累计雨量", "rain counter", "mm", 0.0, 1_000_000.0, counter=True),
    Q("intensity_mm_per_h", "雨强", "rain intensity", "mm/h", 0.0, 2000.0, None, 305.0),
)

WATER_LEVEL = _kind(
    "water_level",
    "水位站",
    "water-level gauge",
    Q("stage_m", "水位", "stage above the station's datum", "m", -100.0, 9000.0),
    Q("ponding_depth_m", "积水深度", "ponding depth", "m", -0.05, 20.0, None, 5.0),
    Q("flow_m3s", "流量", "flow", "m3/s", -50000.0, 200000.0),
    Q("velocity_ms", "流速", "water velocity", "m/s", -15.0, 15.0),
    Q("pump_running", "水泵运行", "pump running", "bool", 0.0, 1.0),
    Q("barrier_closed", "道闸关闭", "barrier closed", "bool", 0.0, 1.0),
)

PLATFORM = _kind(
    "platform",
    "卸料平台",
    "unloading platform",
    Q("load_t", "载重", "load", "t", -0.5, 20.0),
    Q("tilt_x_deg", "倾角X", "tilt x", "deg", -45.0, 45.0, -5.0, 5.0),
    Q("tilt_y_deg", "倾角Y", "tilt y", "deg", -45.0, 45.0, -5.0, 5.0),
    Q("load_pct", "载重百分比", "load, per cent of rated", "%", -50.0, 2000.0),
    Q("warning_bits", "报警位", "0 weight warn 1 alarm 2 tilt warn 3 alarm", "code", 0.0, 15.0),
    Q("tilt_deg", "倾角", "tilt in any direction", "deg", 0.0, 65.0, None, 5.0),
    Q("device_alarms", "设备报警数", "alarms of the device's own monitor", "count", 0.0, 32.0),
)

CAMERA = _kind(
    "camera",
    "摄像机",
    "camera that counts what it sees",
    Q("persons", "人数", "persons in the zone", "count", 0.0, 1000.0),
    Q("vehicles", "车辆数", "vehicles in the zone", "count", 0.0, 1000.0),
    Q("vehicle_depth_m", "涉水深度", "depth of water where a vehicle is", "m", 0.0, 20.0),
)

KINDS: dict[str, Kind] = {
    kind.key: kind for kind in (CRANE, HOIST, PIT, FORMWORK, RAIN, WATER_LEVEL, PLATFORM, CAMERA)
}

# Records made here of what devices reported; stored like reports, and no device is of them.
RECORDS: dict[str, Kind] = {
    "crane_cycle": Kind(
        "crane_cycle",
        "工作循环",
        "one lift of a tower crane, at the instant it began",
        {
            entry.key: entry
            for entry in (
                Q("duration_s", "时长", "how long the load hung", "s", 0.0, 86400.0),
                Q("max_load_t", "最大起重量", "largest load", "t", 0.0, 100.0),
                Q("max_pct", "最大百分比", "largest per cent of rated", "%", 0.0, 300.0),
                Q("start_radius_m", "起点幅度", "radius at the start", "m", 0.0, 120.0),
                Q("end_radius_m", "终点幅度", "radius at the end", "m", 0.0, 120.0),
                Q("start_slew_deg", "起点回转", "slew at the start", "deg", -720.0, 720.0),
                Q("end_slew_deg", "终点回转", "slew at the end", "deg", -720.0, 720.0),
                Q("was_cut", "中断", "1 where readings stopped during it", "bool", 0.0, 1.0),
            )
        },
    )
}

# Everything a telemetry store has a measurement for.
STORED: dict[str, Kind] = {**KINDS, **RECORDS}

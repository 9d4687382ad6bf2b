"""What is derived from one report of a tower crane: shares of the load chart, tilt, signs.

Numbers here count where a site file gives none; they are the project's own (confidence D) unless
something else is said: a hook with slings of 0.2 t, and 0.1 t above that counts as lifting.
"""

from collections.abc import Callable, Mapping
from math import hypot, inf, radians, tan

from sensors.crane.chart import Chart, Curve
from sensors.crane.rail import has_rail
from sensors.derive import Derivation, Recipe, Source

TARE_T = 0.2
LIFT_THRESHOLD_T = 0.1
NOBODY = 255.0
LIFTING = 1.0
MAX_PCT = 300.0
# Domain reference A6 (H): an unloaded mast, free-standing or above its top tie, and below it.
FREE_PERMILLE, TIED_PERMILLE = 4.0, 2.0
# A5 (H): a crane whose jib foot stands higher must have an anemometer.
ANEMOMETER_ABOVE_M = 50.0
# `limit_bits` has the layout of the 云筑 string (A8): 13-18 are limit switches, which are reached
# every day; the others are alarms of the crane's own monitor.
ALARM_MASK = sum(1 << bit for bit in (*range(13), 19, 20, 21))


def lifting_from_t(design: Mapping[str, float]) -> float:
    """Give the load from which a crane counts as lifting."""
    return design.get("tare_t", TARE_T) + design.get("lift_threshold_t", LIFT_THRESHOLD_T)


def tilt(source: Source) -> Derivation | None:
    """Give the tilt in any direction from two axes at right angles."""
    if not {"tilt_x_deg", "tilt_y_deg"} <= source.measured:
        return None
    says = "size of tilt_x_deg and tilt_y_deg"
    return Derivation(
        output="tilt_deg", inputs=("tilt_x_deg", "tilt_y_deg"), compute=hypot, says=says
    )


def alarms_of(quantity: str, mask: int) -> Callable[[Source], Derivation | None]:
    """Make the recipe that counts the alarm bits set in a bit field."""

    def make(source: Source) -> Derivation | None:
        if quantity not in source.measured:
            return None
        says = f"bits set in {quantity}, mask {mask:#x}"
        return Derivation(output="device_alarms", inputs=(quantity,), compute=count, says=says)

    def count(bits: float) -> float:
        return float((int(bits) & mask).bit_count())

    return make


def _lift_state(source: Source) -> Derivation | None:
    if "load_t" not in source.measured:
        return None
    limit_t = lifting_from_t(source.design)

    def state(load_t: float) -> float:
        return LIFTING if load_t > limit_t else 0.0

    says = f"1 while load_t is above {limit_t:g} t"
    return Derivation(output="lift_state", inputs=("load_t",), compute=state, says=says)


def _chart_load(source: Source) -> Derivation | str:
    chart, given = source.chart, source.design.get("reeving")
    if chart is None:
        return source.chart_why
    if "radius_m" not in source.measured:
        return "the crane has no radius_m"
    says = f"load chart of {chart.model}, jib {chart.jib_m:g} m ({chart.source})"
    if "reeving" in source.measured:
        inputs = ("radius_m", "reeving")
        return Derivation(
            output="chart_load_t", inputs=inputs, compute=_by_reeving(chart), says=says
        )
    curve = chart.curve(given) if given is not None else _only(chart)
    if curve is None:
        falls = "is neither measured nor given" if given is None else f"{given:g} has no chart"
        return f"reeving {falls}; the chart knows {', '.join(sorted(chart.curves))}"
    says += f", {curve.reeving:g} falls"
    return Derivation(output="chart_load_t", inputs=("radius_m",), compute=curve.rated_t, says=says)


def _by_reeving(chart: Chart) -> Callable[[float, float], float | None]:
    curves = {curve.reeving: curve for curve in chart.curves.values()}

    def rated_t(radius_m: float, reeving: float) -> float | None:
        curve = curves.get(reeving)
        return curve.rated_t(radius_m) if curve is not None else None

    return rated_t


def _only(chart: Chart) -> Curve | None:
    curves = list(chart.curves.values())
    return curves[0] if len(curves) == 1 else None


def _chart_pct(source: Source) -> Derivation | str | None:
    if "load_t" not in source.measured:
        return "the crane has no load_t" if source.chart is not None else None
    if "chart_load_t" not in source.measured:
        return "there is no chart_load_t" if source.chart is not None else None
    limit_t = lifting_from_t(source.design)

    def pct(load_t: float, rated_t: float) -> float | None:
        """Give the share; beyond the chart nothing may hang on the hook, and any load is too much.

        300 is the most that is told, there and anywhere.
        """
        if rated_t > 0.0:
            return min(100.0 * load_t / rated_t, MAX_PCT)
        return MAX_PCT if load_t > limit_t else 0.0

    says = "load_t in per cent of chart_load_t; 300 for any load beyond the chart"
    return Derivation(
        output="chart_pct",
        inputs=("load_t", "chart_load_t"),
        compute=pct,
        says=says,
    )


def _nameplate_pct(source: Source) -> Derivation | None:
    rated = source.design.get("rated_moment_t_m")
    if rated is None or not {"load_t", "radius_m"} <= source.measured:
        return None
    factor = 100.0 / rated

    def pct(load_t: float, radius_m: float) -> float:
        return load_t * radius_m * factor

    says = f"load_t times radius_m in per cent of the nameplate's {rated:g} t·m"
    return Derivation(output="nameplate_pct", inputs=("load_t", "radius_m"), compute=pct, says=says)


def _limiter_gap(source: Source) -> Derivation | None:
    if not {"moment_pct", "chart_pct", "chart_load_t"} <= source.measured:
        return None

    def gap(own: float, chart: float, rated_t: float) -> float | None:
        return own - chart if rated_t > 0.0 else None

    return Derivation(
        output="limiter_gap_pct",
        inputs=("moment_pct", "chart_pct", "chart_load_t"),
        compute=gap,
        says="moment_pct as the crane says it, less chart_pct",
    )


def _unloaded_tilt(source: Source) -> Derivation | None:
    if not {"tilt_x_deg", "tilt_y_deg", "load_t"} <= source.measured:
        return None
    limit_t, design = lifting_from_t(source.design), source.design

    def lean(x_deg: float, y_deg: float, load_t: float) -> float | None:
        if load_t > limit_t:
            return None
        return 1000.0 * hypot(tan(radians(x_deg)), tan(radians(y_deg)))

    is_tied = design.get("tilt_height_m", inf) <= design.get("tie_height_m", -inf)
    limit = design.get("tilt_limit_permille", TIED_PERMILLE if is_tied else FREE_PERMILLE)
    return Derivation(
        output="unloaded_tilt_permille",
        inputs=("tilt_x_deg", "tilt_y_deg", "load_t"),
        compute=lean,
        says=f"tilt while load_t is at most {limit_t:g} t; limit {limit:g} permille, "
        + ("below the top tie" if is_tied else "free-standing or above the top tie"),
        design={"tilt_limit_permille": limit},
        is_steady=False,
    )


def _unmanned(source: Source) -> Derivation | None:
    if not {"operator_code", "load_t"} <= source.measured:
        return None
    limit_t = lifting_from_t(source.design)

    def unmanned(code: float, load_t: float) -> float:
        return 1.0 if code == NOBODY and load_t > limit_t else 0.0

    says = f"1 while load_t is above {limit_t:g} t and operator_code is 255, nobody logged in"
    inputs = ("operator_code", "load_t")
    return Derivation(output="unmanned_lift", inputs=inputs, compute=unmanned, says=says)


def _anemometer(source: Source) -> str | None:
    """Say that wind is not judged on a crane that must have an anemometer and has none."""
    height_m = source.design.get("mast_height_m", 0.0)
    if height_m <= ANEMOMETER_ABOVE_M or "gust_ms" in source.measured:
        return None
    return (
        f"the jib foot stands {height_m:g} m high and the crane has no wind_ms; above"
        f" {ANEMOMETER_ABOVE_M:g} m a tower crane needs an anemometer (practice of GB 5144, H)"
    )


def _travel(source: Source) -> str | None:
    """Say that a crane on a rail does not say where along it it stands."""
    if "slew_deg" not in source.measured or not has_rail(source.design):
        return None
    return "the site file gives a rail and the crane has no travel_m"


CRANE: tuple[Recipe, ...] = (
    Recipe("wind_ms", _anemometer),
    Recipe("travel_m", _travel),
    Recipe("lift_state", _lift_state),
    Recipe("chart_load_t", _chart_load),
    Recipe("chart_pct", _chart_pct),
    Recipe("nameplate_pct", _nameplate_pct),
    Recipe("limiter_gap_pct", _limiter_gap),
    Recipe("tilt_deg", tilt),
    Recipe("unloaded_tilt_permille", _unloaded_tilt),
    Recipe("unmanned_lift", _unmanned),
    Recipe("device_alarms", alarms_of("limit_bits", ALARM_MASK)),
)

"""One site's dashboard: is it safe, which sensor says so, what changed, how near is the next limit.

Limits that hold everywhere come from the rule packs. Limits that a designer set for one sensor are
not in the time-series database; the alerts raised by them carry them, and are drawn from there.
"""

from typing import Final, NamedTuple

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, VariableOption

from alerting.model import Severity
from grafana.build.district import ANY_IS_ORANGE, STANDING, STATE_WITHIN
from grafana.build.influxql import AT_DEVICE, AT_SITE, Ask, variable
from grafana.build.limits import pack_limits
from grafana.build.look import (
    SEVERITY_COLUMN,
    Frame,
    PanelBuilder,
    bars,
    column,
    curves,
    mapping_json,
    number,
    numbers,
    rows,
    severity_thresholds,
    severity_words,
    steps,
    unit,
)
from sensors.catalogue import KINDS

UID: Final = "gw-site"
_POINT: Final = "$tag_device $tag_point"


class Shown(NamedTuple):
    """One quantity that a site's people follow, and the limits everyone has for it, if any."""

    kind: str
    quantity: str
    limits: dict[Severity, float]

    @property
    def name(self) -> str:
        """Give the quantity's name for people."""
        return KINDS[self.kind].quantities[self.quantity].en

    @property
    def base_unit(self) -> str:
        """Give the quantity's base unit."""
        return KINDS[self.kind].quantities[self.quantity].unit


def shown() -> tuple[Shown, ...]:
    """List what is shown, in the order of the panels."""
    return (
        Shown("crane", "moment_pct", pack_limits("crane", "crane_moment")),
        Shown("crane", "wind_ms", pack_limits("crane", "crane_wind", "mean_2min")),
        Shown("crane", "clearance_m", {}),
        Shown("hoist", "load_pct", pack_limits("hoist", "hoist_load")),
        Shown("platform", "load_t", {}),
        Shown("pit", "wall_top_h_mm", {}),
        Shown("pit", "deep_h_mm", {}),
        Shown("pit", "strut_force_kn", {}),
        Shown("formwork", "settlement_mm", {}),
        Shown("formwork", "pole_tilt_deg", {}),
        Shown("water_level", "stage_m", {}),
        Shown("water_level", "ponding_depth_m", pack_limits("ponding", "ponding")),
    )


def site() -> Dashboard:
    """Build the dashboard; annotations and panel ids are added when it is written."""
    devices = f'SHOW TAG VALUES WITH KEY = "device" WHERE {AT_SITE}'
    everything = VariableOption(text="All", value="$__all", selected=True)
    dashboard = (
        Dashboard("Site")
        .uid(UID)
        .description("One site: is it safe, what changed, how near is the next limit.")
        .tags(["groundwatch"])
        .timezone("browser")
        .refresh("30s")
        .time("now-24h", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(variable("site", "Site", 'SHOW TAG VALUES FROM "site" WITH KEY = "site"'))
        .with_variable(
            variable("device", "Device", devices).multi(True).include_all(True).current(everything)
        )
    )
    dashboard = dashboard.with_row(Row("Is it safe?"))
    for panel in (_worst(), _count("Alerts standing", "n_firing"), _count("Blind", "n_blind")):
        dashboard = dashboard.with_panel(panel)
    dashboard = dashboard.with_panel(_standing())
    dashboard = dashboard.with_row(Row("What changed, and how near is the next limit?"))
    dashboard = dashboard.with_panel(_changed("hour", "1h")).with_panel(_changed("day", "24h"))
    dashboard = dashboard.with_panel(_next_limit())
    dashboard = dashboard.with_row(Row("Measured"))
    for one in shown():
        dashboard = dashboard.with_panel(_over_time(one))
    return dashboard.with_panel(_rain()).with_panel(_readings())


def _worst() -> PanelBuilder:
    frame = Frame("Is it safe?", "The worst alert that stands; green only if none does.", 6, 8)
    ask = Ask(f'SELECT last("worst") FROM "site" WHERE $timeFilter AND {AT_SITE}')
    return (
        number(frame, ask, no_value="not known")
        .time_from(STATE_WITHIN)
        .mappings(severity_words("no alert stands"))
        .thresholds(severity_thresholds())
    )


def _count(title: str, field: str) -> PanelBuilder:
    frame = Frame(title, "As of the newest state of the site.", 3, 8)
    ask = Ask(f'SELECT last("{field}") FROM "site" WHERE $timeFilter AND {AT_SITE}')
    return (
        number(frame, ask, no_value="not known").time_from(STATE_WITHIN).thresholds(ANY_IS_ORANGE)
    )


def _standing() -> PanelBuilder:
    frame = Frame(
        "Which sensor says so",
        "Alerts of the shown time that have not cleared, with value, limit and reason.",
        12,
        8,
    )
    ask = Ask(
        'SELECT "severity", "state", "value", "limit", "reason" FROM ('
        'SELECT last("transition") AS "state", last("severity_number") AS "severity", '
        'last("value") AS "value", last("limit") AS "limit", last("reason") AS "reason" '
        f'FROM "alert" WHERE $timeFilter AND {AT_SITE} '
        'GROUP BY "device", "point", "quantity", "rule"'
        f') WHERE {STANDING} GROUP BY "device", "quantity"'
    )
    return (
        rows(frame, ask)
        .thresholds(severity_thresholds())
        .override_by_name("severity", [*SEVERITY_COLUMN, column("mappings", mapping_json("calm"))])
        .override_by_name("Time", [column("custom.hidden", True)])
        .override_by_name("reason", [column("custom.minWidth", 300)])
    )


def _changed(word: str, span: str) -> PanelBuilder:
    frame = Frame(
        f"Change in the last {word}", "Newest value less the first value of that time.", 8, 14
    )
    asks = []
    for letter, one in zip("ABCDEFGHIJKL", shown(), strict=True):
        query = (
            f'SELECT last("{one.quantity}") - first("{one.quantity}") FROM "{one.kind}" '
            f'WHERE $timeFilter AND {AT_DEVICE} GROUP BY "device", "point"'
        )
        asks.append(Ask(query, letter).named(f"{_POINT} {one.name}"))
    panel = numbers(frame, asks).time_from(span).decimals(2)
    for ask, one in zip(asks, shown(), strict=True):
        panel = panel.override_by_query(ask.ref_id, [column("unit", unit(one.base_unit))])
    return panel


def _next_limit() -> PanelBuilder:
    frame = Frame(
        "How near is the next limit?",
        "Highest value of the last 15 minutes, coloured by the limits that hold everywhere.",
        8,
        14,
    )
    limited = [one for one in shown() if one.limits]
    asks = []
    for letter, one in zip("ABCD", limited, strict=True):
        query = (
            f'SELECT max("{one.quantity}") FROM "{one.kind}" '
            f'WHERE $timeFilter AND {AT_DEVICE} GROUP BY "device", "point"'
        )
        asks.append(Ask(query, letter).named(f"{_POINT} {one.name}"))
    panel = bars(frame, asks).time_from("15m").decimals(2).min(0)
    for ask, one in zip(asks, limited, strict=True):
        coloured = {"mode": "absolute", "steps": [step.to_json() for step in steps(one.limits)]}
        panel = panel.override_by_query(
            ask.ref_id,
            [
                column("unit", unit(one.base_unit)),
                column("thresholds", coloured),
                column("max", max(one.limits.values())),
            ],
        )
    return panel


def _over_time(one: Shown) -> PanelBuilder:
    """Draw one quantity, and its limits from the pack or from the alerts it raised."""
    kind = KINDS[one.kind]
    frame = Frame(
        f"{kind.en.capitalize()}: {one.name}",
        "Limits of the pack." if one.limits else "Limits appear once an alert was raised by them.",
        12,
        9,
    )
    values = Ask(
        f'SELECT mean("{one.quantity}") FROM "{one.kind}" WHERE $timeFilter AND {AT_DEVICE} '
        'GROUP BY time($__interval), "device", "point" fill(none)'
    ).named(_POINT)
    if one.limits:
        return curves(frame, [values], base_unit=one.base_unit, limits=one.limits)
    crossed = Ask(
        f'SELECT last("limit") FROM "alert" WHERE $timeFilter AND {AT_DEVICE} '
        f"AND \"quantity\" = '{one.quantity}' AND \"kind\" = 'limit' "
        'GROUP BY time($__interval), "device", "point", "severity" fill(previous)',
        "B",
    ).named("limit $tag_severity $tag_device $tag_point")
    panel = curves(frame, [values, crossed], base_unit=one.base_unit)
    dashed = {"fill": "dash", "dash": [10, 10]}
    panel = panel.override_by_query("B", [column("custom.lineStyle", dashed)])
    for severity in Severity:
        colour = column("color", {"mode": "fixed", "fixedColor": severity.colour})
        panel = panel.override_by_regexp(f"^limit {severity.word} .*", [colour])
    return panel


def _rain() -> PanelBuilder:
    frame = Frame("Rain in each hour", "Limits of the rain pack for 1 h.", 12, 9)
    ask = Ask(
        f'SELECT sum("rain_mm") FROM "rain" WHERE $timeFilter AND {AT_DEVICE} '
        'GROUP BY time(1h), "device" fill(none)'
    )
    limits = pack_limits("rain", "rain_counter", "in_1h")
    return curves(frame, [ask.named("$tag_device")], base_unit="mm", limits=limits)


def _readings() -> PanelBuilder:
    """Count reports per device: a line that stops is a device that fell silent."""
    frame = Frame("Reports per device", "A line that stops is a device that fell silent.", 12, 9)
    asks = [
        Ask(
            f'SELECT count("{quantity}") FROM "{kind}" WHERE $timeFilter AND {AT_DEVICE} '
            'GROUP BY time($__interval), "device" fill(0)',
            letter,
        ).named("$tag_device")
        for letter, (kind, quantity) in zip("ABCDEFGH", _HEARTBEATS.items(), strict=True)
    ]
    return curves(frame, asks, base_unit="count")


# A quantity that every device of the kind reports.
_HEARTBEATS: Final = {
    "crane": "moment_pct",
    "hoist": "load_pct",
    "pit": "wall_top_h_mm",
    "formwork": "settlement_mm",
    "rain": "rain_mm",
    "water_level": "stage_m",
    "platform": "load_t",
    "camera": "persons",
}

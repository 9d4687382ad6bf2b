"""The district's dashboard: which site is worst, where, what falls and rises, who is silent."""

from typing import Final

from grafana_foundation_sdk.builders import geomap, stat, statetimeline
from grafana_foundation_sdk.builders.common import (
    FrameGeometrySource,
    MapLayerOptions,
    TableSortByFieldState,
    VizLegendOptions,
)
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.models.common import (
    FrameGeometrySourceMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync

from alerting.model import Severity
from grafana.build.influxql import DATASOURCE, Ask
from grafana.build.limits import pack_limits
from grafana.build.look import (
    SEVERITY_COLUMN,
    Frame,
    PanelBuilder,
    column,
    curves,
    mapping_json,
    number,
    rows,
    severity_thresholds,
    severity_words,
    state,
    thresholds,
)

UID: Final = "gw-district"
SITE_LINK: Final = "/d/gw-site/site?var-site=${__data.fields.site}&${__url_time_range}"
STANDING: Final = "\"state\" != 'cleared' AND \"state\" != 'withdrawn'"
# A site's state is written several times a minute; an older one must not be shown as the present.
STATE_WITHIN: Final = "5m"
ANY_IS_ORANGE: Final = state({Severity.SEVERE: 1.0})
_SITES_NOW: Final = (
    'SELECT last("worst") AS "worst", last("name") AS "name", last("n_firing") AS "alerts", '
    'last("n_blind") AS "silent", last("lat") AS "lat", last("lon") AS "lon" '
    'FROM "site" WHERE $timeFilter GROUP BY "site"'
)


def district() -> Dashboard:
    """Build the dashboard; annotations and panel ids are added when it is written."""
    dashboard = (
        Dashboard("District")
        .uid(UID)
        .description("All sites of the district: worst first, on the map, rain and water, silence.")
        .tags(["groundwatch"])
        .timezone("browser")
        .refresh("30s")
        .time("now-24h", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
    )
    for panel in (_worst(), _standing(), _silent(), _reporting(), _most_rain()):
        dashboard = dashboard.with_panel(panel)
    dashboard = dashboard.with_panel(_sites()).with_panel(_map()).with_panel(_timeline())
    dashboard = dashboard.with_row(Row("Rain and water"))
    dashboard = dashboard.with_panel(_rain()).with_panel(_stage())
    dashboard = dashboard.with_panel(_rise()).with_panel(_ponding())
    dashboard = dashboard.with_row(Row("Sensors and alerts"))
    return dashboard.with_panel(_blind()).with_panel(_transitions())


def _of_sites(title: str, description: str, what: str, field: str) -> stat.Panel:
    """Make one number of the newest state of every site; none when nothing tells it any more."""
    ask = Ask(
        f'SELECT {what}("n") FROM (SELECT last("{field}") AS "n" FROM "site" '
        'WHERE $timeFilter GROUP BY "site")'
    )
    frame = Frame(title, description, 4, 4)
    return number(frame, ask, no_value="not known").time_from(STATE_WITHIN)


def _worst() -> PanelBuilder:
    description = "The highest severity that stands on any site."
    return (
        _of_sites("Worst now", description, "max", "worst")
        .span(6)
        .mappings(severity_words("calm"))
        .thresholds(severity_thresholds())
    )


def _standing() -> PanelBuilder:
    description = "Alerts of all sites that have not cleared."
    return _of_sites("Alerts standing", description, "sum", "n_firing").thresholds(ANY_IS_ORANGE)


def _silent() -> PanelBuilder:
    description = "Sensors that are silent, stuck or not believable: their rules cannot judge."
    return _of_sites("Blind", description, "sum", "n_blind").thresholds(ANY_IS_ORANGE)


def _reporting() -> PanelBuilder:
    description = "Sites whose state was written in the last minutes; fewer than usual is a fault."
    return _of_sites("Sites known", description, "count", "worst").thresholds(state({}))


def _most_rain() -> PanelBuilder:
    frame = Frame("Most rain in the last hour", "The wettest gauge of the district.", 6, 4)
    ask = Ask(
        'SELECT max("mm") FROM (SELECT sum("rain_mm") AS "mm" FROM "rain" '
        'WHERE $timeFilter GROUP BY "site", "device")'
    )
    return (
        number(frame, ask, no_value="no gauge has reported")
        .time_from("1h")
        .unit("suffix: mm")
        .thresholds(thresholds(pack_limits("rain", "rain_counter", "in_1h")))
    )


def _sites() -> PanelBuilder:
    frame = Frame("Sites by worst alert", "Newest state of every site; opens the site.", 10, 12)
    return (
        rows(frame, Ask(_SITES_NOW))
        .time_from(STATE_WITHIN)
        .mappings(severity_words("calm"))
        .thresholds(severity_thresholds())
        .override_by_name("worst", list(SEVERITY_COLUMN))
        .override_by_name("name", [column("links", [{"title": "Open site", "url": SITE_LINK}])])
        .override_by_name("alerts", [column("mappings", [])])
        .override_by_name("silent", [column("mappings", [])])
        .override_by_regexp("Time|lat|lon", [column("custom.hidden", True)])
        .sort_by([TableSortByFieldState().display_name("worst").desc(True)])
    )


def _map() -> PanelBuilder:
    markers = (
        MapLayerOptions()
        .type("markers")
        .name("Sites")
        .location(
            FrameGeometrySource()
            .mode(FrameGeometrySourceMode.COORDS)
            .latitude("lat")
            .longitude("lon")
        )
        .tooltip(True)
        .config(
            {
                "showLegend": False,
                "style": {
                    "color": {"field": "worst", "fixed": "green"},
                    "opacity": 0.9,
                    "size": {"fixed": 12, "min": 8, "max": 18},
                    "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
                    "text": {"field": "name", "fixed": "", "mode": "field"},
                    "textConfig": {"fontSize": 12, "offsetY": -16},
                },
            }
        )
    )
    return (
        geomap.Panel()
        .title("Map")
        .description("Sites at their position, in the colour of their worst alert.")
        .datasource(DATASOURCE)
        .span(14)
        .height(12)
        .time_from(STATE_WITHIN)
        .with_target(Ask(_SITES_NOW).as_table())
        .mappings(severity_words("calm"))
        .thresholds(severity_thresholds())
        .override_by_regexp("alerts|silent", [column("mappings", [])])
        .basemap(MapLayerOptions().type("default").name("Base map"))
        .layers([markers])
        .view(geomap.MapViewConfig().id("fit").all_layers(True).padding(20))
        .controls(geomap.ControlsOptions().show_zoom(True).show_attribution(True).show_scale(True))
    )


def _timeline() -> PanelBuilder:
    ask = Ask(
        'SELECT max("worst") FROM "site" '
        'WHERE $timeFilter GROUP BY time($__interval), "site" fill(previous)'
    )
    return (
        statetimeline.Panel()
        .title("Alert timeline")
        .description("How each site stood over time, by its worst alert.")
        .datasource(DATASOURCE)
        .span(24)
        .height(8)
        .with_target(ask.named("$tag_site"))
        .mappings(severity_words("calm"))
        .thresholds(severity_thresholds())
        .show_value(VisibilityMode.NEVER)
        .merge_values(True)
        .legend(
            VizLegendOptions()
            .show_legend(True)
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
        )
    )


def _rain() -> PanelBuilder:
    frame = Frame(
        "Rain in each hour", "Sum of every gauge; limits of the rain pack for 1 h.", 12, 9
    )
    ask = Ask(
        'SELECT sum("rain_mm") FROM "rain" '
        'WHERE $timeFilter GROUP BY time(1h), "site", "device" fill(none)'
    )
    limits = pack_limits("rain", "rain_counter", "in_1h")
    return curves(
        frame, [ask.named("$tag_site $tag_device")], base_unit="mm", limits=limits
    ).draw_style(GraphDrawStyle.BARS)


def _stage() -> PanelBuilder:
    frame = Frame("Water levels", "Stage above each station's own datum.", 12, 9)
    ask = Ask(
        'SELECT mean("stage_m") FROM "water_level" '
        'WHERE $timeFilter GROUP BY time($__interval), "site", "device" fill(none)'
    )
    return curves(frame, [ask.named("$tag_site $tag_device")], base_unit="m")


def _rise() -> PanelBuilder:
    frame = Frame("Rise of water in each hour", "Change of stage; limits of the pack.", 12, 9)
    ask = Ask(
        'SELECT difference(last("stage_m")) FROM "water_level" '
        'WHERE $timeFilter GROUP BY time(1h), "site", "device" fill(none)'
    )
    limits = pack_limits("water_level", "stage_rise", "rate")
    return curves(frame, [ask.named("$tag_site $tag_device")], base_unit="m", limits=limits)


def _ponding() -> PanelBuilder:
    frame = Frame("Ponding", "Depth of water on streets and in underpasses.", 12, 9)
    ask = Ask(
        'SELECT max("ponding_depth_m") FROM "water_level" '
        'WHERE $timeFilter GROUP BY time($__interval), "site", "device" fill(none)'
    )
    limits = pack_limits("ponding", "ponding")
    return curves(frame, [ask.named("$tag_site $tag_device")], base_unit="m", limits=limits)


def _blind() -> PanelBuilder:
    frame = Frame(
        "Blind sensors", "Silent, stuck or not believable, and not yet back; newest reason.", 10, 10
    )
    ask = Ask(
        'SELECT "state", "severity", "reason" FROM ('
        'SELECT last("transition") AS "state", last("severity_number") AS "severity", '
        'last("reason") AS "reason" FROM "alert" '
        "WHERE $timeFilter AND \"kind\" = 'blind' "
        'GROUP BY "site", "device", "point", "quantity", "rule"'
        f') WHERE {STANDING} GROUP BY "site", "device", "quantity"'
    )
    return (
        rows(frame, ask)
        .thresholds(severity_thresholds())
        .override_by_name("severity", [*SEVERITY_COLUMN, column("mappings", mapping_json("calm"))])
        .override_by_name("Time", [column("custom.hidden", True)])
    )


def _transitions() -> PanelBuilder:
    frame = Frame(
        "Newest transitions", "What happened to alerts of all sites, newest first.", 14, 10
    )
    ask = Ask(
        'SELECT "site", "device", "hazard", "severity_number" AS "severity", "transition", '
        '"value", "limit", "unit", "reason" FROM "alert" '
        "WHERE $timeFilter ORDER BY time DESC LIMIT 200"
    )
    return (
        rows(frame, ask)
        .thresholds(severity_thresholds())
        .override_by_name("severity", [*SEVERITY_COLUMN, column("mappings", mapping_json("calm"))])
    )

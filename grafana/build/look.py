"""How things look in every panel: the four colours, their words, and panels with house defaults."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from grafana_foundation_sdk.builders import bargauge, stat, table, timeseries
from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    Panel,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from alerting.model import Severity
from grafana.build.influxql import DATASOURCE, Ask
from grafana.build.limits import COLOURS

PanelBuilder = Builder[Panel]
CALM: Final = "green"
UNKNOWN: Final = "#8e8e8e"
_UNITS: Final = {"%": "percent", "deg": "degree", "degC": "celsius", "count": "none"}


class Frame(NamedTuple):
    """What every panel has: a title, a sentence of description, and a size in grid cells."""

    title: str
    description: str
    width: int
    height: int


def unit(base: str) -> str:
    """Give Grafana's unit for one of ours; lengths are not rescaled, people compare them."""
    return _UNITS.get(base, f"suffix: {base}")


def severity_words(calm: str) -> list[ValueMapping]:
    """Map 0 to `calm` and 1 to 4 to the severity's words and colours."""
    words = {"0": ValueMappingResult(text=calm, color=CALM, index=0)}
    for severity in Severity:
        text = f"{severity.word} {severity.zh}"
        words[str(int(severity))] = ValueMappingResult(
            text=text, color=COLOURS[severity], index=int(severity)
        )
    return [ValueMap(options=words)]


def mapping_json(calm: str) -> list[object]:
    """Give `severity_words` as an override of one column takes them."""
    return [mapping.to_json() for mapping in severity_words(calm)]


def steps(limits: Mapping[Severity, float]) -> list[Threshold]:
    """Give thresholds that colour a value by the severity it reaches."""
    reached = [Threshold(value=limit, color=COLOURS[at]) for at, limit in limits.items()]
    return [Threshold(value=None, color=CALM), *reached]


def state(limits: Mapping[Severity, float]) -> ThresholdsConfig:
    """Colour a state that is never below 0: grey, not green, where there is no value."""
    first, *reached = steps(limits)
    known = Threshold(value=0.0, color=first.color)
    unknown = Threshold(value=None, color=UNKNOWN)
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([unknown, known, *reached])


def thresholds(limits: Mapping[Severity, float]) -> ThresholdsConfig:
    """Give thresholds as a panel takes them."""
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps(limits))


def severity_thresholds() -> ThresholdsConfig:
    """Colour 0 to 4 as severities."""
    return state({severity: float(severity) for severity in Severity})


def number(frame: Frame, target: Ask, *, no_value: str) -> stat.Panel:
    """Make a panel of one big number, coloured by its thresholds."""
    return (
        stat.Panel()
        .title(frame.title)
        .description(frame.description)
        .datasource(DATASOURCE)
        .span(frame.width)
        .height(frame.height)
        .with_target(target)
        .reduce_options(_LAST)
        .color_mode(BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(BigValueGraphMode.NONE)
        .no_value(no_value)
    )


def numbers(frame: Frame, targets: Sequence[Ask]) -> stat.Panel:
    """Make a panel of one small number with its name per series."""
    panel = (
        stat.Panel()
        .title(frame.title)
        .description(frame.description)
        .datasource(DATASOURCE)
        .span(frame.width)
        .height(frame.height)
        .reduce_options(_LAST)
        .color_mode(BigValueColorMode.NONE)
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .orientation(VizOrientation.AUTO)
    )
    for target in targets:
        panel = panel.with_target(target)
    return panel


def bars(frame: Frame, targets: Sequence[Ask]) -> bargauge.Panel:
    """Make a panel of one horizontal bar per series, coloured up to each limit it passes."""
    panel = (
        bargauge.Panel()
        .title(frame.title)
        .description(frame.description)
        .datasource(DATASOURCE)
        .span(frame.width)
        .height(frame.height)
        .reduce_options(_LAST)
        .display_mode(BarGaugeDisplayMode.GRADIENT)
        .orientation(VizOrientation.HORIZONTAL)
    )
    for target in targets:
        panel = panel.with_target(target)
    return panel


def rows(frame: Frame, target: Ask) -> table.Panel:
    """Make a table of one query's rows."""
    return (
        table.Panel()
        .title(frame.title)
        .description(frame.description)
        .datasource(DATASOURCE)
        .span(frame.width)
        .height(frame.height)
        .with_target(target.as_table())
        .filterable(True)
    )


def curves(
    frame: Frame,
    targets: Sequence[Ask],
    *,
    base_unit: str,
    limits: Mapping[Severity, float] | None = None,
) -> timeseries.Panel:
    """Make a panel of lines over time, with `limits` drawn as dashed lines in their colours."""
    panel = (
        timeseries.Panel()
        .title(frame.title)
        .description(frame.description)
        .datasource(DATASOURCE)
        .span(frame.width)
        .height(frame.height)
        .unit(unit(base_unit))
        .draw_style(GraphDrawStyle.LINE)
        .line_width(1)
        .fill_opacity(0)
        .show_points(VisibilityMode.AUTO)
        .span_nulls(False)
        .legend(
            VizLegendOptions()
            .show_legend(True)
            .display_mode(LegendDisplayMode.TABLE)
            .placement(LegendPlacement.RIGHT)
            .calcs(["lastNotNull", "max"])
        )
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )
    for target in targets:
        panel = panel.with_target(target)
    if limits:
        panel = panel.thresholds(thresholds(limits)).thresholds_style(
            GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
        )
    return panel


def column(name: str, value: object) -> DynamicConfigValue:
    """Give one property of an override."""
    return DynamicConfigValue(id_val=name, value=value)


_LAST: Final = ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)
SEVERITY_COLUMN: Final = (
    column("custom.cellOptions", {"type": "color-background"}),
    column("custom.width", 140),
)

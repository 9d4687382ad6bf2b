"""Every word that a rule pack may use after `of:`; a new kind of measure is one more line here."""

from alerting.measures.amount import AMOUNTS
from alerting.measures.event import EVENTS
from alerting.measures.failure import FAILURE
from alerting.measures.growth import GROWING
from alerting.measures.gust import GUSTS
from alerting.measures.intensity import INTENSITY
from alerting.measures.kind import OPTIONS, MeasureKind, MeasureSpec
from alerting.measures.level import LEVELS
from alerting.measures.window import WINDOWED
from alerting.measures.zero import ZEROED
from sensors.design import DESIGN, OWN_PREFIX
from sensors.document import did_you_mean, listed

MEASURES: dict[str, MeasureKind] = {
    **WINDOWED,
    **AMOUNTS,
    **EVENTS,
    **INTENSITY,
    **LEVELS,
    **ZEROED,
    **GROWING,
    **GUSTS,
    **FAILURE,
}


def why_no_measure(spec: MeasureSpec) -> list[str]:
    """Say what is wrong with a measure of a pack; empty when nothing is."""
    kind = MEASURES.get(spec.of)
    if kind is None:
        hint = did_you_mean(spec.of, MEASURES)
        known = f"allowed: {listed(MEASURES)}" + (f"; {hint}" if hint else "")
        return [f"'{spec.of[:64]}' is not a kind of measure; {known}"]
    given = {name for name in OPTIONS if getattr(spec, name) is not None}
    faults = [f"{spec.of} needs a `{name}`" for name in kind.options if name not in given]
    taken = f"it takes {listed(kind.options)}" if kind.options else "it takes none"
    faults += [
        f"{spec.of} has no `{name}`; {taken}"
        for name in OPTIONS
        if name in given and name not in kind.options
    ]
    designs = spec.needs if spec.not_where is None else (*spec.needs, spec.not_where)
    unknown = [name for name in designs if name not in DESIGN and not name.startswith(OWN_PREFIX)]
    return faults + [f"no design value is called '{name[:64]}'" for name in unknown]


def name_zh(spec: MeasureSpec) -> str:
    """Give the Chinese name of a measure: the pack's own, or the kind's with its window.

    >>> name_zh(MeasureSpec.model_validate({"of": "mean", "window": "2m"}))
    '2 min平均'
    """
    if spec.words_zh is not None:
        return spec.words_zh
    name = MEASURES[spec.of].zh.format(window=window_text(spec.window_s))
    return f"{name}已达限值的" if spec.per_cent_of is not None else name


def window_text(seconds: float) -> str:
    """Give a span of time that reads the same in every language: `30 s`, `10 min`, `12 h`."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 3600 else f"{seconds / 3600:.3g} h"

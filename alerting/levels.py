"""A rule's levels laid out for comparing, and what is met held against them."""

from collections.abc import Callable, Sequence

from alerting.model import Against
from alerting.rules import BoundRule, Level

# (severity, alternatives), most severe first; an alternative is ((measure index, limit), …)
Table = tuple[tuple[int, tuple[tuple[tuple[int, float], ...], ...]], ...]


def table(levels: Sequence[Level], change: Callable[[float], float]) -> Table:
    """Lay the levels out from the most severe down, with every limit changed."""
    return tuple(
        (
            int(level.severity),
            tuple(
                tuple((measure, change(limit)) for measure, limit in way)
                for way in level.alternatives
            ),
        )
        for level in reversed(levels)
    )


def highest(table: Table, stats: Sequence[float | None]) -> int:
    """Give the most severe level one of whose alternatives holds, 0 when none does."""
    for severity, alternatives in table:
        for way in alternatives:
            for measure, limit in way:
                stat = stats[measure]
                if stat is None or stat < limit:
                    break
            else:
                return severity
    return 0


def met(level: Level, stats: Sequence[float | None]) -> tuple[tuple[int, float], ...] | None:
    """Give the alternative of a level that holds now, if one does."""
    for way in level.alternatives:
        if all((stat := stats[measure]) is not None and stat >= limit for measure, limit in way):
            return way
    return None


def against(rule: BoundRule, stats: Sequence[float | None], position: int, limit: float) -> Against:
    """Hold one measure against its limit, in the sign people know it by."""
    stat, measure = stats[position], rule.measures[position]
    return Against(
        name="" if measure.name == "value" else measure.name.replace("_", " "),
        name_zh=measure.name_zh,
        value=None if stat is None else rule.sign * stat,
        limit=rule.sign * limit,
        unit=measure.unit,
    )

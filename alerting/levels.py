"""A rule's levels laid out for comparing, and what is met held against them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf, isfinite
from typing import NamedTuple

from alerting.model import Against
from alerting.rules import BoundRule, Level, Way
from alerting.terms import Terms

# (severity, alternatives), most severe first; an alternative is ((measure index, limit), …)
Table = tuple[tuple[int, tuple[tuple[tuple[int, float], ...], ...]], ...]


class Sides(NamedTuple):
    """The tables of one stretch of time: the limits, the relaxed ones, those taken at once."""

    limits: Table
    relaxed: Table
    at_once: Table


_MAX_SHARED = 10_000
_SHARED: dict[Sides, Sides] = {}


def sides(rule: BoundRule, at_s: float, terms: Terms | None = None) -> Sides:
    """Lay out the limits of a rule that are valid at a time, under the terms of that time."""
    factor, levels = rule.at_once, rule.levels
    if terms is not None:
        kept = [level for level in levels if int(level.severity) not in terms.not_judged]
        levels = tuple(under(level, terms) for level in kept)

    def eased(_: int, limit: float) -> float:
        return limit - rule.margin - abs(limit) * (1.0 - rule.ratio)

    def at_once(measure: int, limit: float) -> float:
        """A percentage is held against the limit itself, 100 %, not against its level's rung."""
        times = factor or 1.0
        if rule.measures[measure].whole is not None and limit > 0.0:
            whole = tightened(100.0, terms.factors[measure]) if terms is not None else 100.0
            return max(limit, whole * times)
        return limit + abs(limit) * (times - 1.0)

    return shared(
        Sides(
            table(levels, at_s, lambda _, limit: limit),
            table(levels, at_s, eased),
            table(levels, at_s, at_once) if factor else (),
        )
    )


def shared(laid: Sides) -> Sides:
    """Give the one copy of equal tables: sensors of one kind mostly have the same limits."""
    if len(_SHARED) >= _MAX_SHARED:
        _SHARED.clear()
    return _SHARED.setdefault(laid, laid)


def turns(rule: BoundRule) -> tuple[float, ...]:
    """List the instants at which some limit of a rule begins or ends to be valid."""
    periods = [way.period for level in rule.levels for way in level.ways]
    ends = {end for when in periods for end in (when.from_s, when.until_s)}
    return tuple(sorted(end for end in ends if isfinite(end)))


def lowest(rule: BoundRule) -> float:
    """Give the lowest limit there is, without which no level can be reached."""
    ways = (way for level in rule.levels for way in level.ways)
    return min((limit for way in ways for _, limit in way.limits), default=inf)


def tightened(limit: float, factor: float) -> float:
    """Move a limit, which compares upwards, by a factor towards the safe side.

    >>> tightened(100.0, 0.8), tightened(-80.0, 0.8)
    (80.0, -96.0)
    """
    return limit - abs(limit) * (1.0 - factor)


def under(level: Level, terms: Terms | None) -> Level:
    """Give a level with the limits of an instant."""
    if terms is None or all(factor == 1.0 for factor in terms.factors):
        return level
    factors = terms.factors
    ways = tuple(
        replace(way, limits=tuple((at, tightened(limit, factors[at])) for at, limit in way.limits))
        for way in level.ways
    )
    return Level(level.severity, ways)


def table(levels: Sequence[Level], at_s: float, change: Callable[[int, float], float]) -> Table:
    """Lay the levels valid at a time out from the most severe down, with every limit changed."""
    return tuple(
        (
            int(level.severity),
            tuple(
                tuple((measure, change(measure, limit)) for measure, limit in way.limits)
                for way in level.ways
                if way.period.holds_at(at_s)
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


def met(level: Level, stats: Sequence[float | None], at_s: float) -> Way | None:
    """Give the way to a level that holds at a time, if one does."""
    for way in level.ways:
        if way.period.holds_at(at_s) and all(
            (stat := stats[measure]) is not None and stat >= limit for measure, limit in way.limits
        ):
            return way
    return None


def against(rule: BoundRule, stats: Sequence[float | None], position: int, limit: float) -> Against:
    """Hold one measure against its limit, in the sign people know it by."""
    stat, measure = stats[position], rule.measures[position]
    whole = measure.whole
    return Against(
        name="" if measure.name == "value" else measure.name.replace("_", " "),
        name_zh=measure.name_zh,
        value=None if stat is None else rule.sign * stat,
        limit=rule.sign * limit,
        unit=measure.unit,
        whole=None if whole is None else abs(whole.value),
        whole_unit=measure.whole_unit,
    )

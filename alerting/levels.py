"""A rule's levels laid out for comparing, and what is met held against them."""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import NamedTuple

from alerting.model import Against
from alerting.rules import BoundRule, Level, Way

# (severity, alternatives), most severe first; an alternative is ((measure index, limit), …)
Table = tuple[tuple[int, tuple[tuple[tuple[int, float], ...], ...]], ...]


class Sides(NamedTuple):
    """The tables of one stretch of time: the limits, the relaxed ones, those taken at once."""

    limits: Table
    relaxed: Table
    at_once: Table


def sides(rule: BoundRule, at_s: float) -> Sides:
    """Lay out the limits of a rule that are valid at a time."""
    factor = rule.at_once
    return Sides(
        table(rule.levels, at_s, lambda limit: limit),
        table(
            rule.levels,
            at_s,
            lambda limit: limit - rule.margin - abs(limit) * (1.0 - rule.ratio),
        ),
        table(rule.levels, at_s, lambda limit: limit + abs(limit) * (factor - 1.0))
        if factor
        else (),
    )


def turns(rule: BoundRule) -> tuple[float, ...]:
    """List the instants at which some limit of a rule begins or ends to be valid."""
    periods = [way.period for level in rule.levels for way in level.ways]
    ends = {end for when in periods for end in (when.from_s, when.until_s)}
    return tuple(sorted(end for end in ends if isfinite(end)))


def table(levels: Sequence[Level], at_s: float, change: Callable[[float], float]) -> Table:
    """Lay the levels valid at a time out from the most severe down, with every limit changed."""
    return tuple(
        (
            int(level.severity),
            tuple(
                tuple((measure, change(limit)) for measure, limit in way.limits)
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
    return Against(
        name="" if measure.name == "value" else measure.name.replace("_", " "),
        name_zh=measure.name_zh,
        value=None if stat is None else rule.sign * stat,
        limit=rule.sign * limit,
        unit=measure.unit,
    )

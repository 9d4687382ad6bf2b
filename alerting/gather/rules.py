"""How long people wait for company of an alert, and when there is too much for one notice each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from alerting.model import Alert, Severity

# Defaults of this project (confidence D). An extreme alert never waits.
_NO_WAIT = dict.fromkeys(Severity, timedelta(0))
SHORT_WAITS: Mapping[Severity, timedelta] = {
    Severity.MINOR: timedelta(seconds=10),
    Severity.MODERATE: timedelta(seconds=5),
    Severity.SEVERE: timedelta(seconds=2),
    Severity.EXTREME: timedelta(0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StormRules:
    """More than `most` alerts for one recipient `within` is a storm (ISA-18.2: 10 in 10 minutes).

    It is over when fewer than `calm_below` came within the same span. In it an area has one notice
    `every` so often, after `first_after`; extreme alerts one for all areas `red_every` so often,
    and reminders of them `remind_every`.
    """

    most: int = 10
    within: timedelta = timedelta(minutes=10)
    calm_below: int = 5
    first_after: timedelta = timedelta(seconds=10)
    every: timedelta = timedelta(minutes=2)
    red_every: timedelta = timedelta(seconds=5)
    remind_every: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherRules:
    """`waits` for company, by severity; without `storm` rules there are no storms.

    `area_of` names the street, town or site of an alert.
    """

    waits: Mapping[Severity, timedelta] = field(default_factory=lambda: _NO_WAIT)
    storm: StormRules | None = None
    area_of: Callable[[Alert], str] = lambda alert: alert.site

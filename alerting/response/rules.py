"""How long people may set an alert aside, by severity, and how long drills may last.

A district changes it in its response.yaml.

The worse an alert, the shorter: an extreme one comes back within minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from alerting.model import Severity

# Defaults of this project (confidence D); ISA-18.2 asks for a limit and names none.
_SHELF_AT_MOST = {
    Severity.MINOR: timedelta(hours=24),
    Severity.MODERATE: timedelta(hours=8),
    Severity.SEVERE: timedelta(hours=1),
    Severity.EXTREME: timedelta(minutes=15),
}
_FALSE_AT_MOST = {
    Severity.MINOR: timedelta(hours=24),
    Severity.MODERATE: timedelta(hours=12),
    Severity.SEVERE: timedelta(hours=4),
    Severity.EXTREME: timedelta(hours=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRules:
    """`shelf_at_most`: the longest shelf. `false_at_most`: when a "false" is asked about again.

    `closes_itself_below`: an alert that never was this bad and to which nobody went is closed by
    the program when its condition is over.
    """

    shelf_at_most: Mapping[Severity, timedelta] = field(default_factory=lambda: _SHELF_AT_MOST)
    false_at_most: Mapping[Severity, timedelta] = field(default_factory=lambda: _FALSE_AT_MOST)
    closes_itself_below: Severity = Severity.SEVERE


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillRules:
    """No drill lasts longer than `longest`, and no more than `at_once` are under way."""

    longest: timedelta = timedelta(hours=8)
    at_once: int = 5

"""What routes look at in an alert, and one node of the tree of routes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from alerting.model import Alert, AlertKind, Remark, Severity
from alerting.route.days import Hours
from alerting.route.ladder import Ladder
from alerting.route.words import KINDS_ZH, either, either_kind, quoted, severity_words

# How soon a severity must be acknowledged before people are reminded (domain reference F4).
REPEAT_EVERY: Mapping[Severity, timedelta] = {
    Severity.MINOR: timedelta(minutes=30),
    Severity.MODERATE: timedelta(minutes=15),
    Severity.SEVERE: timedelta(minutes=10),
    Severity.EXTREME: timedelta(minutes=5),
}


@dataclass(frozen=True, slots=True)
class Matter:
    """What routes look at in an alert: `places` are names of district, street and village."""

    site: str
    hazard: str
    kind: AlertKind
    severity: Severity
    at: datetime
    places: frozenset[str] = frozenset()

    @classmethod
    def of(cls, alert: Alert, now: datetime, places: frozenset[str] = frozenset()) -> "Matter":
        """Give what routes look at."""
        return cls(alert.site, alert.hazard, alert.kind, alert.severity, now, places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One entry of routes.yaml; an empty matcher matches everything.

    `routes` are asked before it, with what is left of its alerts; only when none of them tells
    anybody it tells its own. `repeat_every` holds None for a severity that is never repeated.
    """

    name: str
    sites: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    hazards: frozenset[str] = frozenset()
    kinds: frozenset[AlertKind] = frozenset()
    min_severity: Severity = Severity.MINOR
    max_severity: Severity = Severity.EXTREME
    times: tuple[Hours, ...] = ()
    people: tuple[str, ...] = ()
    rotas: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    turn: int = 0
    over: tuple[str, ...] = ()
    ladders: Mapping[Severity, Ladder] = field(default_factory=dict)
    repeat_every: Mapping[Severity, timedelta | None] = field(default_factory=dict)
    is_continued: bool = False
    routes: "tuple[Route, ...]" = ()

    def why_not(self, matter: Matter) -> Remark | None:
        """Say why this route does not match; None when it does."""
        for wanted, given in (
            (self.sites, matter.site),
            (self.hazards, matter.hazard),
        ):
            if wanted and given not in wanted:
                return _not_of(wanted, given)
        if self.places and not self.places & matter.places:
            where = either(matter.places) if matter.places else _UNKNOWN_PLACE
            return _for_other(either(self.places), where)
        if self.kinds and matter.kind not in self.kinds:
            return _not_of_kind(self.kinds, matter.kind)
        return self._why_not_now(matter)

    def _why_not_now(self, matter: Matter) -> Remark | None:
        severity = matter.severity
        if severity < self.min_severity:
            return _too_little(self.min_severity, severity)
        if severity > self.max_severity:
            return _too_much(self.max_severity, severity)
        if self.times and not any(hours.covers(matter.at) for hours in self.times):
            zh = "或".join(hours.zh for hours in self.times)
            return Remark(f"it is for {' or '.join(map(str, self.times))}", f"仅用于{zh}")
        return None

    def repeat(self, severity: Severity) -> timedelta | None:
        """Give after how long an unacknowledged notice is repeated; None for never."""
        return self.repeat_every.get(severity, REPEAT_EVERY[severity])


_UNKNOWN_PLACE = Remark("a place that is not known", "未知地点")


# A check of the files asks every route about every site, hazard, kind and severity.


@lru_cache(maxsize=1024)
def _not_of(wanted: frozenset[str], given: str) -> Remark:
    return _for_other(either(wanted), Remark(given, quoted(given)))


@lru_cache(maxsize=128)
def _not_of_kind(wanted: frozenset[AlertKind], given: AlertKind) -> Remark:
    kinds = either_kind(wanted)
    return _for_other(
        Remark(f"{kinds.en} alerts", f"{kinds.zh}警报"), Remark(given, f"{KINDS_ZH[given]}警报")
    )


@lru_cache(maxsize=16)
def _too_little(least: Severity, given: Severity) -> Remark:
    begins, this = severity_words(least), severity_words(given)
    return Remark(f"it begins at {begins.en}, this is {this.en}", f"{begins.zh}起，本次{this.zh}")


@lru_cache(maxsize=16)
def _too_much(most: Severity, given: Severity) -> Remark:
    ends, this = severity_words(most), severity_words(given)
    return Remark(f"it ends at {ends.en}, this is {this.en}", f"至{ends.zh}止，本次{this.zh}")


def _for_other(wanted: Remark, given: Remark) -> Remark:
    return Remark(f"it is for {wanted.en}, not {given.en}", f"仅用于{wanted.zh}，不含{given.zh}")

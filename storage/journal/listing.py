"""Questions people ask of the journal: alerts by filter, page by page, and the final history.

Pages are continued from the last row's own values, so that rows added meanwhile move nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, tuple_

from alerting.model import AlertKind, AlertState, Mark, Severity, Transition, TransitionKind
from sensors.model import SensorKey
from storage.journal.document import said_of
from storage.journal.schema import alerts, transitions

# Steps whose instants are those of readings; what a person or a timer did is not among them.
_OF_READINGS = (
    TransitionKind.RAISED,
    TransitionKind.UPGRADED,
    TransitionKind.DOWNGRADED,
    TransitionKind.CLEARED,
)
_IDENTITY = (
    transitions.c.taken_at,
    alerts.c.site,
    alerts.c.device,
    alerts.c.point,
    alerts.c.quantity,
    alerts.c.rule_id,
    transitions.c.severity,
    transitions.c.kind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertQuery:
    """Which alerts; an empty filter takes all. Newest `detected_at` first, then by id.

    `since` is on `detected_at`, inclusive. `after` is `detected_at` and id of the last alert of
    the page before. An empty part of `sensor` takes any.
    """

    site: str | None = None
    sensor: SensorKey | None = None
    hazards: Sequence[str] = ()
    severities: Sequence[Severity] = ()
    kinds: Sequence[AlertKind] = ()
    states: Sequence[AlertState] = ()
    since: datetime | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 100
    mark: Mark = Mark.ACTUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Which final steps of alerts; `since` <= `taken_at` < `until`, both on event time.

    `after` is `PastStep.identity` of the last step of the page before.
    """

    site: str | None = None
    kinds: Sequence[AlertKind] = (AlertKind.LIMIT,)
    since: datetime | None = None
    until: datetime | None = None
    after: tuple[Any, ...] | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PastStep:
    """One final step with what identifies its alert whatever the order of arrival was."""

    sensor: SensorKey
    hazard: str
    rule_id: str
    pack: str
    transition: Transition

    @property
    def identity(self) -> tuple[Any, ...]:
        """Give what the history is sorted by and unique in."""
        step = self.transition
        return (step.taken_at, *self.sensor, self.rule_id, step.severity, step.kind)


def alerts_found(query: AlertQuery) -> Select[Any]:
    """Ask for one page of alerts."""
    question = select(alerts).order_by(alerts.c.detected_at.desc(), alerts.c.id)
    wanted: list[ColumnElement[bool]] = [alerts.c.mark == query.mark]
    wanted += [
        column.in_(values)
        for column, values in (
            (alerts.c.hazard, query.hazards),
            (alerts.c.severity, query.severities),
            (alerts.c.kind, query.kinds),
            (alerts.c.state, query.states),
        )
        if values
    ]
    if query.site is not None:
        wanted.append(alerts.c.site == query.site)
    if query.sensor is not None:
        parts = query.sensor._asdict().items()
        wanted += [alerts.c[name] == part for name, part in parts if part]
    if query.since is not None:
        wanted.append(alerts.c.detected_at >= query.since)
    if query.after is not None:
        at, alert_id = query.after
        same = and_(alerts.c.detected_at == at, alerts.c.id > alert_id)
        wanted.append(or_(alerts.c.detected_at < at, same))
    return question.where(*wanted).limit(query.limit)


def steps_found(query: HistoryQuery) -> Select[Any]:
    """Ask for one page of final steps, in an order that does not depend on arrival."""
    wanted: list[ColumnElement[bool]] = [
        transitions.c.final.is_(True),
        transitions.c.kind.in_(_OF_READINGS),
        alerts.c.kind.in_(query.kinds),
        alerts.c.mark == Mark.ACTUAL,
    ]
    if query.site is not None:
        wanted.append(alerts.c.site == query.site)
    if query.since is not None:
        wanted.append(transitions.c.taken_at >= query.since)
    if query.until is not None:
        wanted.append(transitions.c.taken_at < query.until)
    if query.after is not None:
        types = [column.type for column in _IDENTITY]
        wanted.append(tuple_(*_IDENTITY) > tuple_(*query.after, types=types))
    named = (alerts.c.site, alerts.c.device, alerts.c.point, alerts.c.quantity)
    return (
        select(transitions, *named, alerts.c.hazard, alerts.c.rule_id, alerts.c.pack)
        .join_from(transitions, alerts, alerts.c.id == transitions.c.alert_id)
        .where(*wanted)
        .order_by(*_IDENTITY, transitions.c.alert_id, transitions.c.ordinal)
        .limit(query.limit)
    )


def step_of(row: Row[Any]) -> PastStep:
    """Give the step of a row."""
    columns = {column.name: getattr(row, column.name) for column in transitions.columns}
    columns["said"] = said_of(row.said)
    return PastStep(
        sensor=SensorKey(row.site, row.device, row.point, row.quantity),
        hazard=row.hazard,
        rule_id=row.rule_id,
        pack=row.pack,
        transition=Transition(**columns),
    )

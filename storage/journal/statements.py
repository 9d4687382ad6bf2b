"""The journal's write statements, compiled for the database at hand.

SQLite and PostgreSQL both know `INSERT … ON CONFLICT`, which makes every write idempotent: the same
effects recorded twice are there once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Select,
    Table,
    Update,
    bindparam,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from alerting.model import AlertState, Mark, NoticeState, NotifyReason
from storage.journal.schema import (
    actions,
    alerts,
    escalation_steps,
    meta,
    notice_members,
    officials,
    outbox,
    proofs,
    responses,
    rule_state,
    silences,
    stages,
    task_events,
    transitions,
)

Insert = sqlite.Insert | postgresql.Insert

_RECORDED_SEQ = "recorded_seq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """One insert per table that says what happens when the row is there already."""

    put_alert: Insert
    put_transition: Insert
    add_notice: Insert
    put_outcome: Insert
    add_action: Insert
    add_stage: Insert
    add_official: Insert
    add_task_event: Insert
    put_response: Insert
    add_member: Insert
    add_step: Insert
    add_proof: Insert
    put_silence: Insert
    put_state: Insert
    raise_seq: Insert

    @classmethod
    def of(cls, dialect: str) -> "Statements":
        """Build them for `sqlite` or `postgresql`."""
        outcome = _insert(dialect, outbox)
        transition = _insert(dialect, transitions)
        raised = _insert(dialect, meta)
        return cls(
            put_alert=_upsert(_insert(dialect, alerts), alerts),
            put_transition=transition.on_conflict_do_update(
                index_elements=list(transitions.primary_key),
                set_={"final": transition.excluded.final, "taken_at": transition.excluded.taken_at},
                where=transitions.c.final.is_(False),
            ),
            add_notice=_insert(dialect, outbox).on_conflict_do_nothing(index_elements=["id"]),
            put_outcome=outcome.on_conflict_do_update(
                index_elements=["id"],
                set_=_excluded(outcome, outbox),
                where=outbox.c.state == NoticeState.PENDING,
            ),
            add_action=_insert(dialect, actions).on_conflict_do_nothing(index_elements=["digest"]),
            add_stage=_insert(dialect, stages).on_conflict_do_nothing(index_elements=["digest"]),
            add_official=_insert(dialect, officials).on_conflict_do_nothing(
                index_elements=["sender", "identifier"]
            ),
            add_task_event=_insert(dialect, task_events).on_conflict_do_nothing(
                index_elements=["task_id", "n"]
            ),
            put_response=_upsert(_insert(dialect, responses), responses),
            add_member=_insert(dialect, notice_members).on_conflict_do_nothing(
                index_elements=list(notice_members.primary_key)
            ),
            add_step=_insert(dialect, escalation_steps).on_conflict_do_nothing(
                index_elements=list(escalation_steps.primary_key)
            ),
            add_proof=_insert(dialect, proofs).on_conflict_do_nothing(index_elements=["digest"]),
            put_silence=_upsert(_insert(dialect, silences), silences),
            put_state=_upsert(_insert(dialect, rule_state), rule_state),
            raise_seq=raised.on_conflict_do_update(
                index_elements=["name"],
                set_={"number": raised.excluded.number},
                where=meta.c.number < raised.excluded.number,
            ),
        )


def seq_row(seq: int) -> dict[str, object]:
    """Give the row that `raise_seq` puts."""
    return {"name": _RECORDED_SEQ, "number": seq}


def recorded_seq() -> Select[int]:
    """Ask for the highest sequence number recorded."""
    return select(meta.c.number).where(meta.c.name == _RECORDED_SEQ)


def newest_state_seq() -> Select[int | None]:
    """Ask for the highest log block of all rule states, NULL when there are none."""
    return select(func.max(rule_state.c.seq))


def note_late_sending() -> Update:
    """Say when a notice was sent although it had been cancelled meanwhile; it stays cancelled."""
    return (
        update(outbox)
        .where(
            outbox.c.id == bindparam("notice_id"),
            outbox.c.state == NoticeState.CANCELLED,
            outbox.c.sent_at.is_(None),
        )
        .values(sent_at=bindparam("sent"), attempts=bindparam("tries"))
    )


def cancel() -> Update:
    """Cancel one notice, named by the parameter `notice_id`, if it is still pending."""
    return (
        update(outbox)
        .where(outbox.c.id == bindparam("notice_id"), outbox.c.state == NoticeState.PENDING)
        .values(state=NoticeState.CANCELLED)
    )


def standing_responses() -> Select[Any]:
    """Ask for the responses to alerts that fire."""
    return (
        select(responses)
        .join_from(responses, alerts, alerts.c.id == responses.c.alert_id)
        .where(alerts.c.state == AlertState.FIRING)
        .order_by(responses.c.alert_id)
    )


def receipts() -> CompoundSelect[Any]:
    """Ask for every receipt about alerts that fire, by alert and then oldest first."""
    is_meant = (alerts.c.state == AlertState.FIRING, outbox.c.sent_at.is_not(None))
    one = (
        select(alerts.c.id.label("told_of"), outbox.c.recipient_name, outbox.c.sent_at)
        .join_from(outbox, alerts, alerts.c.id == outbox.c.alert_id)
        .where(*is_meant)
    )
    several = (
        select(alerts.c.id.label("told_of"), outbox.c.recipient_name, outbox.c.sent_at)
        .join_from(outbox, notice_members, notice_members.c.notice_id == outbox.c.id)
        .join(alerts, alerts.c.id == notice_members.c.alert_id)
        .where(*is_meant)
    )
    return union_all(one, several).order_by("told_of", "sent_at")


def told_lately(since: datetime) -> Select[Any]:
    """Ask who was told, or would have been, of which real alert since an instant, in order."""
    ends = (NotifyReason.CLEARED, NotifyReason.WITHDRAWN, NotifyReason.SEVERITY_FELL)
    gathered = (NotifyReason.GROUP, NotifyReason.STORM, NotifyReason.STORM_OVER)
    more = (NotifyReason.CARD, NotifyReason.RENEWED)
    orders = (NotifyReason.ORDER, NotifyReason.ORDER_OVER, NotifyReason.ORDER_NEWS)
    drills = select(alerts.c.id).where(alerts.c.mark != Mark.ACTUAL)
    return (
        select(outbox.c.recipient_id, outbox.c.alert_id, outbox.c.created_at)
        .where(
            outbox.c.created_at > since,
            outbox.c.state != NoticeState.MUTED,
            outbox.c.reason.not_in((*ends, *gathered, *orders, *more)),
            outbox.c.alert_id.not_in(drills),
        )
        .order_by(outbox.c.created_at, outbox.c.id)
    )


def settle() -> Update:
    """Settle one notice that is held, with the parameters of `rows.settled_row`."""
    return (
        update(outbox)
        .where(outbox.c.id == bindparam("notice_id"), outbox.c.state == NoticeState.HELD)
        .values(
            state=bindparam("new_state"),
            due_at=bindparam("new_due_at"),
            last_error=bindparam("new_error"),
        )
    )


def about(alert_id: str) -> Select[Any]:
    """Ask for every notice that tells of an alert, alone or with others."""
    several = select(notice_members.c.notice_id).where(notice_members.c.alert_id == alert_id)
    return (
        select(outbox)
        .where(or_(outbox.c.alert_id == alert_id, outbox.c.id.in_(several)))
        .order_by(outbox.c.created_at, outbox.c.id)
    )


def pending_of(alert_ids: Iterable[str]) -> Select[str]:
    """Ask for the ids of the pending notices of some alerts."""
    return select(outbox.c.id).where(
        outbox.c.alert_id.in_(alert_ids), outbox.c.state == NoticeState.PENDING
    )


def steps_of(alert_id: str | None) -> Select[Any]:
    """Ask for the steps of one alert's escalations, or of those of every alert that fires."""
    table = escalation_steps
    asked = select(table).order_by(table.c.alert_id, table.c.ordinal, table.c.n)
    if alert_id is not None:
        return asked.where(table.c.alert_id == alert_id)
    return asked.join(alerts, alerts.c.id == table.c.alert_id).where(
        alerts.c.state == AlertState.FIRING
    )


def sent_to(people: Iterable[str], limit: int) -> Select[Any]:
    """Ask for the notices that were sent to people, the newest first."""
    return (
        select(outbox)
        .where(outbox.c.recipient_id.in_(list(people)), outbox.c.sent_at.is_not(None))
        .order_by(outbox.c.sent_at.desc(), outbox.c.id)
        .limit(limit)
    )


def past_notices(before: object, limit: int) -> Select[str]:
    """Ask for the ids of notices that are done, older than `before`, of alerts that are over."""
    is_over = or_(alerts.c.state.is_(None), alerts.c.state != AlertState.FIRING)
    return (
        select(outbox.c.id)
        .outerjoin_from(outbox, alerts, alerts.c.id == outbox.c.alert_id)
        .where(
            outbox.c.created_at < before,
            func.coalesce(outbox.c.sent_at, outbox.c.created_at) < before,
            outbox.c.state.not_in((NoticeState.PENDING, NoticeState.HELD)),
            is_over,
        )
        .order_by(outbox.c.created_at)
        .limit(limit)
    )


def _insert(dialect: str, table: Table) -> Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _upsert(insert: Insert, table: Table) -> Insert:
    return insert.on_conflict_do_update(
        index_elements=list(table.primary_key), set_=_excluded(insert, table)
    )


def _excluded(insert: Insert, table: Table) -> dict[str, object]:
    keys = {column.name for column in table.primary_key}
    return {
        column.name: insert.excluded[column.name]
        for column in table.columns
        if column.name not in keys
    }

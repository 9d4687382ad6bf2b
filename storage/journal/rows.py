"""Alerting's values as rows of the journal's tables, and back."""

import hashlib
import json
import math
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from alerting.model import Alert, OutboxEntry, Provenance, Transition
from alerting.mute import Silence
from alerting.ports import Action, EscalationStep, Proof, RuleState, StageRecord
from alerting.response.model import Response
from alerting.warning import OfficialRecord, OfficialWarning
from sensors.lifecycle import StageChange
from sensors.model import Position, SensorKey
from storage.journal.columns import microseconds
from storage.journal.document import (
    decode,
    decode_part,
    encode,
    encode_part,
    said_of,
    said_text,
)

Values = dict[str, Any]


def alert_row(alert: Alert) -> Values:
    """Give the row of an alert."""
    return {
        "id": alert.id,
        "kind": alert.kind,
        "state": alert.state,
        **alert.sensor._asdict(),
        "hazard": alert.hazard,
        "rule_id": alert.rule_id,
        "pack": alert.pack,
        "severity": alert.severity,
        "peak": alert.peak,
        "lat": alert.position.lat,
        "lon": alert.position.lon,
        "started_at": alert.started_at,
        "detected_at": alert.detected_at,
        "severity_at": alert.severity_at,
        "value": alert.value,
        "limit_value": alert.limit,
        "unit": alert.unit,
        "reason": alert.reason,
        "provenance_source": alert.provenance.source,
        "provenance_clause": alert.provenance.clause,
        "provenance_confidence": alert.provenance.confidence,
        "ordinal": alert.ordinal,
        "ended_at": alert.ended_at,
        "acknowledged_at": alert.acknowledged_at,
        "acknowledged_by": alert.acknowledged_by,
        "awaiting_sign_off": alert.awaiting_sign_off,
        "said": said_text(alert.said),
        "mark": alert.mark,
    }


def alert_of(row: Row[Any]) -> Alert:
    """Give the alert of a row."""
    return Alert(
        id=row.id,
        kind=row.kind,
        state=row.state,
        sensor=SensorKey(row.site, row.device, row.point, row.quantity),
        hazard=row.hazard,
        rule_id=row.rule_id,
        pack=row.pack,
        severity=row.severity,
        peak=row.peak,
        position=Position(_number(row.lat), _number(row.lon)),
        started_at=row.started_at,
        detected_at=row.detected_at,
        severity_at=row.severity_at,
        value=row.value,
        limit=row.limit_value,
        unit=row.unit,
        reason=row.reason,
        provenance=Provenance(
            source=row.provenance_source,
            clause=row.provenance_clause,
            confidence=row.provenance_confidence,
        ),
        ordinal=row.ordinal,
        ended_at=row.ended_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        awaiting_sign_off=row.awaiting_sign_off,
        said=said_of(row.said),
        mark=row.mark,
    )


def transition_row(transition: Transition) -> Values:
    """Give the row of a transition."""
    return {
        "alert_id": transition.alert_id,
        "ordinal": transition.ordinal,
        "kind": transition.kind,
        "severity": transition.severity,
        "taken_at": transition.taken_at,
        "detected_at": transition.detected_at,
        "value": transition.value,
        "reason": transition.reason,
        "final": transition.final,
        "late_by_s": transition.late_by_s,
        "actor": transition.actor,
        "said": said_text(transition.said),
    }


def transition_of(row: Row[Any]) -> Transition:
    """Give the transition of a row."""
    return Transition(**{**row._asdict(), "said": said_of(row.said)})


def outbox_row(entry: OutboxEntry) -> Values:
    """Give the row of an outbox entry: columns to ask by, and the whole of it as a document."""
    notice = entry.notice
    return {
        "id": notice.id,
        "alert_id": notice.subject,
        "reason": notice.reason,
        "severity": notice.alert.severity,
        "recipient_id": notice.recipient.id,
        "recipient_name": notice.recipient.name,
        "channel": notice.recipient.channel,
        "address": notice.recipient.address,
        "language": notice.recipient.language,
        "state": entry.state,
        "attempts": entry.attempts,
        "created_at": notice.created_at,
        "due_at": entry.due_at,
        "sent_at": entry.sent_at,
        "last_error": entry.last_error,
        "entry": encode(entry),
    }


def outbox_of(row: Row[Any]) -> OutboxEntry:
    """Give the outbox entry of a row; ValueError when its document cannot be read.

    Cancelling and settling touch columns only, so what they may change is taken from there.
    """
    return replace(
        decode(row.entry),
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        sent_at=row.sent_at,
        last_error=row.last_error,
    )


def member_rows(entry: OutboxEntry) -> list[Values]:
    """Give a row for each alert in a notice about several."""
    batch = entry.notice.batch
    ids = batch.alert_ids if batch is not None else ()
    return [{"notice_id": entry.notice.id, "alert_id": alert_id} for alert_id in ids]


def settled_row(entry: OutboxEntry) -> Values:
    """Give what is settled about a notice that was held."""
    return {
        "notice_id": entry.notice.id,
        "new_state": entry.state,
        "new_due_at": entry.due_at,
        "new_error": entry.last_error,
    }


def action_row(action: Action) -> Values:
    """Give the row of an action."""
    whole = [action.alert_id, microseconds(action.at), action.actor, action.action, action.note]
    if action.phase or action.detail:
        whole += [action.phase, action.detail]
    return {
        "alert_id": action.alert_id,
        "at": action.at,
        "actor": action.actor,
        "action": action.action,
        "note": action.note,
        "phase": action.phase,
        "detail": action.detail,
        "digest": hashlib.sha256(json.dumps(whole).encode()).hexdigest(),
    }


def action_of(row: Row[Any]) -> Action:
    """Give the action of a row."""
    return Action(
        alert_id=row.alert_id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        note=row.note,
        phase=row.phase,
        detail=row.detail,
    )


def response_row(response: Response) -> Values:
    """Give the row of a response: columns to ask by, and the whole of it as a document."""
    return {
        "alert_id": response.alert_id,
        "phase": response.phase.value,
        "since": response.since,
        "assigned_to": response.assigned_to,
        "shelved_until": response.shelf.until if response.shelf else None,
        "response": encode_part(response),
    }


def response_of(row: Row[Any]) -> Response:
    """Give the response of a row; ValueError when its document cannot be read."""
    return decode_part(row.response, Response)


def silence_row(silence: Silence) -> Values:
    """Give the row of a silence: columns to ask by, and the whole of it as a document."""
    return {
        "id": silence.id,
        "since": silence.since,
        "until": silence.until,
        "author": silence.author,
        "comment": silence.comment,
        "ended_at": silence.ended_at,
        "silence": encode_part(silence),
    }


def silence_of(row: Row[Any]) -> Silence:
    """Give the silence of a row; ValueError when its document cannot be read."""
    return decode_part(row.silence, Silence)


def stage_row(record: StageRecord) -> Values:
    """Give the row of a person's word on a stage."""
    change = record.change
    row: dict[str, Any] = {
        "site": record.site,
        "device": record.device,
        "at": change.at,
        "stage": change.stage,
        "actor": change.by,
        "note": change.note,
        "depth_m": change.depth_m,
        "recorded_at": record.recorded_at,
        "seq": record.seq,
    }
    whole = [microseconds(each) if isinstance(each, datetime) else each for each in row.values()]
    return {**row, "digest": hashlib.sha256(json.dumps(whole).encode()).hexdigest()}


def stage_of(row: Row[Any]) -> StageRecord:
    """Give a person's word on a stage of a row."""
    change = StageChange(
        at=row.at, stage=row.stage, by=row.actor, note=row.note, depth_m=row.depth_m
    )
    return StageRecord(
        site=row.site,
        device=row.device,
        change=change,
        recorded_at=row.recorded_at,
        seq=row.seq,
    )


def step_row(step: EscalationStep) -> Values:
    """Give the row of a step of an escalation."""
    return {
        "alert_id": step.alert_id,
        "ordinal": step.ordinal,
        "n": step.n,
        "kind": step.kind,
        "at": step.at,
        "due_at": step.due_at,
        "rung": step.rung,
        "told": json.dumps(step.told, ensure_ascii=False),
        "why": step.why,
        "why_zh": step.why_zh,
    }


def step_of(row: Row[Any]) -> EscalationStep:
    """Give the step of a row; ValueError when its people cannot be read."""
    told = tuple(str(person) for person in json.loads(row.told))
    return EscalationStep(**{**row._asdict(), "told": told})


def proof_row(proof: Proof) -> Values:
    """Give the row of what came back about a notice."""
    whole = [proof.notice_id, microseconds(proof.at), proof.kind, proof.by, proof.note]
    return {
        "notice_id": proof.notice_id,
        "alert_id": proof.alert_id,
        "at": proof.at,
        "kind": proof.kind,
        "source": proof.by,
        "note": proof.note,
        "digest": hashlib.sha256(json.dumps(whole).encode()).hexdigest(),
    }


def proof_of(row: Row[Any]) -> Proof:
    """Give what came back about a notice of a row."""
    return Proof(
        notice_id=row.notice_id,
        alert_id=row.alert_id,
        at=row.at,
        kind=row.kind,
        by=row.source,
        note=row.note,
    )


def official_row(record: OfficialRecord) -> Values:
    """Give the row of an official message."""
    warning = record.warning
    return {
        "sender": warning.name.sender,
        "identifier": warning.name.identifier,
        "sent_at": warning.sent_at,
        "over_at": max(warning.ends_at, warning.sent_at),
        "received_at": record.received_at,
        "seq": record.seq,
        "how": record.how,
        "remarks": json.dumps(record.remarks, ensure_ascii=False),
        "warning": msgspec.json.encode(warning).decode(),
        "body": record.body,
    }


def official_of(row: Row[Any]) -> OfficialRecord:
    """Give the official message of a row; ValueError when it cannot be read."""
    return OfficialRecord(
        warning=msgspec.json.decode(row.warning, type=OfficialWarning),
        received_at=row.received_at,
        seq=row.seq,
        how=row.how,
        body=bytes(row.body),
        remarks=tuple(json.loads(row.remarks)),
    )


def state_row(state: RuleState) -> Values:
    """Give the row of a rule state."""
    return {"key": state.key, "seq": state.seq, "blob": state.blob}


def state_of(row: Row[Any]) -> RuleState:
    """Give the rule state of a row."""
    return RuleState(key=row.key, seq=row.seq, blob=bytes(row.blob))


def _number(stored: float | None) -> float:
    return math.nan if stored is None else stored

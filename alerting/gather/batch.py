"""Makes one notice of several: counts by severity, the worst first, every alert accounted for."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerting.model import (
    Alert,
    AlertState,
    Batch,
    Card,
    Gathering,
    Member,
    NoticeState,
    NotifyReason,
    OutboxEntry,
    Severity,
)

MAX_NAMED = 20
MAX_RED_NAMED = 200
MAX_GATHERED = 5_000

Present = Callable[[Alert], Alert]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What leaves now: notices to send, and what became of those that were held for them."""

    sent: tuple[OutboxEntry, ...] = ()
    settled: tuple[OutboxEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why alerts are gathered: which kind, where, since when, how many were told before."""

    kind: Gathering
    place: str
    since: datetime
    now: datetime
    n_before: int = 0


def gather(held: Sequence[OutboxEntry], occasion: Occasion, alerts: Sequence[Alert]) -> Gathered:
    """Make one notice of held ones to the same person; they are settled with its id.

    `alerts` are those meant, as they stand now. The notice goes by the roads of the worst one.
    """
    lead = max(held, key=lambda entry: (entry.notice.alert.severity, entry.notice.created_at))
    names = {
        entry.notice.alert.site: entry.notice.card.site_name
        for entry in held
        if entry.notice.card is not None
    }
    batch = batch_of(alerts, occasion, names)
    worst = _worst(alerts, lead.notice.alert)
    notice = replace(
        lead.notice,
        id=_batch_id(lead.notice.recipient.id, occasion, held),
        reason=NotifyReason(occasion.kind.value),
        alert=worst,
        card=_card_of(worst, held),
        created_at=occasion.now,
        remarks=(),
        batch=batch,
    )
    sent = OutboxEntry(notice=notice, due_at=occasion.now, fallbacks=lead.fallbacks)
    why = f"told together with others in notice {notice.id}"
    settled = tuple(
        replace(entry, state=NoticeState.GATHERED, last_error=why, due_at=occasion.now)
        for entry in held
    )
    return Gathered((sent,), settled)


def alone(held: Sequence[OutboxEntry], now: datetime) -> Gathered:
    """Let one alert's newest notice go as it is; older ones of the same are overtaken."""
    *older, newest = held
    released = replace(newest, state=NoticeState.PENDING, last_error="", due_at=now)
    return Gathered(sent=(released,), settled=(*overtaken(older, newest, now), released))


def overtaken(
    older: Sequence[OutboxEntry], newest: OutboxEntry, now: datetime
) -> list[OutboxEntry]:
    """Settle older notices of an alert that a newer one of it makes needless."""
    why = f"overtaken by notice {newest.notice.id}"
    return [replace(e, state=NoticeState.GATHERED, last_error=why, due_at=now) for e in older]


def batch_of(
    alerts: Sequence[Alert], occasion: Occasion, site_names: Mapping[str, str] | None = None
) -> Batch:
    """Count the alerts and name the worst of them."""
    called = site_names or {}
    once = {alert.id: alert for alert in alerts}
    standing = [alert for alert in once.values() if alert.state is AlertState.FIRING]
    counts = [0, 0, 0, 0]
    for alert in standing:
        counts[alert.severity - 1] += 1
    named = sorted(once.values(), key=_urgency)
    n_red = counts[Severity.EXTREME - 1]
    return Batch(
        kind=occasion.kind,
        place=occasion.place,
        since=occasion.since,
        counts=(counts[0], counts[1], counts[2], counts[3]),
        n_over=len(once) - len(standing),
        n_before=occasion.n_before,
        members=tuple(
            _member(alert, called.get(alert.site, "")) for alert in named[: max(MAX_NAMED, n_red)]
        ),
        alert_ids=tuple(alert.id for alert in named),
    )


def _urgency(alert: Alert) -> tuple[bool, bool, int, datetime, str]:
    is_over = alert.state is not AlertState.FIRING
    is_seen = alert.acknowledged_at is not None
    return (is_over, is_seen, -alert.severity, alert.detected_at, alert.id)


def _member(alert: Alert, site_name: str) -> Member:
    return Member(
        alert_id=alert.id,
        severity=alert.severity,
        state=alert.state,
        site=alert.sensor.site,
        device=alert.sensor.device,
        hazard=alert.hazard,
        reason=alert.reason,
        said=alert.said,
        is_acknowledged=alert.acknowledged_at is not None,
        site_name=site_name,
    )


def _card_of(worst: Alert, held: Sequence[OutboxEntry]) -> Card | None:
    """Give the card of the alert that the notice names first, else one of the same site."""
    cards = [entry.notice for entry in held if entry.notice.card is not None]
    own = [notice for notice in cards if notice.alert.id == worst.id]
    near = [notice for notice in cards if notice.alert.site == worst.site]
    return next((notice.card for notice in (*reversed(own), *near)), None)


def _worst(alerts: Sequence[Alert], lead: Alert) -> Alert:
    standing = [alert for alert in alerts if alert.state is AlertState.FIRING]
    return min(standing, key=_urgency, default=lead)


def _batch_id(recipient_id: str, occasion: Occasion, held: Sequence[OutboxEntry]) -> str:
    """Give an id that is the same for the same notices, on every machine and restart."""
    ids = sorted(entry.notice.id for entry in held)
    text = "\x1f".join((occasion.kind.value, recipient_id, occasion.place, *ids))
    return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}-0"

"""Turns one step of an alert's life into outbox entries, one for each person to tell."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerting.model import (
    Alert,
    Card,
    Notice,
    NotifyReason,
    OutboxEntry,
    Recipient,
    Transition,
)
from alerting.ports import Router

_STAND_IN = "-by"
TOLD_AS_AT_PEAK = frozenset(
    {NotifyReason.SEVERITY_FELL, NotifyReason.CLEARED, NotifyReason.WITHDRAWN}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What people are to be told: an alert, its transition, why, and what is known so far."""

    alert: Alert
    transition: Transition
    reason: NotifyReason
    card: Card | None = None
    remarks: tuple[str, ...] = ()


def make_notices(
    occasion: Occasion,
    router: Router,
    now: datetime,
    told: Sequence[Sequence[Recipient]] = (),
    *,
    n: int = 0,
) -> tuple[OutboxEntry, ...]:
    """Make one pending outbox entry per person whom `router` names, due at once.

    Good news (severity fell, cleared, withdrawn) goes to everybody who was told the worst: the
    router is then asked about the alert at its peak, and `told` adds those who were asked since.
    `n` tells notices of one step and reason apart.
    """
    alert = occasion.alert
    asked = alert
    if occasion.reason in TOLD_AS_AT_PEAK:
        asked = replace(alert, severity=max(alert.peak, alert.severity))
    entries = []
    named = list(router.recipients(asked, now))
    ids = {first.id for first, *_ in named}
    for first, *fallbacks in (*named, *(roads for roads in told if roads[0].id not in ids)):
        notice = Notice(
            id=notice_id(alert.id, occasion.transition.ordinal, occasion.reason, first.id, n=n),
            reason=occasion.reason,
            alert=alert,
            transition=occasion.transition,
            recipient=first,
            card=occasion.card,
            created_at=now,
            remarks=occasion.remarks,
        )
        entries.append(OutboxEntry(notice=notice, due_at=now, fallbacks=tuple(fallbacks)))
    return tuple(entries)


def notice_id(
    alert_id: str,
    ordinal: int,
    reason: NotifyReason,
    recipient_id: str,
    *,
    n: int = 0,
    in_place_of: str = "",
) -> str:
    """Give the id of a notice: the same for the same arguments, on every machine and restart.

    `n` counts repeats from 1; `in_place_of` is the id of a person who could not be reached. The id
    reads `<32 hex digits>-<n>`, with `-by` after it for a stand-in.
    """
    text = "\x1f".join((alert_id, str(ordinal), reason.value, recipient_id, in_place_of))
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return f"{digest}-{n}{_STAND_IN if in_place_of else ''}"


def repeat_number(id_of_notice: str) -> int:
    """Give `n` of a notice id; 0 for one this program did not make."""
    _, _, number = id_of_notice.removesuffix(_STAND_IN).rpartition("-")
    return int(number) if number.isascii() and number.isdigit() else 0

"""What happens to a notice next: plain functions of the entry, what came of it, and now.

    PENDING --taken--------------------------------> SENT
    PENDING --not taken, may be tried again--------> PENDING, later, same road
    PENDING --road given up, person has another----> PENDING, at once, next road
    PENDING --road given up, stand-in or next duty-> FAILED, and a new entry for that person
    PENDING --no road left-------------------------> FAILED
    PENDING --acknowledged, cleared, superseded----> CANCELLED

A notice that must be acknowledged is followed by a repeat whether it was SENT or FAILED: an outage
longer than all attempts must not end in silence.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerting.errors import DeliveryError
from alerting.model import (
    Alert,
    AlertState,
    NoticeState,
    NotifyReason,
    OutboxEntry,
    Recipient,
)
from alerting.render import IN_PLACE_OF, NOT_CHECKED
from alerting.route import is_stand_in, notice_id, repeat_number

MAX_ERROR = 500

_BEGINS_REPEATS = frozenset({NotifyReason.FIRST, NotifyReason.SEVERITY_ROSE, NotifyReason.RETURNED})
REPEATED = _BEGINS_REPEATS | {NotifyReason.REPEAT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How often and how long apart a notice is tried, and how often it is repeated."""

    max_attempts: int = 5
    first_wait: timedelta = timedelta(seconds=1)
    longest_wait: timedelta = timedelta(minutes=2)
    max_repeats: int = 500

    def __post_init__(self) -> None:
        """Refuse what would never try or never end."""
        if self.max_attempts < 1 or self.max_repeats < 0:
            raise ValueError("max_attempts must be at least 1 and max_repeats at least 0")
        if not timedelta(0) < self.first_wait <= self.longest_wait:
            raise ValueError("first_wait must be above zero and at most longest_wait")


@dataclass(frozen=True, slots=True)
class Step:
    """What an entry became, and the entry for somebody else that takes its place, if any."""

    entry: OutboxEntry
    handed_to: OutboxEntry | None = None


@dataclass(frozen=True, slots=True)
class RepeatStep:
    """A repeat whose time has come: the entry to send, or why not; and others to tell instead."""

    entry: OutboxEntry
    others: tuple[OutboxEntry, ...] = ()

    @property
    def is_due(self) -> bool:
        """Say whether the entry itself is to be sent."""
        return self.entry.state is NoticeState.PENDING


def taken(entry: OutboxEntry, now: datetime) -> OutboxEntry:
    """Give the entry after the channel took it."""
    return replace(
        entry, state=NoticeState.SENT, attempts=entry.attempts + 1, sent_at=now, last_error=""
    )


def next_step(entry: OutboxEntry, error: DeliveryError, now: datetime, policy: Policy) -> Step:
    """Give the entry after a failed attempt: tried again, by another road, handed on, or failed."""
    attempts = entry.attempts + 1
    tried = replace(entry, attempts=attempts, last_error=_with(entry.last_error, error.reason))
    if error.retryable and attempts < policy.max_attempts:
        wait = wait_before_retry(entry.notice.id, attempts, error.retry_after_s, policy)
        return Step(replace(tried, due_at=now + wait))
    if not entry.fallbacks:
        return Step(replace(tried, state=NoticeState.FAILED))
    road, *rest = entry.fallbacks
    if road.id == entry.notice.recipient.id:
        notice = replace(entry.notice, recipient=road)
        moved = replace(tried, notice=notice, attempts=0, due_at=now, fallbacks=tuple(rest))
        return Step(moved)
    failed = replace(tried, state=NoticeState.FAILED, fallbacks=())
    told = _with(failed.last_error, f"{road.name} is told instead")
    return Step(replace(failed, last_error=told), _handed(entry, road, tuple(rest), now))


def wait_before_retry(
    id_of_notice: str, attempts: int, asked_s: float | None, policy: Policy
) -> timedelta:
    """Give how long to wait after `attempts` failures: doubled each time, spread by the id.

    The spread (half to all of the wait) keeps a thousand notices that failed together from coming
    back together, and being computed from the id it needs no chance. What the receiver asked for
    is respected where it is longer, up to the longest wait.
    """
    seed = hashlib.sha256(f"{id_of_notice}#{attempts}".encode()).digest()
    spread = 0.5 + int.from_bytes(seed[:4]) / 2**33
    longest = policy.longest_wait.total_seconds()
    doubled = min(policy.first_wait.total_seconds() * 2.0 ** min(attempts - 1, 30), longest)
    return timedelta(seconds=max(doubled * spread, min(asked_s or 0.0, longest)))


def cancelled(entry: OutboxEntry, why: str) -> OutboxEntry:
    """Give the entry after somebody acknowledged or it was overtaken."""
    return replace(entry, state=NoticeState.CANCELLED, last_error=_with(entry.last_error, why))


def repeat_after(
    entry: OutboxEntry, every: timedelta | None, now: datetime, policy: Policy
) -> OutboxEntry | None:
    """Give the repeat that follows a notice which was sent or failed; None when none does.

    A stand-in's notice is followed by none: the person they stand in for is reminded.
    """
    notice = entry.notice
    if entry.state not in (NoticeState.SENT, NoticeState.FAILED) or every is None:
        return None
    if notice.reason not in REPEATED or is_stand_in(notice.id):
        return None
    n = repeat_number(notice.id) + 1
    if n > policy.max_repeats:
        return None
    return _repeat(entry, notice.recipient, entry.fallbacks, n, now + every)


def why_no_repeat(entry: OutboxEntry, alert: Alert | None) -> str | None:
    """Say why a repeat whose time has come is not sent; None when it is.

    `alert` is as it stands now. A severity above the one last told has notices, and so repeats, of
    its own; the engine takes back an acknowledgement when the severity rises.
    """
    if alert is None:
        return "the alert is not in the journal"
    if alert.state is not AlertState.FIRING:
        return f"the alert is {alert.state.value}"
    if alert.acknowledged_at is not None:
        return f"acknowledged by {alert.acknowledged_by or 'somebody'}"
    if alert.severity > entry.notice.alert.severity:
        return f"overtaken: the severity rose to {alert.severity.word}"
    return None


def overtakes(entry: OutboxEntry, held: OutboxEntry) -> bool:
    """Say whether a notice makes a waiting repeat about the same alert needless."""
    notice, other = entry.notice, held.notice
    return (
        notice.reason in _BEGINS_REPEATS
        and other.reason is NotifyReason.REPEAT
        and other.recipient.id == notice.recipient.id
        and other.transition.ordinal < notice.transition.ordinal
    )


def repeat_step(
    entry: OutboxEntry, alert: Alert, told: Sequence[Sequence[Recipient]], now: datetime
) -> RepeatStep:
    """Give a due repeat with the alert as it is now and all roads open again.

    `told` is whom the router names now. Somebody who is no longer among them (the shift changed)
    is not reminded; those who are get the repeat instead, once each whoever hands it to them.
    """
    notice = entry.notice
    current = replace(entry, notice=replace(notice, alert=alert))
    for road, *rest in told:
        if road.id == notice.recipient.id:
            refreshed = replace(current.notice, recipient=road)
            return RepeatStep(replace(current, notice=refreshed, fallbacks=tuple(rest)))
    n = repeat_number(notice.id)
    others = tuple(_repeat(current, road, tuple(rest), n, now) for road, *rest in told)
    names = ", ".join(road.name for road, *_ in told)
    return RepeatStep(cancelled(current, f"no longer to be told; now {names}"), others)


def unchecked(entry: OutboxEntry) -> OutboxEntry:
    """Give a repeat that goes out although nobody could say whether it is still called for."""
    if NOT_CHECKED in entry.notice.remarks:
        return entry
    remarks = (*entry.notice.remarks, NOT_CHECKED)
    return replace(entry, notice=replace(entry.notice, remarks=remarks))


def _repeat(
    entry: OutboxEntry,
    recipient: Recipient,
    fallbacks: tuple[Recipient, ...],
    n: int,
    due_at: datetime,
) -> OutboxEntry:
    notice, reason = entry.notice, NotifyReason.REPEAT
    ordinal = notice.transition.ordinal
    return OutboxEntry(
        notice=replace(
            notice,
            id=notice_id(notice.alert.id, ordinal, reason, recipient.id, n=n),
            reason=reason,
            recipient=recipient,
            created_at=due_at,
            remarks=(),
        ),
        due_at=due_at,
        fallbacks=fallbacks,
    )


def _handed(
    entry: OutboxEntry, to: Recipient, rest: tuple[Recipient, ...], now: datetime
) -> OutboxEntry:
    """Make the entry for the person who is told in place of the entry's recipient."""
    notice = entry.notice
    absent = notice.recipient
    handed = replace(
        notice,
        id=notice_id(
            notice.alert.id,
            notice.transition.ordinal,
            notice.reason,
            to.id,
            n=repeat_number(notice.id),
            in_place_of=absent.id,
        ),
        recipient=to,
        created_at=now,
        remarks=(*notice.remarks, IN_PLACE_OF.format(name=absent.name)),
    )
    return OutboxEntry(notice=handed, due_at=now, fallbacks=rest)


def _with(before: str, reason: str) -> str:
    """Append a reason unless it says what the last one said; the newest part is kept."""
    if not before or before == reason:
        return reason[-MAX_ERROR:]
    if before.endswith(reason):
        return before
    return f"{before}; {reason}"[-MAX_ERROR:]

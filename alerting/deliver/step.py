"""What happens to a notice next: plain functions of the entry, what came of it, and now.

    PENDING --taken--------------------------------> SENT
    PENDING --not taken, may be tried again--------> PENDING, later, same road
    PENDING --road given up, person has another----> PENDING, at once, next road
    PENDING --road given up, stand-in or next duty-> FAILED, and a new entry for that person
    PENDING --no road left-------------------------> FAILED
    PENDING --acknowledged, cleared, superseded----> CANCELLED

Whether it was SENT or FAILED, the escalation of its alert goes on until somebody acknowledges
(`alerting.escalate`): an outage longer than all attempts does not end in silence.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerting.errors import DeliveryError
from alerting.model import NoticeState, OutboxEntry, Recipient
from alerting.render import IN_PLACE_OF
from alerting.route import notice_id, repeat_number

MAX_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How often and how long apart a notice is tried."""

    max_attempts: int = 5
    first_wait: timedelta = timedelta(seconds=1)
    longest_wait: timedelta = timedelta(minutes=2)

    def __post_init__(self) -> None:
        """Refuse what would never try or never end."""
        if self.max_attempts < 1:
            raise ValueError("max_attempts must be at least 1")
        if not timedelta(0) < self.first_wait <= self.longest_wait:
            raise ValueError("first_wait must be above zero and at most longest_wait")


@dataclass(frozen=True, slots=True)
class Step:
    """What an entry became, and the entry for somebody else that takes its place, if any."""

    entry: OutboxEntry
    handed_to: OutboxEntry | None = None


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


def _handed(
    entry: OutboxEntry, to: Recipient, rest: tuple[Recipient, ...], now: datetime
) -> OutboxEntry:
    """Make the entry for the person who is told in place of the entry's recipient.

    Its id is made of the notice's own: one alert may lead many summaries.
    """
    notice = entry.notice
    absent = notice.recipient
    handed = replace(
        notice,
        id=notice_id(
            notice.id,
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

"""How much delivery does at once, how long it waits, and what it counts."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from alerting.deliver.step import Policy
from alerting.model import Severity

_MAX_TIMED = 1000
_MAX_FAILURES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryConfig:
    """Caps and deadlines. Seconds here are real seconds, whatever the injected clock says.

    Of `slots_per_channel` simultaneous attempts an eighth, at least one, is kept free for each
    higher severity, so an extreme notice never waits behind lesser ones.
    """

    policy: Policy = field(default_factory=Policy)
    slots_per_channel: int = 16
    max_waiting: int = 10_000
    max_unsaved: int = 10_000
    attempt_timeout_s: float = 15.0
    journal_timeout_s: float = 5.0
    poll_every_s: float = 1.0
    poll_batch: int = 500
    stop_within_s: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what could not work."""
        if self.slots_per_channel < len(Severity):
            raise ValueError(f"slots_per_channel must be at least {len(Severity)}")
        sizes = (self.max_waiting, self.max_unsaved, self.poll_batch)
        waits = (self.attempt_timeout_s, self.journal_timeout_s, self.poll_every_s)
        if min(sizes) < 1 or min(waits) <= 0 or self.stop_within_s < 0:
            raise ValueError("sizes and times of delivery must be above zero")

    def slots(self, severity: Severity) -> int:
        """Give how many attempts on one channel may be under way for one more to begin."""
        kept_free = max(1, self.slots_per_channel // 8)
        return self.slots_per_channel - kept_free * (Severity.EXTREME - severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStatus:
    """What one channel did since the start; latencies are of attempts that were taken."""

    sent: int
    not_taken: int
    under_way: int
    latency_p50_s: float | None
    latency_p99_s: float | None
    latency_sum_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One notice that was given up, for people to see."""

    at: datetime
    notice_id: str
    alert_id: str
    recipient: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """What delivery did since the start and what it has before it.

    `retried` counts attempts after the first, `handed_on` notices given to a stand-in, `put_out`
    entries that had to leave memory (they come back from the journal), `lost` notices that were in
    no journal and could not be kept.
    """

    sent: int
    failed: int
    retried: int
    cancelled: int
    handed_on: int
    put_out: int
    lost: int
    waiting: int
    under_way: int
    unsaved: int
    journal_away: bool
    failures: tuple[Failure, ...]
    channels: dict[str, ChannelStatus]


@dataclass(slots=True)
class ChannelCount:
    """Plain counters of one channel; the newest latencies are kept for the quantiles."""

    sent: int = 0
    not_taken: int = 0
    under_way: int = 0
    latency_sum_s: float = 0.0
    latencies_s: deque[float] = field(default_factory=lambda: deque(maxlen=_MAX_TIMED))

    def took(self, seconds: float) -> None:
        """Count an attempt that was taken."""
        self.sent += 1
        self.latency_sum_s += seconds
        self.latencies_s.append(seconds)

    def status(self) -> ChannelStatus:
        """Give the counters as they are."""
        timed = sorted(self.latencies_s)
        return ChannelStatus(
            sent=self.sent,
            not_taken=self.not_taken,
            under_way=self.under_way,
            latency_p50_s=timed[len(timed) // 2] if timed else None,
            latency_p99_s=timed[len(timed) * 99 // 100] if timed else None,
            latency_sum_s=self.latency_sum_s,
        )


@dataclass(slots=True)
class Counts:
    """Plain counters of delivery as a whole."""

    sent: int = 0
    failed: int = 0
    retried: int = 0
    cancelled: int = 0
    handed_on: int = 0
    put_out: int = 0
    lost: int = 0
    failures: deque[Failure] = field(default_factory=lambda: deque(maxlen=_MAX_FAILURES))

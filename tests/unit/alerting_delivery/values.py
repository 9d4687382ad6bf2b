"""Short ways to make alerts, notices and outbox entries, and hand-made fakes of ports."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from alerting.errors import DeliveryError
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Batch,
    Card,
    ChainLink,
    Gathering,
    Notice,
    NotifyReason,
    OutboxEntry,
    Provenance,
    Receipt,
    Recipient,
    Remark,
    Responder,
    Severity,
    Transition,
    TransitionKind,
)
from alerting.route import notice_id
from sensors.model import Position, SensorKey

NOW = datetime(2026, 6, 1, 6, 3, 22, tzinfo=UTC)
ANN = Recipient(id="ann", name="Ann Example", channel="a", address="x:1")
BOB = Recipient(id="bob", name="Bob Example", channel="a", address="x:2")


def make_alert(severity: Severity = Severity.SEVERE, **changes: object) -> Alert:
    alert = Alert(
        id="alert-1",
        kind=AlertKind.LIMIT,
        state=AlertState.FIRING,
        sensor=SensorKey("huanghe-tower", "TC-01", "", "wind_ms"),
        hazard="crane",
        rule_id="wind_gust",
        pack="crane@1",
        severity=severity,
        peak=severity,
        position=Position(23.2312, 113.2784),
        started_at=NOW,
        detected_at=NOW,
        severity_at=NOW,
        value=21.4,
        limit=20.0,
        unit="m/s",
        reason="gust of 21.4 m/s, twice in a row",
        provenance=Provenance(source="JGJ 196", clause="4.2", confidence="C"),
        ordinal=1,
    )
    return replace(alert, **changes)  # type: ignore[arg-type]


def make_transition(alert: Alert, **changes: object) -> Transition:
    transition = Transition(
        alert_id=alert.id,
        ordinal=alert.ordinal,
        kind=TransitionKind.RAISED,
        severity=alert.severity,
        taken_at=NOW,
        detected_at=NOW,
        value=alert.value,
        reason=alert.reason,
    )
    return replace(transition, **changes)  # type: ignore[arg-type]


def make_notice(
    alert: Alert | None = None,
    *,
    reason: NotifyReason = NotifyReason.FIRST,
    to: Recipient = ANN,
    card: Card | None = None,
    n: int = 0,
    remarks: tuple[str, ...] = (),
) -> Notice:
    alert = alert or make_alert()
    return Notice(
        id=notice_id(alert.id, alert.ordinal, reason, to.id, n=n),
        reason=reason,
        alert=alert,
        transition=make_transition(alert),
        recipient=to,
        card=card,
        created_at=NOW,
        remarks=remarks,
    )


def make_entry(
    alert: Alert | None = None,
    *,
    reason: NotifyReason = NotifyReason.FIRST,
    to: Recipient = ANN,
    fallbacks: tuple[Recipient, ...] = (),
    due_at: datetime = NOW,
    n: int = 0,
) -> OutboxEntry:
    notice = make_notice(alert, reason=reason, to=to, n=n)
    return OutboxEntry(notice=notice, due_at=due_at, fallbacks=fallbacks)


def make_summary(id_: str, *, fallbacks: tuple[Recipient, ...] = ()) -> OutboxEntry:
    """Make a notice about several alerts, all led by the same one."""
    batch = Batch(
        kind=Gathering.STORM,
        place="town",
        since=NOW,
        counts=(0, 0, 2, 0),
        alert_ids=("alert-1", id_),
    )
    notice = make_notice(reason=NotifyReason.STORM)
    return OutboxEntry(
        notice=replace(notice, id=f"{id_}-0", batch=batch), due_at=NOW, fallbacks=fallbacks
    )


def make_card() -> Card:
    def seen(id_: str, what: str, distance_m: float, **more: object) -> Responder:
        responder = Responder(
            id=id_,
            name=f"{id_} (example)",
            what=what,
            position=Position(23.24, 113.28),
            distance_m=distance_m,
            travel_s=420.0,
            travel_how="road estimate at 30 km/h",
            phone="+86 000 0000 0199",
            as_of="as of 2 d ago",
            why="lifting within 5 km",
        )
        return replace(responder, **more)  # type: ignore[arg-type]

    return Card(
        teams=(seen("T7", "heavy lifting", 940.0), seen("T9", "rope rescue", 2310.0)),
        supplies=(seen("D3", "depot", 1500.0, items=(("编织袋 woven bag", 300.0, "条"),)),),
        cameras=(seen("C4", "camera", 120.0, travel_s=None, link="rtsp://cam/4"),),
        chain=(
            ChainLink(tier="district", place="白云区", person="Zeng Shili"),
            ChainLink(
                tier="street", place="鹤龙街道", person="Shen Shili", phone="+86 000 0000 0118"
            ),
        ),
        shortfall=("no mobile crane of 50 t within 10 km",),
        looked_up_at=NOW,
    )


@dataclass
class HandClock:
    """A clock that moves only when told."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@dataclass
class TableRouter:
    """A router whose answer is a table."""

    roads: list[tuple[Recipient, ...]] = field(default_factory=lambda: [(ANN,)])
    asked: list[tuple[Severity, datetime]] = field(default_factory=list)

    def recipients(self, alert: Alert, now: datetime) -> Sequence[Sequence[Recipient]]:
        self.asked.append((alert.severity, now))
        return self.roads


Answer = Callable[[], Exception | None]


@dataclass
class TestedChannel:
    """A channel that keeps what it was sent; `answer` decides, `gate` holds attempts back."""

    __test__ = False

    name: str = "a"
    answer: Answer = lambda: None
    gate: asyncio.Event | None = None
    tried: list[Notice] = field(default_factory=list)
    taken: list[Notice] = field(default_factory=list)
    most_at_once: int = 0
    _now: int = 0

    async def send(self, notice: Notice) -> Receipt:
        self.tried.append(notice)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            if self.gate is not None:
                await self.gate.wait()
        finally:
            self._now -= 1
        error = self.answer()
        if error is not None:
            raise error
        self.taken.append(notice)
        return Receipt(notice_id=notice.id, at=NOW)


def refuses(reason: str = "no such number") -> Answer:
    return lambda: DeliveryError(reason, retryable=False)


def fails(reason: str = "503", retry_after_s: float | None = None) -> Answer:
    return lambda: DeliveryError(reason, retryable=True, retry_after_s=retry_after_s)


def fails_times(count: int, reason: str = "503") -> Answer:
    left = [count]

    def answer() -> DeliveryError | None:
        left[0] -= 1
        return DeliveryError(reason, retryable=True) if left[0] >= 0 else None

    return answer


def english(lines: Iterable[Remark]) -> list[str]:
    """Give what is said in English."""
    return [line.en for line in lines]

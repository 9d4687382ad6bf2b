"""What the engine is made of, and what its parts share while it runs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from alerting.deliver import Deliverer
from alerting.escalate import Escalator
from alerting.gather.rules import GatherRules
from alerting.judge import Judge
from alerting.model import Alert, AlertKind, Mark, Remark
from alerting.ports import Aside, CardLookup, Journal, Router
from alerting.response.rules import DrillRules, ResponseRules
from alerting.tell.teller import TellRules
from sensors.model import Position


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the present instant, aware and in UTC."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """Deadlines and sizes. `home` is where this program's own alerts are put on the map.

    `card_deadline_s` is for one look-up, `cards_deadline_s` for all of one step.
    """

    card_deadline_s: float = 0.3
    cards_deadline_s: float = 3.0
    late_card_deadline_s: float = 2.0
    home: Position = field(default_factory=lambda: Position(0.0, 0.0))
    response: ResponseRules = field(default_factory=ResponseRules)
    telling: TellRules = field(default_factory=TellRules)
    gathering: GatherRules = field(default_factory=GatherRules)
    drills: DrillRules = field(default_factory=DrillRules)


def _no_orders(alert_id: str) -> tuple[Remark, ...]:
    del alert_id
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the engine works with; `orders` says how far those are who were sent for an alert."""

    journal: Journal
    cards: CardLookup
    router: Router
    deliverer: Deliverer
    clock: Clock
    aside: Aside
    escalator: Escalator
    orders: Callable[[str], tuple[Remark, ...]] = _no_orders


class Turn:
    """Whose turn it is: blocks, ticks and people's deeds come one at a time."""

    def __init__(self) -> None:
        """Start before the first block; `last_seq` is the newest one judged."""
        self.lock = asyncio.Lock()
        self.last_seq = 0


class Present:
    """The engine's own copies of the alerts that stand, whoever keeps them."""

    def __init__(self, judge: Judge) -> None:
        """Stand before the judge; `system` are this program's own, by the problem's name."""
        self.system: dict[str, Alert] = {}
        self.drills: dict[str, Alert] = {}
        self._judge = judge

    def of(self, alert: Alert) -> Alert:
        """Give the present copy of an alert; itself where it does not stand."""
        if alert.mark is not Mark.ACTUAL:
            return self.drills.get(alert.id, alert)
        if alert.kind is AlertKind.SYSTEM:
            own = self.system.get(alert.sensor.device, alert)
            return own if own.id == alert.id else alert
        found = self._judge.roll.standing(alert)
        return found if found is not None and found.id == alert.id else alert

    def keep(self, alert: Alert) -> None:
        """Take a changed copy in place of the old one."""
        if alert.mark is not Mark.ACTUAL:
            if alert.id in self.drills:
                self.drills[alert.id] = alert
        elif alert.kind is AlertKind.SYSTEM:
            if alert.sensor.device in self.system:
                self.system[alert.sensor.device] = alert
        else:
            self._judge.roll.keep(alert)

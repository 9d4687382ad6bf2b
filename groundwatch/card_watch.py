"""Keeps the cards of standing alerts true: what changed around them is told to those who show it.

Whatever changes who can help (an edit of resources, an order that goes on, a road that closes) only
says so here; a moment later the cards of what stands are looked up anew, the worst first, and those
that differ from what was last told go to the listeners. Ages and distances in words do not count.
One look tells `MOST_TOLD` cards at most: in a storm an order may change hundreds. The next ones are
told by the next look, as they are by then.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from alerting.errors import JournalError
from alerting.look_up import look_up
from alerting.model import Alert, Card, OutboxEntry, Remark
from alerting.ports import CardLookup

_LOG = logging.getLogger(__name__)
WAIT_S = 1.0
MOST_WAIT_S = 60.0
MOST = 2000
MOST_TOLD = 50
NEXT_WAIT_S = 10.0
_WITHIN_S = 2.0

Told = Callable[[Alert, Card], Awaitable[object]]


class Record(Protocol):
    """What is asked of the journal."""

    async def alerts(self, *, firing_only: bool = False, limit: int = 500) -> list[Alert]:
        """List alerts, newest first."""
        ...

    async def outbox(self, alert_id: str) -> list[OutboxEntry]:
        """List the notices of one alert, oldest first."""
        ...


@dataclass(slots=True, kw_only=True)
class CardWatch:
    """Notes that something changed, and looks what it changed on which card.

    `orders` says how far those are who were sent for an alert; `n_late` counts the cards that the
    last look did not get in time, `n_put_off` those that differ and are told by the next.
    """

    record: Record
    cards: CardLookup
    orders: Callable[[str], tuple[Remark, ...]]
    listeners: list[Told] = field(default_factory=list)
    n_late: int = 0
    n_put_off: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _told: dict[str, Any] = field(default_factory=dict)

    def note(self, *what: object) -> None:
        """Say that something changed that cards are made of."""
        del what
        self._changed.set()

    async def run(self) -> None:
        """Look after every change until cancelled; several at once are looked at together.

        What could not be looked up is looked up again, ever less often.
        """
        wait_s = WAIT_S
        while True:
            await self._changed.wait()
            await asyncio.sleep(wait_s)
            self._changed.clear()
            try:
                await self.look()
                is_whole = not self.n_late
            except JournalError as error:
                _LOG.warning("cards are not followed now", extra={"why": str(error)})
                is_whole = False
            wait_s = WAIT_S if is_whole else min(2.0 * wait_s, MOST_WAIT_S)
            if is_whole and self.n_put_off:
                wait_s = NEXT_WAIT_S
            if not is_whole or self.n_put_off:
                self._changed.set()

    async def look(self) -> int:
        """Look every standing alert's card up anew; says how many differed and were told.

        Raises:
            JournalError: the alerts cannot be listed.
        """
        standing = await self.record.alerts(firing_only=True, limit=MOST)
        worst_first = sorted(standing, key=lambda alert: -alert.severity)
        ids = {alert.id for alert in standing}
        self._told = {name: told for name, told in self._told.items() if name in ids}
        count = self.n_late = self.n_put_off = 0
        for alert in worst_first:
            count += await self._look_at(alert, may_tell=count < MOST_TOLD)
            await asyncio.sleep(0)
        return count

    async def _look_at(self, alert: Alert, *, may_tell: bool) -> bool:
        card = await look_up(self.cards, alert, _WITHIN_S)
        if card is None or card.looked_up_at is None:
            self.n_late += 1
            return False  # the card people have says more
        card = replace(card, orders=self.orders(alert.id))
        now, before = _essence(card), self._told.get(alert.id)
        if before is None:
            sent = [entry.notice.card for entry in await self.record.outbox(alert.id)]
            known = [each for each in sent if each is not None]
            before = _essence(known[-1]) if known else None
        if now != before and not may_tell:
            self.n_put_off += 1
            return False
        if now != before:
            for listener in self.listeners:
                await listener(alert, card)
        self._told[alert.id] = now
        return bool(now != before)


def _essence(card: Card) -> Any:
    """Give what of a card is news when it changes: who, what and how much, what is short, orders.

    Freshness and travel times move by themselves and are none.
    """
    return (
        [each.id for each in card.teams],
        [(each.id, each.items) for each in card.supplies],
        [each.id for each in card.cameras],
        [(each.id, each.why) for each in card.places],
        card.chain,
        card.shortfall,
        card.orders,
        card.official,
        card.missing,
    )

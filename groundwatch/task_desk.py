"""Orders to responders while the program runs: given, answered, late, taken back, and recorded.

Each event is in the journal, in one transaction with the notices it makes, before it counts. What
is late is looked for at every tick and told to those on duty, with whom to send instead; with the
journal away that is told all the same and recorded later.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches
from itertools import islice
from typing import Protocol

from alerting.errors import DeedRefused, JournalError
from alerting.look_up import look_up
from alerting.model import Alert, Card, Mark, OutboxEntry, Recipient, Remark, Transition
from alerting.people import People
from alerting.ports import CardLookup, Effects, Router
from alerting.response.model import Deed, Said
from alerting.tasks.book import TaskBook
from alerting.tasks.deadline import Deadlines, late_leg
from alerting.tasks.model import Event, EventKind, Order, StockLine, Task, Tier
from alerting.tasks.step import SoAlready, WhyNot, after, folded, ordered, why_not
from gis_link.loaders import Resources
from gis_link.reserve import Reserved
from groundwatch.task_notices import (
    Matter,
    Roads,
    news_notices,
    order_notice,
    over_notice,
    status_lines,
)
from storage.journal.task_rows import TaskQuery

_LOG = logging.getLogger(__name__)
PROGRAM = "groundwatch"
LATE_A_TICK = 50
MAX_ITEMS = 20
MAX_COMPARED = 2_000
CARD_WITHIN_S = 2.0
LOOK_EVERY_S = 1.0

_TELLS_DUTY = frozenset({EventKind.DECLINED, EventKind.ON_SCENE, EventKind.DONE, EventKind.OVERDUE})
_ASKS_NEXT = frozenset({EventKind.DECLINED, EventKind.OVERDUE})
_DEED = {EventKind.ACCEPTED: Deed.DISPATCH, EventKind.ON_SCENE: Deed.ARRIVE}


class TaskJournal(Protocol):
    """What is asked of the journal."""

    async def record(self, effects: Effects) -> None:
        """Write everything in one transaction."""
        ...

    async def task_events(self, query: TaskQuery) -> list[Event]:
        """List what happened to orders."""
        ...

    async def alert(self, alert_id: str) -> Alert | None:
        """Give one alert."""
        ...

    async def transitions(self, alert_id: str) -> list[Transition]:
        """List one alert's steps."""
        ...


class Delivery(Protocol):
    """Carries notices that were recorded."""

    def put(self, entries: Sequence[OutboxEntry]) -> None:
        """Take entries."""
        ...

    def cancel(self, alert_id: str) -> None:
        """Stop what waits under this name."""
        ...


class UnknownTask(LookupError):
    """There is no order with this id."""


class UnknownResponder(LookupError):
    """There is no team or depot with this id; `near` are those most like it."""

    def __init__(self, given: str, near: Sequence[str]) -> None:
        """Keep what was given and what may have been meant."""
        super().__init__(given)
        self.given, self.near = given, tuple(near)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What somebody orders; `responder` is the id of a team or depot."""

    alert_id: str
    responder: str
    what: str
    actor: str
    level: Tier = Tier.STREET
    unit: str = ""
    items: tuple[StockLine, ...] = ()
    mark: Mark = Mark.ACTUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody says of an order."""

    kind: EventKind
    actor: str
    note: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskParts:
    """What the desk works with; `channel` is the road to responders who are not in people files."""

    journal: TaskJournal
    delivery: Delivery
    people: People
    router: Router
    roads_of: Callable[[Sequence[str]], Sequence[Roads]]
    cards: CardLookup
    resources: Callable[[], Resources]
    deadlines: Deadlines
    now: Callable[[], datetime]
    channel: str = ""
    language: str = "en"


class TaskDesk:
    """Takes orders and answers one at a time."""

    def __init__(self, parts: TaskParts, book: TaskBook) -> None:
        """Hold the parts; `restore` must be awaited before anything else."""
        self.book = book
        self.listeners: list[Callable[[Task, Event], None]] = []
        self._parts = parts
        self.deadlines = parts.deadlines
        self._lock = asyncio.Lock()
        self._last_seen: dict[str, tuple[Alert, Transition]] = {}

    async def restore(self) -> None:
        """Take up what was open before a restart.

        Raises:
            JournalError: the journal cannot be read.
        """
        self.book.load(await self._parts.journal.task_events(TaskQuery(open_only=True)))
        for task in self.book:
            await self._seen(task)

    async def run(self) -> None:
        """Look for what is late until cancelled."""
        while True:
            await self.tick(self._parts.now())
            await asyncio.sleep(LOOK_EVERY_S)

    async def order(self, new: NewOrder) -> Task:
        """Give an order: recorded, its stock put aside, and the responder told.

        Raises:
            UnknownAlert, UnknownResponder: there is no such alert, team or depot.
            DeedRefused: there is not enough stock, or an order is open already.
            JournalError: it could not be recorded, so it was not given.
        """
        alert = await self._parts.people.known(new.alert_id)
        async with self._lock:
            now = self._parts.now()
            order = self._made(new, alert, now)
            self._refuse_twice(order)
            self._refuse_short(order, now)
            event = Event(
                task_id=order.id, n=0, at=now, kind=EventKind.ORDERED, actor=new.actor, order=order
            )
            task = ordered(event, order)
            await self._seen(task)
            matter = await self._matter(task, event)
            if order.roads:
                entries = [self._order_notice(matter, order.roads)]
            else:
                entries = news_notices(matter, self._duty(alert, now), "")
            await self._record(event, entries)
            self._keep(task, event)
            return task

    async def act(self, task_id: str, act: Act) -> Task:
        """Take what somebody says of an order; what is so already changes nothing.

        Raises:
            UnknownTask: no such order.
            DeedRefused: it is not allowed now; the text says why.
            JournalError: it could not be recorded, so it does not count.
        """
        async with self._lock:
            task = await self.task(task_id)
            event = Event(
                task_id=task.id,
                n=task.n + 1,
                at=max(self._parts.now(), task.changed_at),
                kind=act.kind,
                actor=act.actor,
                note=act.note,
                detail=act.detail,
            )
            refused = why_not(task, event)
            if isinstance(refused, SoAlready):
                return task
            if isinstance(refused, WhyNot):
                raise DeedRefused(f"order {task.id}: {refused.text}")
            moved = after(task, event)
            await self._record(event, await self._told(moved, event))
            self._keep(moved, event)
        await self._move_response(moved, event)
        return moved

    async def task(self, task_id: str) -> Task:
        """Give an order, also one that is over.

        Raises:
            UnknownTask: no such order.
        """
        known = self.book.get(task_id)
        if known is not None:
            return known
        found = folded(await self._parts.journal.task_events(TaskQuery(task_id=task_id)))
        if found is None:
            raise UnknownTask(task_id)
        return found

    async def events(self, task_id: str) -> list[Event]:
        """List what happened to an order."""
        return await self._parts.journal.task_events(TaskQuery(task_id=task_id))

    async def tasks(self, query: TaskQuery) -> list[Task]:
        """List orders, newest first."""
        by_task: dict[str, list[Event]] = {}
        for event in await self._parts.journal.task_events(query):
            by_task.setdefault(event.task_id, []).append(event)
        found = [task for task in map(folded, by_task.values()) if task is not None]
        return sorted(found, key=lambda task: (task.sent_at, task.id), reverse=True)

    async def tick(self, now: datetime) -> None:
        """Tell those on duty of what is late; each leg of an order once."""
        late = [(task, late_leg(task, self._parts.deadlines, now)) for task in self.book]
        for task, leg in [each for each in late if each[1] is not None][:LATE_A_TICK]:
            async with self._lock:
                present = self.book.get(task.id)
                if present is None or leg is None or present.n != task.n:
                    continue
                event = Event(
                    task_id=task.id,
                    n=task.n + 1,
                    at=max(now, task.changed_at),
                    kind=EventKind.OVERDUE,
                    actor=PROGRAM,
                    detail=leg.value,
                )
                await self._take_late(task, event)

    def beside(self, card: Card, alert_id: str) -> Card:
        """Give a card with how far those are who were sent."""
        return replace(card, orders=self.lines(alert_id))

    def lines(self, alert_id: str) -> tuple[Remark, ...]:
        """Say how far each open order of an alert is."""
        return status_lines(self.book.of_alert(alert_id), self._parts.deadlines)

    async def _take_late(self, task: Task, event: Event) -> None:
        """Let it count that an order is late; without the journal it is told all the same."""
        moved = after(task, event)
        entries = await self._told(moved, event)
        await self._parts.people.record_own(Effects(task_events=(event,), notices=tuple(entries)))
        self._keep(moved, event)

    async def _record(self, event: Event, entries: Sequence[OutboxEntry]) -> None:
        """Make an event last; an order that is taken back and did not leave yet does not leave."""
        dropped = (event.task_id,) if event.kind is EventKind.RECALLED else ()
        effects = Effects(task_events=(event,), notices=tuple(entries), cancelled=dropped)
        await self._parts.journal.record(effects)
        for task_id in dropped:
            self._parts.delivery.cancel(task_id)
        self._parts.delivery.put(entries)

    def _keep(self, task: Task, event: Event) -> None:
        self.book.keep(task)
        if task.state.is_over:
            self._last_seen.pop(task.id, None)
        for listener in self.listeners:
            listener(task, event)

    async def _told(self, task: Task, event: Event) -> list[OutboxEntry]:
        """Make the notices of an event: to the responder when taken back, else to those on duty."""
        if event.kind is not EventKind.RECALLED and event.kind not in _TELLS_DUTY:
            return []
        matter = await self._matter(task, event)
        if event.kind is EventKind.RECALLED and task.order.roads:
            return [over_notice(matter, task.order.roads)]
        next_one = await self._next(matter.alert, task) if event.kind in _ASKS_NEXT else ""
        return news_notices(matter, self._duty(matter.alert, event.at), next_one)

    async def _matter(self, task: Task, event: Event) -> Matter:
        """Gather what notices are made of; of the alert what was last seen, without the journal."""
        try:
            await self._seen(task)
        except JournalError:
            if task.id not in self._last_seen:
                raise
        alert, transition = self._last_seen[task.id]
        now = self._parts.now()
        return Matter(alert=alert, transition=transition, task=task, event=event, now=now)

    async def _seen(self, task: Task) -> None:
        """Read the alert of an order as it is now."""
        alert = await self._parts.journal.alert(task.order.alert_id)
        steps = await self._parts.journal.transitions(task.order.alert_id)
        if alert is not None and steps:
            self._last_seen[task.id] = (alert, steps[-1])

    def _duty(self, alert: Alert, now: datetime) -> Sequence[Roads]:
        return self._parts.router.recipients(alert, now)

    async def _next(self, alert: Alert, task: Task) -> str:
        """Say who is nearest of those that have no order for this alert."""
        card = await look_up(self._parts.cards, alert, CARD_WITHIN_S)
        if card is None:
            return ""
        sent = {each.order.responder for each in self.book.of_alert(alert.id)}
        sent.add(task.order.responder)
        team = next((each for each in card.teams if each.id not in sent), None)
        return "" if team is None else " ".join((team.name, team.phone)).strip()

    async def _move_response(self, task: Task, event: Event) -> None:
        """Let the response of the alert follow: who accepts is under way, who arrives is there."""
        deed = _DEED.get(event.kind)
        if deed is None:
            return
        said = Said(deed=deed, actor=task.order.name, note=f"order {task.id}")
        try:
            await self._parts.people.respond(task.order.alert_id, said)
        except DeedRefused as error:
            _LOG.info("the response does not follow an order", extra={"why": str(error)})

    def _made(self, new: NewOrder, alert: Alert, now: datetime) -> Order:
        resources = self._parts.resources()
        found = resources.teams.get(new.responder) or resources.depots.get(new.responder)
        if found is None:
            raise UnknownResponder(new.responder, _near(new.responder, resources))
        text = "\x1f".join((alert.id, new.responder, now.isoformat()))
        return Order(
            id=f"t-{hashlib.sha256(text.encode()).hexdigest()[:16]}",
            alert_id=alert.id,
            site=alert.site,
            hazard=alert.hazard,
            severity=alert.severity,
            responder=found.id,
            name=found.name,
            what=new.what,
            phone=found.phone,
            unit=new.unit or found.name,
            roads=tuple(self._roads(found.id, found.name, found.phone)),
            items=new.items,
            level=new.level,
            mark=new.mark if alert.mark is Mark.ACTUAL else alert.mark,
        )

    def _order_notice(self, matter: Matter, roads: Roads) -> OutboxEntry:
        parts, items = self._parts, matter.task.order.items
        take = _take(items, parts.resources()) if items else None
        return order_notice(matter, roads, parts.deadlines, take)

    def _roads(self, responder: str, name: str, phone: str) -> Roads:
        """Find how a responder is told: as a person of that id, else by the channel for phones."""
        on_file = self._parts.roads_of([responder])
        if on_file:
            return on_file[0]
        if not (self._parts.channel and phone):
            return ()
        road = Recipient(
            id=responder,
            name=name,
            channel=self._parts.channel,
            address=phone,
            language=self._parts.language,
        )
        return (road,)

    def _refuse_twice(self, order: Order) -> None:
        for task in self.book.of_alert(order.alert_id):
            if task.order.responder == order.responder:
                why = f"{order.name} has order {task.id} for this alert already"
                raise DeedRefused(f"{why}: recall it, or wait until it is over")

    def _refuse_short(self, order: Order, now: datetime) -> None:
        """Refuse to promise stock that is not there; lines of one item are added up."""
        wanted: dict[tuple[str, str], float] = {}
        for line in order.items:
            key = (line.depot, line.item)
            wanted[key] = wanted.get(key, 0.0) + line.quantity
        for (depot, item), quantity in wanted.items():
            left = self._in_stock(depot, item, now.date()) - self.book.taken(depot, item)
            if quantity > left:
                kept, asked = self._amount(item, max(0.0, left)), self._amount(item, quantity)
                why = f"depot {depot} has {kept} left, {asked} asked for"
                raise DeedRefused(f"{why}: ask for less, or another depot")

    def _amount(self, code: str, quantity: float) -> str:
        item = self._parts.resources().needs.items.get(code)
        return f"{quantity:g} of {code}" if item is None else item.amount(quantity)

    def _in_stock(self, depot: str, item: str, today: date) -> float:
        found = self._parts.resources().depots.get(depot)
        if found is None:
            return 0.0
        return sum(stock.available(today) for stock in found.stock if stock.item == item)


def _take(lines: Sequence[StockLine], resources: Resources) -> Remark:
    """Say what to fetch where by the names people know; an id where there is none."""
    english, chinese = [], []
    for line in lines:
        depot = resources.depots.get(line.depot)
        place = line.depot if depot is None else f"{depot.name} ({line.depot})"
        item = resources.needs.items.get(line.item)
        zh, unit = (line.item, "") if item is None else (item.zh, item.unit)
        amount = f"{line.quantity:g} {line.item}" if item is None else item.amount(line.quantity)
        english.append(f"{amount} at {place}")
        chinese.append(f"{place}的{zh}{line.quantity:g}{unit}")
    return Remark(f"take {', '.join(english)}", f"领取{'、'.join(chinese)}")


def _near(given: str, resources: Resources) -> list[str]:
    """Give the ids most like the one that was given, of the first some thousand."""
    known = [team.id for team in islice(resources.teams, MAX_COMPARED)]
    known += [depot.id for depot in islice(resources.depots, MAX_COMPARED)]
    return get_close_matches(given[:80], known, 3, 0.5)


class OpenOrders:
    """What open orders have put aside; implements `gis_link.reserve.Reservations`."""

    def __init__(self, book: TaskBook) -> None:
        """Read the book."""
        self._book = book

    @property
    def version(self) -> int:
        """Give a number that is another one after every change."""
        return self._book.version

    def reserved(self) -> list[Reserved]:
        """Give everything that is promised now."""
        return [
            Reserved(
                order=held.task_id,
                holder=held.alert_id,
                depot=held.line.depot,
                item=held.line.item,
                quantity=held.line.quantity,
            )
            for held in self._book.held()
        ]

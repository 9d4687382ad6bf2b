"""Makes what people work with beside alerts: CAP out, official messages in, orders, reports."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from alerting.channels.cap import CapChannel
from alerting.deliver import Deliverer
from alerting.engine import Engine
from alerting.model import Remark
from alerting.ports import Channel
from alerting.report.build import Rules
from alerting.report.deadline import built_in
from alerting.tasks.book import TaskBook
from groundwatch.ack_reply import is_from
from groundwatch.cap_desk import CapDesk, Ground
from groundwatch.cap_kept import KeptMessages
from groundwatch.clock import Clock, SystemClock
from groundwatch.compose_official import official_desk, official_feeds
from groundwatch.district import District
from groundwatch.gbt_names import GbtNames
from groundwatch.live import LiveResources
from groundwatch.official_desk import CardsWithContext, OfficialDesk
from groundwatch.official_feed import OfficialFeeds
from groundwatch.order_reply import OrderReplies
from groundwatch.report_desk import ReportDesk
from groundwatch.settings import Settings
from groundwatch.task_desk import TaskDesk, TaskParts
from groundwatch.task_notices import status_lines
from storage.journal import SqlJournal


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """The desks of the running program."""

    cap: CapDesk
    official: OfficialDesk
    feeds: OfficialFeeds
    orders: TaskDesk
    replies: OrderReplies
    reports: ReportDesk
    link_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What the desks work with; `of_people` is the clock that people live by."""

    settings: Settings
    district: District
    journal: SqlJournal
    engine: Engine
    deliverer: Deliverer
    live: LiveResources
    context: CardsWithContext
    book: TaskBook
    cap: CapDesk
    clock: Clock
    of_people: Clock
    link_key: bytes = field(repr=False)


async def open_desks(running: Running, stack: AsyncExitStack) -> Desks:
    """Make the desks, with the orders that were open before a restart.

    Raises:
        JournalError: the orders cannot be read.
    """
    settings, journal = running.settings, running.journal
    now = running.clock.now
    official = official_desk(settings, running.district, running.engine, journal, now)
    running.context.desk = official
    feeds = official_feeds(settings, official, SystemClock().now)
    stack.push_async_callback(feeds.close)
    orders = TaskDesk(_task_parts(running), running.book)
    await orders.restore()
    reports = ReportDesk(
        record=journal,
        people=running.engine.people,
        orders=orders,
        cards=running.context,
        ground=running.cap.ground,
        rules=Rules(deadlines=built_in(), hazards=running.cap.config.hazards),
        now=running.of_people.now,
    )
    return Desks(
        cap=running.cap,
        official=official,
        feeds=feeds,
        orders=orders,
        replies=OrderReplies(
            desk=orders,
            is_known=lambda sender: any(
                is_from(person, sender) for person in running.district.routes.people.values()
            ),
        ),
        reports=reports,
        link_key=running.link_key,
    )


def cap_desk(settings: Settings, district: District, journal: SqlJournal, clock: Clock) -> CapDesk:
    """Make what gives alerts as messages of CAP."""
    unit = settings.cap.gbt35965
    return CapDesk(
        record=journal,
        ground=Ground(
            district.resources.places,
            {site.id: site.name for site in district.registry.sites.values()},
        ),
        config=settings.cap.config(),
        writer=settings.cap.writer(),
        now=clock.now,
        kept=KeptMessages(record=journal),
        feed_days=settings.cap.feed_days,
        names=None if unit is None else GbtNames(record=journal, agency=unit.sender()),
    )


def cap_road(settings: Settings, cap: CapDesk, stack: AsyncExitStack) -> Channel:
    """Open the channel that posts messages of CAP."""
    road = CapChannel(
        messages=cap, writer=cap.writer, config=settings.cap.road(), now=SystemClock().now
    )
    stack.push_async_callback(road.close)
    return road


def orders_of(book: TaskBook, settings: Settings) -> Callable[[str], tuple[Remark, ...]]:
    """Give what says how far the orders of an alert are."""
    deadlines = settings.tasks.table()
    return lambda alert_id: status_lines(book.of_alert(alert_id), deadlines)


def _task_parts(running: Running) -> TaskParts:
    settings, routes = running.settings, running.district.routes
    return TaskParts(
        journal=running.journal,
        delivery=running.deliverer,
        people=running.engine.people,
        router=routes,
        roads_of=routes.roads_of,
        cards=running.context,
        resources=lambda: running.live.now,
        deadlines=settings.tasks.table(),
        now=running.of_people.now,
        channel=settings.tasks.channel,
        language=settings.language,
    )

"""Makes what gives orders and reports, from settings and the parts that run."""

from alerting.deliver import Deliverer
from alerting.engine import Engine
from alerting.report.build import Rules
from alerting.report.deadline import built_in
from alerting.tasks.book import TaskBook
from groundwatch.cap_desk import CapDesk
from groundwatch.clock import Clock
from groundwatch.district import District
from groundwatch.live import LiveResources
from groundwatch.official_desk import CardsWithContext
from groundwatch.report_desk import ReportDesk
from groundwatch.settings import Settings
from groundwatch.task_desk import TaskDesk, TaskParts
from storage.journal import SqlJournal


async def task_desk(
    settings: Settings,
    district: District,
    book: TaskBook,
    running: tuple[Engine, SqlJournal, Deliverer, LiveResources, CardsWithContext],
    clock: Clock,
) -> TaskDesk:
    """Make the desk, with the orders that were open before a restart."""
    engine, journal, deliverer, live, cards = running
    parts = TaskParts(
        journal=journal,
        delivery=deliverer,
        people=engine.people,
        router=district.routes,
        roads_of=district.routes.roads_of,
        cards=cards,
        resources=lambda: live.now,
        deadlines=settings.tasks.table(),
        now=clock.now,
        channel=settings.tasks.channel,
        language=settings.language,
    )
    desk = TaskDesk(parts, book)
    await desk.restore()
    return desk


def report_desk(
    engine: Engine, journal: SqlJournal, orders: TaskDesk, cards: CardsWithContext, cap: CapDesk
) -> ReportDesk:
    """Make what gathers and makes reports."""
    return ReportDesk(
        record=journal,
        people=engine.people,
        orders=orders,
        cards=cards,
        ground=cap.ground,
        rules=Rules(deadlines=built_in(), hazards=cap.config.hazards),
        now=cap.now,
    )

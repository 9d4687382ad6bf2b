"""Makes what gives orders, from settings and the parts that run."""

from alerting.deliver import Deliverer
from alerting.engine import Engine
from alerting.tasks.book import TaskBook
from groundwatch.clock import Clock
from groundwatch.district import District
from groundwatch.live import LiveResources
from groundwatch.official_desk import CardsWithContext
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

"""Makes what looks around an alert: cards, live resources, travel times, closed roads."""

from contextlib import AsyncExitStack, ExitStack
from typing import NamedTuple

from gis_link.closures import Closures
from gis_link.reserve import Reservations
from groundwatch.cards import CardDesk
from groundwatch.clock import Clock
from groundwatch.closed_roads import ClosedRoads
from groundwatch.district import District
from groundwatch.flooded_roads import FloodedRoads
from groundwatch.live import LiveResources
from groundwatch.settings import Settings
from groundwatch.travel import open_travel
from storage.journal import SqlJournal

_MOST_STANDING = 10_000


class Near(NamedTuple):
    """The parts, ready to be asked."""

    cards: CardDesk
    live: LiveResources
    flooded: FloodedRoads
    closed: ClosedRoads


async def open_near(
    settings: Settings,
    district: District,
    journal: SqlJournal,
    clock: Clock,
    stack: AsyncExitStack,
    reservations: Reservations | None = None,
) -> Near:
    """Index the resources with the edits of people on top, and close what standing alerts close.

    Raises:
        JournalError: the standing alerts cannot be read.
        SettingsError: the travel times asked for cannot be made.
    """
    closures = Closures()
    closing = stack.enter_context(ExitStack())
    reach = open_travel(settings.travel, district.resources, closures, closing)
    names = {site.id: site.name for site in district.registry.sites.values()}
    cards = CardDesk(district.resources, clock, reach, reservations, closures, names)
    live = LiveResources(district.resources, journal, cards.change)
    await live.open()
    flooded = FloodedRoads(closures, district.resources.needs)
    flooded.begin(await journal.alerts(firing_only=True, limit=_MOST_STANDING))
    graph = district.resources.roads
    closed = ClosedRoads(
        closures=closures, store=journal, known_edges=None if graph is None else graph.edge_ids
    )
    await closed.open_again()
    return Near(cards, live, flooded, closed)

"""Makes the travel times of the settings: straight line, road graph, or a routing server."""

from contextlib import ExitStack

import httpx2

from gis_link.closures import Closures
from gis_link.loaders import Resources
from gis_link.reach import StraightLine, TravelTime
from gis_link.roads import RoadGraph
from groundwatch.settings import SettingsError
from groundwatch.travel_http import ROUTERS, RoutedTravel
from groundwatch.travel_settings import TravelSettings


def open_travel(
    settings: TravelSettings, resources: Resources, closures: Closures, stack: ExitStack
) -> TravelTime:
    """Make it; what has to be closed is left to `stack`.

    Raises:
        SettingsError: a road graph is asked for and the resources hold none.
    """
    line = StraightLine(
        resources.needs.is_flooded,
        detour=settings.detour,
        normal_km_per_h=settings.normal_km_per_h,
        flooded_km_per_h=settings.flooded_km_per_h,
    )
    if settings.by in ROUTERS:
        client = httpx2.Client(base_url=settings.url, follow_redirects=False, trust_env=False)
        stack.callback(client.close)
        deadline_s = settings.deadline_ms / 1000.0
        router = ROUTERS[settings.by]()
        return RoutedTravel(router, client, line, closures, deadline_s=deadline_s)
    if settings.by == "line" or (settings.by == "auto" and resources.roads is None):
        return line
    if resources.roads is None:
        raise SettingsError(
            "travel.by is roads: add roads-nodes.csv and roads-edges.csv to the resources, or"
            " write auto"
        )
    return RoadGraph(resources.roads, line, closures)

"""Roads that standing alerts close: around a flooded underpass nobody drives."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import shapely

from alerting.book import Change
from alerting.model import Alert, AlertKind, AlertState
from gis_link.closures import Closures
from gis_link.ground import geod
from gis_link.need import NeedTable

_N_CORNERS = 24


class FloodedRoads:
    """Closes roads as alerts rise and opens them as they end."""

    def __init__(self, closures: Closures, needs: NeedTable) -> None:
        """Follow nothing yet; `needs` says how far around which hazard closes."""
        self.listeners: list[Callable[[], None]] = []
        self._closures, self._needs = closures, needs
        self._closed: dict[str, tuple[float, float, float]] = {}

    def begin(self, standing: Iterable[Alert]) -> None:
        """Close what the alerts close that stood before a restart."""
        for alert in standing:
            self._follow(alert)

    def note(self, changes: Sequence[Change]) -> None:
        """Follow what the engine has changed; who listens hears of roads closed or opened by it."""
        is_changed = [self._follow(change.alert) for change in changes]
        if any(is_changed):
            for listener in self.listeners:
                listener()

    def _follow(self, alert: Alert) -> bool:
        """Close or open what one alert closes; says whether that changed anything."""
        radius_m = self._radius_m(alert) if alert.state is AlertState.FIRING else 0.0
        if radius_m <= 0.0:
            self._closures.open(alert.id)
            return self._closed.pop(alert.id, None) is not None
        circle = (alert.position.lat, alert.position.lon, radius_m)
        if self._closed.get(alert.id) == circle:
            return False
        self._closures.close(alert.id, circle_around(*circle))
        self._closed[alert.id] = circle
        return True

    def _radius_m(self, alert: Alert) -> float:
        need = self._needs.need(alert.hazard)
        if need is None or alert.kind is not AlertKind.LIMIT:
            return 0.0
        return need.closes_m[int(alert.severity) - 1]


def circle_around(lat: float, lon: float, radius_m: float) -> Any:
    """Give a circle as a shapely polygon in (lon, lat) degrees."""
    turns = [360.0 * n / _N_CORNERS for n in range(_N_CORNERS)]
    n = len(turns)
    lons, lats, _ = geod().fwd([lon] * n, [lat] * n, turns, [radius_m] * n)
    return shapely.Polygon(list(zip(lons, lats, strict=True)))

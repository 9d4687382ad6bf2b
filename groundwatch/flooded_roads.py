"""Roads that standing alerts close: around a flooded underpass nobody drives."""

from collections.abc import Iterable, Sequence
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
        self._closures, self._needs = closures, needs

    def begin(self, standing: Iterable[Alert]) -> None:
        """Close what the alerts close that stood before a restart."""
        for alert in standing:
            self._follow(alert)

    def note(self, changes: Sequence[Change]) -> None:
        """Follow what the engine has changed."""
        for change in changes:
            self._follow(change.alert)

    def _follow(self, alert: Alert) -> None:
        radius_m = self._radius_m(alert)
        if radius_m > 0.0 and alert.state is AlertState.FIRING:
            circle = circle_around(alert.position.lat, alert.position.lon, radius_m)
            self._closures.close(alert.id, circle)
        else:
            self._closures.open(alert.id)

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

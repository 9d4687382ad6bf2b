"""In which district, street and village an alert lies, in the plain names that routes use."""

import math
from collections.abc import Sequence

from alerting.model import Alert
from gis_link import model as gis
from gis_link.area import Areas
from gis_link.model import Place, Tier
from sensors.model import Position

NOWHERE: frozenset[str] = frozenset()


class Whereabouts:
    """Knows the outlines of a district; a place goes by its name and by its code."""

    def __init__(self, places: Sequence[Place]) -> None:
        """Index the places."""
        self._areas = Areas(places)
        self.names = frozenset(
            name for place in places if place.tier is not Tier.SITE for name in _names(place)
        )

    def at(self, position: Position) -> frozenset[str]:
        """Give the names and codes of the places a point lies in; none where it is nowhere."""
        if not (math.isfinite(position.lat) and math.isfinite(position.lon)):
            return NOWHERE
        found = self._areas.at(gis.Position(position.lat, position.lon))
        return frozenset(name for place in found.values() for name in _names(place))

    def of(self, alert: Alert) -> frozenset[str]:
        """Give the names and codes of the places an alert lies in."""
        return self.at(alert.position)


def _names(place: Place) -> tuple[str, ...]:
    return tuple(name for name in (place.name, place.code) if name)

"""Which roads are closed now: by outline or by edge, each under a name that opens it again."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import shapely

from gis_link.model import Position


class Closure(NamedTuple):
    """Roads that nobody can drive: those an outline touches, and edges by their ids.

    `outline` is a shapely shape in WGS 84 (lon, lat) degrees, None for none.
    """

    name: str
    outline: Any = None
    edges: frozenset[str] = frozenset()


class Closures:
    """The closures in force; may be changed by one thread while others ask."""

    def __init__(self) -> None:
        """Begin with every road open."""
        self._now: tuple[Closure, ...] = ()
        self._joined: tuple[tuple[Any, ...], Any] | None = None

    @property
    def now(self) -> tuple[Closure, ...]:
        """Give the closures in force; the same object as long as nothing changes."""
        return self._now

    def elsewhere(self, at: Position) -> tuple[Closure, ...]:
        """Give the closures that count for a scene: one that holds it keeps nobody from it."""
        point = shapely.Point(at.lon, at.lat)
        return tuple(
            each
            for each in self._now
            if each.outline is None or not shapely.intersects(each.outline, point)
        )

    def outline(self, at: Position) -> Any:
        """Give all outlines that count for a scene as one, None when there are none."""
        if not self._now:
            return None
        outlines = tuple(each.outline for each in self.elsewhere(at) if each.outline is not None)
        if not outlines:
            return None
        if self._joined is None or self._joined[0] != outlines:
            self._joined = (outlines, shapely.union_all(outlines))
        return self._joined[1]

    def close(self, name: str, outline: Any = None, edges: Iterable[str] = ()) -> None:
        """Close roads; a closure of the same name is replaced.

        Raises:
            ValueError: neither an outline nor edges are given.
        """
        closure = Closure(name, outline, frozenset(edges))
        if outline is None and not closure.edges:
            raise ValueError(f"closure {name!r} closes nothing: give an outline or ids of edges")
        others = tuple(each for each in self._now if each.name != name)
        self._now = (*others, closure)

    def open(self, name: str) -> None:
        """Open what was closed under a name; one that is not there is open already."""
        if any(each.name == name for each in self._now):
            self._now = tuple(each for each in self._now if each.name != name)

"""Which roads are closed now: by outline or by edge, each under a name that opens it again."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely

from gis_link.ground import Bools, Floats
from gis_link.model import Position


class Closure(NamedTuple):
    """Roads that nobody can drive: those an outline touches, and edges by their ids.

    `outline` is a shapely shape in WGS 84 (lon, lat) degrees, None for none.
    """

    name: str
    outline: Any = None
    edges: frozenset[str] = frozenset()


class Outlines:
    """Many outlines as one area; made by `Closures.outlines`."""

    def __init__(self, tree: Any, left_out: Sequence[int]) -> None:
        """Take a tree over outlines and the numbers of those that do not count."""
        self._tree, self._left_out = tree, np.array(left_out, dtype=np.int64)

    def cover(self, lat: Floats, lon: Floats) -> Bools:
        """Say which points lie inside one of them."""
        inside = np.zeros(len(lat), dtype=np.bool_)
        points, outlines = self._tree.query(shapely.points(lon, lat), predicate="intersects")
        inside[points[~np.isin(outlines, self._left_out)]] = True
        return inside


def _holding(tree: Any, at: Position) -> list[int]:
    found: list[int] = tree.query(shapely.Point(at.lon, at.lat), predicate="intersects").tolist()
    return found


class Closures:
    """The closures in force; may be changed by one thread while others ask."""

    def __init__(self) -> None:
        """Begin with every road open."""
        self._now: tuple[Closure, ...] = ()
        self._sorted: tuple[tuple[Closure, ...], tuple[Closure, ...], Any] | None = None

    @property
    def now(self) -> tuple[Closure, ...]:
        """Give the closures in force; the same object as long as nothing changes."""
        return self._now

    def elsewhere(self, at: Position) -> tuple[Closure, ...]:
        """Give the closures that count for a scene: one that holds it keeps nobody from it."""
        if not self._now:
            return ()
        drawn, tree = self._tree()
        here = {drawn[n].name for n in _holding(tree, at)}
        return tuple(each for each in self._now if each.name not in here)

    def outlines(self, at: Position) -> "Outlines | None":
        """Give all outlines that count for a scene, None when there are none."""
        if not self._now:
            return None
        drawn, tree = self._tree()
        here = _holding(tree, at)
        return Outlines(tree, here) if len(here) < len(drawn) else None

    def _tree(self) -> tuple[tuple[Closure, ...], Any]:
        """Give the closures with outlines and a tree over them; kept until something changes."""
        now, known = self._now, self._sorted
        if known is None or known[0] is not now:
            drawn = tuple(each for each in now if each.outline is not None)
            known = now, drawn, shapely.STRtree([each.outline for each in drawn])
            self._sorted = known
        return known[1], known[2]

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

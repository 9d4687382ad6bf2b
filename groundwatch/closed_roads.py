"""Roads that people close and open by hand: recorded, then they count, and outlive a restart.

They are kept among the edits of resources as kind `closures`, with who, when and why. What nobody
can drive is an outline, ids of edges of the road graph, or both, under a name that opens it again.
"""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import shapely

from alerting.errors import DeedRefused
from gis_link.closures import Closures
from sensors.model import Position
from storage.resource_edits import EditAction, ResourceEdit

KIND = "closures"
MAX_CLOSED = 500
MAX_CORNERS = 500
MAX_EDGES = 1000
OWN_NAME = "groundwatch"
_PREFIX = "hand:"  # so that no name of people meets the id of an alert that closes roads


class EditStore(Protocol):
    """Where edits are kept (implemented by `storage.journal.SqlJournal`)."""

    async def add_edit(self, edit: ResourceEdit) -> int:
        """Keep an edit and give its number; it is on the disk when this returns."""
        ...

    async def standing_edits(self) -> list[ResourceEdit]:
        """List all edits, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedRoad:
    """What is closed under a name, since when, by whom and why; positions are WGS 84.

    It opens by itself at `until`; None is until somebody opens it.
    """

    name: str
    at: datetime
    actor: str
    why: str
    outline: tuple[Position, ...] = ()
    edges: tuple[str, ...] = ()
    until: datetime | None = None


class ClosedRoads:
    """Takes closures of people, one at a time."""

    def __init__(
        self, *, closures: Closures, store: EditStore, known_edges: Sequence[str] | None
    ) -> None:
        """Follow nothing yet; `known_edges` are those of the road graph, None without one."""
        self.listeners: list[Callable[[], None]] = []
        self._closures, self._store = closures, store
        self._known = None if known_edges is None else frozenset(known_edges)
        self._closed: dict[str, ClosedRoad] = {}
        self._turn = asyncio.Lock()

    @property
    def now(self) -> list[ClosedRoad]:
        """List what is closed by hand, oldest first."""
        return list(self._closed.values())

    async def open_again(self) -> None:
        """Close what was closed before a restart.

        Raises:
            JournalError: it cannot be read; nobody may be sent over a road that is closed.
        """
        edits = [edit for edit in await self._store.standing_edits() if edit.kind == KIND]
        for edit in edits:
            self._closed.pop(edit.resource, None)
            if edit.action is not EditAction.DELETE:
                self._closed[edit.resource] = _road(edit)
        for road in self._closed.values():
            self._apply(road)

    async def close(self, road: ClosedRoad) -> ClosedRoad:
        """Close roads; a closure of the same name is replaced.

        Raises:
            DeedRefused: it closes nothing, or too much, or what is not known; the text says why.
            JournalError: it could not be recorded, so nothing is closed.
        """
        async with self._turn:
            why_not = self._why_not(road)
            if why_not is not None:
                raise DeedRefused(f"closure {road.name}: {why_not}")
            action = EditAction.PATCH if road.name in self._closed else EditAction.CREATE
            await self._store.add_edit(self._edit(road, action, road.actor, road.why, road.at))
            self._closed[road.name] = road
            self._apply(road)
            self._tell()
            return road

    async def open(self, name: str, actor: str, why: str, at: datetime) -> ClosedRoad:
        """Open what was closed under a name.

        Raises:
            DeedRefused: nothing is closed under it.
            JournalError: it could not be recorded, so it stays closed.
        """
        async with self._turn:
            road = self._closed.get(name)
            if road is None:
                there = ", ".join(self._closed) or "nothing is"
                raise DeedRefused(f"closure {name}: nothing is closed under this name; {there}")
            await self._store.add_edit(self._edit(road, EditAction.DELETE, actor, why, at))
            del self._closed[name]
            self._closures.open(_PREFIX + name)
            self._tell()
            return road

    async def open_due(self, now: datetime) -> None:
        """Open what was closed until now, with an entry of its own; tried again where that fails.

        Raises:
            JournalError: it could not be recorded, so it stays closed.
        """
        due = [r for r in self._closed.values() if r.until is not None and r.until <= now]
        for road in due:
            with suppress(DeedRefused):  # somebody has just opened it
                await self.open(road.name, OWN_NAME, "its time was over", now)

    def _why_not(self, road: ClosedRoad) -> str | None:
        is_new = road.name not in self._closed
        unknown = [] if self._known is None else [e for e in road.edges if e not in self._known]
        checks = (
            (not road.why.strip(), "say why: it is kept with the closure"),
            (
                road.until is not None and road.until <= road.at,
                "`until` is over: say an instant in the future, or leave it out",
            ),
            (not road.outline and not road.edges, "give an outline, a circle or ids of edges"),
            (is_new and len(self._closed) >= MAX_CLOSED, f"{MAX_CLOSED} are closed already"),
            (len(road.outline) > MAX_CORNERS, f"an outline has {MAX_CORNERS} corners at most"),
            (len(road.edges) > MAX_EDGES, f"{MAX_EDGES} edges at most; draw an outline"),
            (
                bool(road.outline) and not _is_area(road.outline),
                "the outline crosses itself or has fewer than three corners",
            ),
            (
                bool(road.edges) and self._known is None,
                "there is no road graph, so no edges: give an outline",
            ),
            (bool(unknown), f"the road graph has no edge {', '.join(unknown[:3])}"),
        )
        return next((why for is_wrong, why in checks if is_wrong), None)

    def _edit(
        self, road: ClosedRoad, action: EditAction, actor: str, why: str, at: datetime
    ) -> ResourceEdit:
        before = self._closed.get(road.name)
        after = {} if action is EditAction.DELETE else _fields(road)
        return ResourceEdit(
            kind=KIND,
            resource=road.name,
            action=action,
            at=at,
            actor=actor,
            note=why,
            changes=after,
            before={} if before is None else _fields(before),
            after=after,
        )

    def _apply(self, road: ClosedRoad) -> None:
        outline = shapely.Polygon(_pairs(road.outline)) if road.outline else None
        self._closures.close(_PREFIX + road.name, outline, road.edges)

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()


def _is_area(corners: Sequence[Position]) -> bool:
    if len({(each.lat, each.lon) for each in corners}) < 3:
        return False
    on_earth = all(abs(each.lat) <= 90.0 and abs(each.lon) <= 180.0 for each in corners)
    finite = all(math.isfinite(each.lat) and math.isfinite(each.lon) for each in corners)
    return on_earth and finite and bool(shapely.Polygon(_pairs(corners)).is_valid)


def _pairs(corners: Sequence[Position]) -> list[tuple[float, float]]:
    return [(each.lon, each.lat) for each in corners]


def _fields(road: ClosedRoad) -> dict[str, str]:
    outline = " ".join(f"{each.lat!r},{each.lon!r}" for each in road.outline)
    until = {} if road.until is None else {"until": road.until.isoformat()}
    return {"outline": outline, "edges": ";".join(road.edges)} | until


def _road(edit: ResourceEdit) -> ClosedRoad:
    said: Mapping[str, Any] = edit.changes
    corners = (pair.split(",") for pair in said.get("outline", "").split())
    return ClosedRoad(
        name=edit.resource,
        at=edit.at,
        actor=edit.actor,
        why=edit.note,
        outline=tuple(Position(float(lat), float(lon)) for lat, lon in corners),
        edges=tuple(each for each in said.get("edges", "").split(";") if each),
        until=datetime.fromisoformat(said["until"]) if said.get("until") else None,
    )

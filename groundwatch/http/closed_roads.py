"""Roads closed and opened by hand: what is closed, by whom and why, and who did what when."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field, model_validator

from alerting.errors import DeedRefused
from gis_link import model as gis
from gis_link.datum import parse_datum, to_wgs84
from groundwatch.closed_roads import KIND, ClosedRoad
from groundwatch.flooded_roads import circle_around
from groundwatch.http.live_resources import EditAnswer
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import FieldFault, ProblemError
from groundwatch.http.words import (
    Actor,
    Answer,
    Asked,
    Instant,
    Note,
    minutes_schema,
    within_days,
)
from sensors.model import Position
from sensors.wording import matching

router = APIRouter()
_DAYS = 366
Minutes = Annotated[float, Field(json_schema_extra=minutes_schema(_DAYS)), within_days(_DAYS)]

_NAME = r"[^\x00-\x1f/]{1,80}"
Name = Annotated[
    str,
    Field(description="A name of yours.", json_schema_extra={"pattern": f"^{_NAME}$"}),
    matching(_NAME, "1 to 80 signs, no / among them"),
]
Lat = Annotated[float, Field(ge=-90, le=90)]
Lon = Annotated[float, Field(ge=-180, le=180)]


class Corner(Asked):
    """One corner of an outline."""

    lat: Lat
    lon: Lon


class Circle(Corner):
    """A circle on the ground."""

    radius_m: float = Field(gt=0, le=5000)


class Closing(Asked):
    """What is to be closed, and why; an outline or a circle needs the datum of its positions."""

    actor: Actor
    note: Note = Field(min_length=1, description="Why; it is kept.")
    name: Name
    datum: str | None = Field(default=None, max_length=20)
    outline: list[Corner] = Field(default=[], max_length=500)
    circle: Circle | None = None
    edges: list[str] = Field(default=[], max_length=1000, description="Ids of the road graph.")
    minutes: Minutes | None = Field(
        default=None, description="For how long; then it opens by itself."
    )
    until: Instant | None = Field(default=None, description="Instead of `minutes`.")

    @model_validator(mode="after")
    def one_at_most(self) -> Self:
        """Ask for at most one of `minutes` and `until`."""
        if self.minutes is not None and self.until is not None:
            raise ValueError("give either minutes or until")
        return self


class Opening(Asked):
    """Who opens it again, and why."""

    actor: Actor
    note: Note = ""


class ClosedRoadAnswer(Answer):
    """What is closed under a name; positions in WGS-84."""

    name: str
    since: Instant
    until: Instant | None = Field(description="When it opens by itself; null is by hand only.")
    by: str
    note: str
    outline: list[tuple[float, float]] = Field(description="Pairs of latitude and longitude.")
    edges: list[str]

    @classmethod
    def of(cls, road: ClosedRoad) -> "ClosedRoadAnswer":
        """Make it of a closure."""
        return cls(
            name=road.name,
            since=road.at,
            until=road.until,
            by=road.actor,
            note=road.why,
            outline=[(each.lat, each.lon) for each in road.outline],
            edges=list(road.edges),
        )


class ClosedRoadList(Answer):
    """What is closed by hand, oldest first."""

    items: list[ClosedRoadAnswer]


class ClosureHistory(Answer):
    """Who closed and opened a name, newest first."""

    items: list[EditAnswer]


@router.get("/roads/closed", tags=["resources"], summary="Roads that people have closed")
async def closed(program: ProgramPart) -> ClosedRoadList:
    """Give what is closed by hand; what standing alerts flood is closed besides."""
    return ClosedRoadList(items=[ClosedRoadAnswer.of(road) for road in program.closed_roads.now])


@router.post("/roads/closed", tags=["resources"], status_code=201, summary="Close roads by hand")
async def close(said: Closing, program: ProgramPart) -> ClosedRoadAnswer:
    """Close what an outline or a circle touches, or edges; the same name is replaced."""
    now = program.clock.now()
    road = ClosedRoad(
        name=said.name,
        at=now,
        actor=said.actor,
        why=said.note,
        outline=_outline(said),
        edges=tuple(said.edges),
        until=said.until if said.minutes is None else now + timedelta(minutes=said.minutes),
    )
    with _refusing():
        return ClosedRoadAnswer.of(await program.closed_roads.close(road))


@router.post("/roads/closed/{name}/open", tags=["resources"], summary="Open them again")
async def open_again(name: str, said: Opening, program: ProgramPart) -> ClosedRoadAnswer:
    """Open what was closed under a name; the answer is what it was."""
    now = program.clock.now()
    with _refusing():
        road = await program.closed_roads.open(name, said.actor, said.note, now)
    return ClosedRoadAnswer.of(road)


@router.get("/roads/closed/{name}/history", tags=["resources"], summary="Who closed, who opened")
async def history(name: str, program: ProgramPart) -> ClosureHistory:
    """Give every closing and opening under a name, newest first."""
    found = await program.journal.edits(name, kind=KIND)
    return ClosureHistory(items=[EditAnswer.of(edit) for edit in found])


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except DeedRefused as error:
        raise ProblemError(409, "not-allowed-now", str(error)) from error


def _outline(said: Closing) -> tuple[Position, ...]:
    corners = [gis.Position(each.lat, each.lon) for each in said.outline]
    if not corners and said.circle is None:
        return ()
    try:
        datum = parse_datum(said.datum or "")
    except ValueError as error:
        fault = FieldFault(field="body.datum", what=str(error))
        raise ProblemError(422, "invalid-request", str(error), faults=[fault]) from error
    if said.circle is not None and not corners:
        middle = to_wgs84(gis.Position(said.circle.lat, said.circle.lon), datum)
        drawn = circle_around(middle.lat, middle.lon, said.circle.radius_m)
        return tuple(Position(lat, lon) for lon, lat in drawn.exterior.coords)
    moved = (to_wgs84(each, datum) for each in corners)
    return tuple(Position(each.lat, each.lon) for each in moved)

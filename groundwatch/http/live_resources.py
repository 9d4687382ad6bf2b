"""Resources one by one: list, look at, create, change, take away, and who did what to them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from gis_link.datum import Datum, parse_datum
from gis_link.edit import EditRefused, fields_at, stock_ids
from gis_link.kinds import FACILITY_KINDS, KINDS, kind_of
from gis_link.loaders import Resources
from gis_link.shelf import Shelf
from gis_link.unload import Text, fields_of, stock_fields
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import FieldFault, ProblemError, shown
from groundwatch.http.words import Actor, Answer, Asked, Instant, Note, cursor_of, values_of
from groundwatch.live import EditOrder, NoSuchResource
from groundwatch.program import Program
from storage.resource_edits import EditAction, ResourceEdit

router = APIRouter()

KindWord = Literal[
    "teams", "depots", "stock", "cameras", "shelters", "hospitals", "pumps", "sensitive"
]
Value = str | float | bool | list[str] | None
_MAX_FIELDS = 40


class ResourceAnswer(Answer):
    """One resource: its fields are those of the files, as text, positions in WGS-84 degrees."""

    kind: KindWord
    id: str = Field(description="For a line of stock `depot/item`.")
    datum: Literal["WGS-84"] | None = Field(description="Of the positions; null for stock.")
    fields: dict[str, str]
    position_age_s: float | None = Field(
        default=None, description="How old a team's reported position is; null if never reported."
    )

    @classmethod
    def of(cls, kind: str, fields: dict[str, str], key: str, now: datetime) -> "ResourceAnswer":
        """Make it of the fields of a resource."""
        seen = fields.get("as_of")
        age_s = None if seen is None else (now - datetime.fromisoformat(seen)).total_seconds()
        datum = None if kind == "stock" else Datum.WGS84.value
        values: dict[str, Any] = {"kind": kind, "id": key, "datum": datum, "fields": fields}
        return cls(**values, position_age_s=age_s)


class ResourcePage(Answer):
    """One page of resources."""

    items: list[ResourceAnswer]
    next: str | None = Field(description="Give it as `cursor` to go on; null at the end.")
    unfit: list[str] = Field(
        description="Edits that no longer fit what the files say, and why; they do not count."
    )


class EditAnswer(Answer):
    """One change of one resource."""

    number: int = Field(description="Counts all edits of this program, the newest highest.")
    kind: str
    resource: str
    action: EditAction
    at: Instant
    actor: str
    note: str
    before: dict[str, str]
    after: dict[str, str]

    @classmethod
    def of(cls, edit: ResourceEdit) -> "EditAnswer":
        """Make it of an edit."""
        return cls(
            number=edit.number,
            kind=edit.kind,
            resource=edit.resource,
            action=edit.action,
            at=edit.at,
            actor=edit.actor,
            note=edit.note,
            before=dict(edit.before),
            after=dict(edit.after),
        )


class EditPage(Answer):
    """Changes of one resource, newest first."""

    items: list[EditAnswer]
    next_before: int | None = Field(description="Give it as `before` to go on; null at the end.")


class ResourceFilter(Asked):
    """Which resources."""

    kind: KindWord
    text: str = Field(default="", max_length=80, description="Only with this in id or name.")
    limit: int = Field(default=200, ge=1, le=2000)
    cursor: str | None = Field(default=None, description="`next` of the page before.")


class HistoryQuestion(Asked):
    """Whose history."""

    id: str = Field(max_length=400)
    kind: KindWord | None = Field(default=None, description="Where an id is of several kinds.")
    before: int | None = Field(default=None, ge=1, description="`next_before` of the page before.")
    limit: int = Field(default=100, ge=1, le=1000)


class Fields(Asked):
    """What somebody says of a resource, and in which datum its positions are."""

    actor: Actor
    note: Note = ""
    datum: str | None = Field(
        default=None,
        max_length=40,
        description="WGS-84, CGCS2000, GCJ-02 or BD-09; needed where positions are given.",
    )
    fields: dict[str, Value] = Field(
        max_length=_MAX_FIELDS,
        description="Fields by the names of the files' columns; null empties one.",
    )


class Removal(Asked):
    """Who takes a resource away, and why."""

    actor: Actor
    note: Note = ""


class PositionReport(Asked):
    """Where a team is."""

    actor: Actor
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    datum: str = Field(max_length=40, description="WGS-84, CGCS2000, GCJ-02 or BD-09.")
    at: Instant | None = Field(default=None, description="Now if not given.")


@router.get("/resources", tags=["resources"], summary="List resources of one kind")
async def list_resources(
    program: ProgramPart, wanted: Annotated[ResourceFilter, Query()]
) -> ResourcePage:
    """Give one page of a kind, with edits laid over what the files say."""
    first = 0 if wanted.cursor is None else values_of(wanted.cursor, [int])[0]
    page = await asyncio.to_thread(_page, program.live.now, wanted, first)
    now = program.clock.now()
    is_last = len(page) <= wanted.limit
    return ResourcePage(
        items=[
            ResourceAnswer.of(wanted.kind, fields, key, now) for key, fields in page[: wanted.limit]
        ],
        next=None if is_last else cursor_of([first + wanted.limit]),
        unfit=list(program.live.unfit),
    )


@router.get("/resources/history", tags=["resources"], summary="Who changed a resource, and how")
async def history(program: ProgramPart, asked: Annotated[HistoryQuestion, Query()]) -> EditPage:
    """Give the changes of one resource, newest first, also of one that is gone."""
    found = await program.journal.edits(
        asked.id, kind=asked.kind, before=asked.before, limit=asked.limit
    )
    is_last = len(found) < asked.limit
    return EditPage(
        items=[EditAnswer.of(edit) for edit in found],
        next_before=None if is_last else found[-1].number,
    )


@router.post(
    "/resources/teams/{team_id}/position", tags=["resources"], summary="Say where a team is"
)
async def report_position(
    team_id: str, report: PositionReport, program: ProgramPart
) -> ResourceAnswer:
    """Note a team's position; one older than the known is refused."""
    order = EditOrder(
        kind="teams",
        resource=team_id,
        actor=report.actor,
        fields={"lat": repr(report.lat), "lon": repr(report.lon)},
        datum=_datum(report.datum),
    )
    now = program.clock.now()
    with _told("teams", team_id):
        await program.live.report_position(order, report.at or now, now)
    return _one(program, "teams", team_id)


@router.get("/resources/{kind}/{resource_id:path}", tags=["resources"], summary="One resource")
async def one_resource(kind: KindWord, resource_id: str, program: ProgramPart) -> ResourceAnswer:
    """Give one resource as it is now."""
    return _one(program, kind, resource_id)


@router.post("/resources/{kind}", tags=["resources"], status_code=201, summary="Add a resource")
async def create(kind: KindWord, body: Fields, program: ProgramPart) -> ResourceAnswer:
    """Add a resource; its id is among the fields (for stock: depot and item)."""
    order = _order(kind, "", body)
    with _told(kind, order.resource):
        edit = await program.live.create(order, program.clock.now())
    return _one(program, kind, edit.resource)


@router.patch("/resources/{kind}/{resource_id:path}", tags=["resources"], summary="Change fields")
async def patch(
    kind: KindWord, resource_id: str, body: Fields, program: ProgramPart
) -> ResourceAnswer:
    """Change some fields of a resource; the others stay."""
    with _told(kind, resource_id):
        await program.live.patch(_order(kind, resource_id, body), program.clock.now())
    return _one(program, kind, resource_id)


@router.delete("/resources/{kind}/{resource_id:path}", tags=["resources"], summary="Take away")
async def delete(
    kind: KindWord, resource_id: str, body: Removal, program: ProgramPart
) -> EditAnswer:
    """Take a resource away; its history stays."""
    order = EditOrder(kind=kind, resource=resource_id, actor=body.actor, note=body.note, fields={})
    with _told(kind, resource_id):
        return EditAnswer.of(await program.live.delete(order, program.clock.now()))


def _nothing(kind: str, resource: str) -> ProblemError:
    detail = f"there is no {KINDS[kind].one} {shown(resource)}"
    return ProblemError(404, f"unknown-{kind}", detail)


@contextmanager
def _told(kind: str, resource: str) -> Iterator[None]:
    """Turn what the edits refuse into answers."""
    try:
        yield
    except NoSuchResource as error:
        raise _nothing(kind, resource) from error
    except EditRefused as error:
        faults = [FieldFault(field="body.fields", what=what) for what in error.why]
        raise ProblemError(422, "invalid-request", str(error), faults=faults) from error


def _order(kind: str, resource: str, body: Fields) -> EditOrder:
    return EditOrder(
        kind=kind,
        resource=resource,
        actor=body.actor,
        note=body.note,
        fields={name: _text(value) for name, value in body.fields.items()},
        datum=None if body.datum is None else _datum(body.datum),
    )


def _datum(text: str) -> Datum:
    try:
        return parse_datum(text)
    except ValueError as error:
        fault = FieldFault(field="body.datum", what=str(error))
        raise ProblemError(422, "invalid-request", str(error), faults=[fault]) from error


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return ";".join(value) if isinstance(value, list) else value


def _one(program: Program, kind: str, resource: str) -> ResourceAnswer:
    fields = fields_at(program.live.now, kind, resource)
    if fields is None:
        raise _nothing(kind, resource)
    return ResourceAnswer.of(kind, fields, resource, program.clock.now())


def _page(resources: Resources, wanted: ResourceFilter, first: int) -> list[tuple[str, Text]]:
    """Give what belongs on a page, and one more where there is one."""
    return list(islice(_found(resources, wanted), first, first + wanted.limit + 1))


def _found(resources: Resources, wanted: ResourceFilter) -> Iterator[tuple[str, Text]]:
    """Give the resources wanted by id, in the order of the files, new ones last."""
    if wanted.kind == "stock":
        for depot in resources.depots:
            for key, line in stock_ids(depot).items():
                if wanted.text in key:
                    yield key, stock_fields(depot.id, line)
        return
    shelves: dict[str, Shelf[Any]] = {
        "teams": resources.teams,
        "depots": resources.depots,
        "cameras": resources.cameras,
        **dict.fromkeys(FACILITY_KINDS, resources.facilities),
    }
    for record in shelves[wanted.kind]:
        if kind_of(record) == wanted.kind and wanted.text in f"{record.id} {record.name}":
            yield record.id, fields_of(record)

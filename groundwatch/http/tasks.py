"""Orders to responders: given from the card, answered, handed over, followed, assessed."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from alerting.model import Mark
from alerting.tasks.assess import Row
from alerting.tasks.model import EventKind, StockLine, Tier
from groundwatch.assess import as_csv, assessment
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import Problem, ProblemError, field_problem, shown
from groundwatch.http.task_models import (
    AssessmentAnswer,
    EventAnswer,
    FeedbackAnswer,
    TaskAnswer,
    TaskDetail,
    TaskPage,
)
from groundwatch.http.words import Actor, Asked, Note
from groundwatch.pictures import MEDIA_TYPES, PictureError
from groundwatch.program import Program
from groundwatch.task_desk import Act, NewOrder, UnknownResponder, UnknownTask
from storage.journal.task_rows import TaskQuery

router = APIRouter()

_REFUSED: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "It is not allowed now; `detail` says why."}
}
_KINDS = {
    "accept": EventKind.ACCEPTED,
    "decline": EventKind.DECLINED,
    "on-scene": EventKind.ON_SCENE,
    "done": EventKind.DONE,
    "recall": EventKind.RECALLED,
}
TierWord = Literal["site", "village", "street", "district", "city"]


class StockWord(Asked):
    """A quantity of an item that the order takes from a depot."""

    depot: str = Field(min_length=1, max_length=100)
    item: str = Field(min_length=1, max_length=100)
    quantity: float = Field(gt=0, le=1e9)


class OrderWord(Asked):
    """An order to a team or depot of the card."""

    actor: Actor
    responder: str = Field(min_length=1, max_length=100, description="Id of a team or depot.")
    what: str = Field(min_length=1, max_length=500, description="What is to be done.")
    level: TierWord = Field(default="street", description="The level that gives the order.")
    unit: str = Field(default="", max_length=100, description="For assessment; else the responder.")
    items: list[StockWord] = Field(default=[], max_length=20)
    exercise: bool = False


class TaskWord(Asked):
    """What somebody says of an order."""

    actor: Actor
    note: Note = ""


class HandOver(TaskWord):
    """To which level an order goes, and why."""

    to: TierWord
    note: Note = Field(min_length=1)


class TaskFilter(Asked):
    """Which orders."""

    alert: str | None = Field(default=None, description="Only of this alert.")
    open: bool = Field(default=False, description="Only those that are not over.")
    limit: int = Field(default=200, ge=1, le=2000)


class Feedback(Asked):
    """Who sends a picture, and what it shows."""

    actor: Actor
    note: Note = ""


class AssessQuestion(Asked):
    """Which month, in the time of China."""

    month: str = Field(description="For example 2026-11.", max_length=20)
    exercises: bool = Field(default=False, description="Count exercises too.")


@router.post(
    "/alerts/{alert_id}/tasks", tags=["tasks"], summary="Order somebody there", responses=_REFUSED
)
async def order(alert_id: str, word: OrderWord, program: ProgramPart) -> TaskAnswer:
    """Give an order; stock is put aside, and the responder is told at once."""
    lines = tuple(
        StockLine(depot=each.depot, item=each.item, quantity=each.quantity) for each in word.items
    )
    new = NewOrder(
        alert_id=alert_id,
        responder=word.responder,
        what=" ".join(word.what.split()),
        actor=word.actor,
        level=Tier(word.level),
        unit=word.unit,
        items=lines,
        mark=Mark.EXERCISE if word.exercise else Mark.ACTUAL,
    )
    try:
        return TaskAnswer.of(await program.desks.orders.order(new), program)
    except UnknownResponder as error:
        what = f"there is no team or depot {shown(error.given)}"
        raise field_problem("body.responder", what, near=error.near) from error


@router.get("/tasks", tags=["tasks"], summary="Orders, newest first")
async def listed(program: ProgramPart, wanted: Annotated[TaskFilter, Query()]) -> TaskPage:
    """List orders with what is owed next and until when."""
    query = TaskQuery(alert_id=wanted.alert, open_only=wanted.open, limit=wanted.limit)
    found = await program.desks.orders.tasks(query)
    return TaskPage(items=[TaskAnswer.of(task, program) for task in found])


@router.get("/tasks/{task_id}", tags=["tasks"], summary="One order and all that happened to it")
async def one(task_id: str, program: ProgramPart) -> TaskDetail:
    """Give an order with its events."""
    try:
        task = await program.desks.orders.task(task_id)
    except UnknownTask as error:
        raise _unknown(task_id) from error
    events = await program.desks.orders.events(task_id)
    answer = TaskAnswer.of(task, program)
    return TaskDetail(**dict(answer), events=[EventAnswer.of(event) for event in events])


@router.post("/tasks/{task_id}/note", tags=["tasks"], summary="Feedback in words")
async def note(task_id: str, said: TaskWord, program: ProgramPart) -> TaskAnswer:
    """Keep what the responder reports."""
    return await _act(
        program, task_id, Act(kind=EventKind.FEEDBACK, actor=said.actor, note=said.note)
    )


@router.post(
    "/tasks/{task_id}/hand-over",
    tags=["tasks"],
    summary="Give it to another level",
    responses=_REFUSED,
)
async def hand_over(task_id: str, said: HandOver, program: ProgramPart) -> TaskAnswer:
    """Let another level (village, street, district, …) have the order in hand."""
    act = Act(kind=EventKind.HANDED_OVER, actor=said.actor, note=said.note, detail=said.to)
    return await _act(program, task_id, act)


@router.post(
    "/tasks/{task_id}/picture",
    tags=["tasks"],
    summary="Feedback with a picture",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                media: {"schema": {"type": "string", "format": "binary"}}
                for media in MEDIA_TYPES.values()
            },
        }
    },
)
async def picture(
    task_id: str, request: Request, program: ProgramPart, said: Annotated[Feedback, Query()]
) -> FeedbackAnswer:
    """Keep a picture of at most 5 MiB (JPEG, PNG or WebP), sent as the body."""
    try:
        await program.desks.orders.task(task_id)
    except UnknownTask as error:
        raise _unknown(task_id) from error
    body = await request.body()
    try:
        name = await asyncio.to_thread(program.pictures.keep, body)
    except PictureError as error:
        raise ProblemError(422, "invalid-request", f"body: {error}") from error
    act = Act(kind=EventKind.FEEDBACK, actor=said.actor, note=said.note, detail=name)
    task = await _act(program, task_id, act)
    return FeedbackAnswer(picture=name, link=f"/api/v1/pictures/{name}", task=task)


@router.post(
    "/tasks/{task_id}/{word}",
    tags=["tasks"],
    summary="Accept, decline, arrive, finish, recall",
    responses=_REFUSED,
)
async def say(
    task_id: str,
    word: Literal["accept", "decline", "on-scene", "done", "recall"],
    said: TaskWord,
    program: ProgramPart,
) -> TaskAnswer:
    """Say how far an order is; what is so already changes nothing."""
    return await _act(program, task_id, Act(kind=_KINDS[word], actor=said.actor, note=said.note))


@router.get("/assessment", tags=["tasks"], summary="How quickly units answered in a month")
async def assess(
    program: ProgramPart, wanted: Annotated[AssessQuestion, Query()]
) -> AssessmentAnswer:
    """Count orders by unit: accepted, arrived, overdue, and how long each took."""
    rows = await _rows(program, wanted)
    return AssessmentAnswer(month=wanted.month, rows=[row.cells() for row in rows])


@router.get(
    "/assessment.csv",
    tags=["tasks"],
    summary="The same as CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def assess_csv(program: ProgramPart, wanted: Annotated[AssessQuestion, Query()]) -> Response:
    """Give the assessment for a spreadsheet."""
    text = as_csv(await _rows(program, wanted))
    return Response("\ufeff" + text, media_type="text/csv; charset=utf-8")


async def _rows(program: Program, wanted: AssessQuestion) -> list[Row]:
    try:
        return await assessment(
            program.desks.orders, program.journal, wanted.month, with_exercises=wanted.exercises
        )
    except ValueError as error:
        raise field_problem("query.month", str(error)) from error


async def _act(program: Program, task_id: str, act: Act) -> TaskAnswer:
    try:
        return TaskAnswer.of(await program.desks.orders.act(task_id, act), program)
    except UnknownTask as error:
        raise _unknown(task_id) from error


def _unknown(task_id: str) -> ProblemError:
    return ProblemError(404, "unknown-task", f"there is no order {shown(task_id)}")

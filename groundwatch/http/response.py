"""Endpoints of the response: every step people take with an alert, beside its condition."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response as HttpResponse
from pydantic import Field

from alerting.response import model
from alerting.response.model import Said
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import Problem, ProblemError
from groundwatch.http.response_models import (
    Assignment,
    AttachedAnswer,
    Deed,
    ResponseAnswer,
    ShelfWord,
)
from groundwatch.http.words import Actor, Asked, Note
from groundwatch.pictures import MEDIA_TYPES, PictureError
from groundwatch.program import Program

router = APIRouter()
_REFUSED: dict[int | str, dict[str, object]] = {
    409: {"model": Problem, "description": "It is not allowed now; `detail` says why."}
}


class Attaching(Asked):
    """Who attaches a picture, and what it shows."""

    actor: Actor
    note: Note = Field(default="", description="What it shows.")


async def _done(
    program: Program, alert_id: str, deed: model.Deed, word: Deed, detail: str = ""
) -> ResponseAnswer:
    said = Said(deed=deed, actor=word.actor, note=word.note, detail=detail)
    return ResponseAnswer.of(await program.engine.people.respond(alert_id, said))


@router.get("/alerts/{alert_id}/response", tags=["alerts"], summary="How far people are with it")
async def response(alert_id: str, program: ProgramPart) -> ResponseAnswer:
    """Give the phase, when each was reached and by whom, who has it, and whether it is shelved."""
    return ResponseAnswer.of(await program.engine.people.response(alert_id))


@router.post(
    "/alerts/{alert_id}/verify",
    tags=["alerts"],
    summary="A person has seen that it is so",
    responses=_REFUSED,
)
async def verify(alert_id: str, word: Deed, program: ProgramPart) -> ResponseAnswer:
    """Keep that a person has checked the alert by eye, camera or call."""
    return await _done(program, alert_id, model.Deed.VERIFY, word)


@router.post(
    "/alerts/{alert_id}/dispatch", tags=["alerts"], summary="Help was sent", responses=_REFUSED
)
async def dispatch(alert_id: str, word: Deed, program: ProgramPart) -> ResponseAnswer:
    """Keep that somebody was sent; say in the note who."""
    return await _done(program, alert_id, model.Deed.DISPATCH, word)


@router.post(
    "/alerts/{alert_id}/on_scene", tags=["alerts"], summary="Help is there", responses=_REFUSED
)
async def on_scene(alert_id: str, word: Deed, program: ProgramPart) -> ResponseAnswer:
    """Keep that somebody is there; it counts as an acknowledgement."""
    return await _done(program, alert_id, model.Deed.ARRIVE, word)


@router.post(
    "/alerts/{alert_id}/contain",
    tags=["alerts"],
    summary="It gets no worse",
    responses=_REFUSED,
)
async def contain(alert_id: str, word: Deed, program: ProgramPart) -> ResponseAnswer:
    """Keep that it is contained; the condition stands until readings end it."""
    return await _done(program, alert_id, model.Deed.CONTAIN, word)


@router.post(
    "/alerts/{alert_id}/close", tags=["alerts"], summary="Nothing is left to do", responses=_REFUSED
)
async def close(alert_id: str, word: Deed, program: ProgramPart) -> ResponseAnswer:
    """Close the response; its condition must be over."""
    return await _done(program, alert_id, model.Deed.CLOSE, word)


@router.post(
    "/alerts/{alert_id}/false", tags=["alerts"], summary="It is not so", responses=_REFUSED
)
async def false(alert_id: str, word: Deed, program: ProgramPart) -> ResponseAnswer:
    """Keep that a person says it is false; a condition that goes on comes back after a while."""
    return await _done(program, alert_id, model.Deed.FALSE, word)


@router.post(
    "/alerts/{alert_id}/reopen", tags=["alerts"], summary="It is not over", responses=_REFUSED
)
async def reopen(alert_id: str, word: Deed, program: ProgramPart) -> ResponseAnswer:
    """Open a response again that was closed or said to be false."""
    return await _done(program, alert_id, model.Deed.REOPEN, word)


@router.post(
    "/alerts/{alert_id}/assign", tags=["alerts"], summary="Who takes care of it", responses=_REFUSED
)
async def assign(alert_id: str, word: Assignment, program: ProgramPart) -> ResponseAnswer:
    """Give the alert to a person or a unit."""
    return await _done(program, alert_id, model.Deed.ASSIGN, word, word.to)


@router.post(
    "/alerts/{alert_id}/shelve",
    tags=["alerts"],
    summary="Set it aside for a while",
    responses=_REFUSED,
)
async def shelve(alert_id: str, word: ShelfWord, program: ProgramPart) -> ResponseAnswer:
    """Send nothing about it until then; it comes back by itself, and at once when it gets worse."""
    until = word.until_from(program.clock.now())
    said = Said(deed=model.Deed.SHELVE, actor=word.actor, note=word.note, until=until)
    return ResponseAnswer.of(await program.engine.people.respond(alert_id, said))


@router.post(
    "/alerts/{alert_id}/unshelve", tags=["alerts"], summary="Bring it back", responses=_REFUSED
)
async def unshelve(alert_id: str, word: Deed, program: ProgramPart) -> ResponseAnswer:
    """Bring an alert back that was set aside; people are told of it again."""
    return await _done(program, alert_id, model.Deed.UNSHELVE, word)


@router.post(
    "/alerts/{alert_id}/attach",
    tags=["alerts"],
    summary="Keep a picture with it",
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
async def attach(
    alert_id: str, request: Request, program: ProgramPart, word: Annotated[Attaching, Query()]
) -> AttachedAnswer:
    """Keep a picture of at most 5 MiB (JPEG, PNG or WebP), sent as the body."""
    await program.engine.people.known(alert_id)
    body = await request.body()
    try:
        name = await asyncio.to_thread(program.pictures.keep, body)
    except PictureError as error:
        raise ProblemError(422, "invalid-request", f"body: {error}") from error
    said = Said(deed=model.Deed.ATTACH, actor=word.actor, note=word.note, detail=name)
    await program.engine.people.respond(alert_id, said)
    return AttachedAnswer(picture=name, size=len(body), link=f"/api/v1/pictures/{name}")


@router.get(
    "/pictures/{name}",
    tags=["alerts"],
    summary="A picture that was attached",
    response_class=HttpResponse,
)
async def picture(name: str, program: ProgramPart) -> HttpResponse:
    """Give the bytes of a picture, as they were kept."""
    try:
        body = await asyncio.to_thread(program.pictures.read, name)
    except PictureError as error:
        raise ProblemError(404, "unknown-picture", str(error)) from error
    return HttpResponse(body, media_type=MEDIA_TYPES[name.rpartition(".")[2]])

"""Is the process alive, is it doing its work, and its numbers for Prometheus."""

import asyncio
from collections.abc import Iterator
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from alerting.errors import JournalError
from groundwatch.http.metrics import metrics_text
from groundwatch.http.parts import BoardPart, HubPart, ProgramPart
from groundwatch.http.words import Answer
from groundwatch.program import Program
from storage.errors import StorageError

router = APIRouter(tags=["health"])

_ANSWER_WITHIN_S = 2.0
_DOORS: dict[str, Literal["sl651", "hj212"]] = {"sl651": "sl651", "hj212": "hj212"}


class Health(Answer):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Check(Answer):
    """One part the program works with."""

    name: Literal["program", "broker", "sl651", "hj212", "log", "journal", "store", "channels"]
    is_good: bool
    is_needed: bool = Field(description="False: the work goes on without it, for a while.")
    text: str = Field(description="How it is, and where it is not good, why.")


class Readiness(Answer):
    """Whether readings arrive, are kept, judged and recorded."""

    status: Literal["ready", "degraded", "not ready"]
    checks: list[Check]
    reasons: list[str] = Field(description="What is not good.")


@router.get("/healthz", summary="Is the process alive")
async def health() -> Health:
    """Answer as long as the loop turns."""
    return Health()


@router.get(
    "/readyz",
    summary="Do readings arrive, and are they kept, judged and recorded",
    responses={503: {"model": Readiness, "description": "Not ready; the reasons say why."}},
)
async def ready(program: ProgramPart, hub: HubPart, response: Response) -> Readiness:
    """Look at every part. A database that is away only degrades: the log keeps what it misses."""
    checks = [
        Check(
            name="program",
            is_good=not hub.is_closed,
            is_needed=True,
            text="stopping" if hub.is_closed else "running",
        ),
        _broker(program),
        *_stations(program),
        await _log(program),
        await _journal(program),
        _store(program),
        _channels(program),
    ]
    bad = [check for check in checks if not check.is_good]
    is_ready = not any(check.is_needed for check in bad)
    if not is_ready:
        response.status_code = 503
    state: Literal["ready", "degraded"] = "degraded" if bad else "ready"
    return Readiness(
        status=state if is_ready else "not ready",
        checks=checks,
        reasons=[f"{check.name}: {check.text}" for check in bad],
    )


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(
    request: Request, program: ProgramPart, board: BoardPart, hub: HubPart
) -> Response:
    """Give counters and gauges in the text format the caller asks for."""
    accept = request.headers.get("accept", "")
    body, media_type = await metrics_text(program, board, hub, accept)
    return Response(body, media_type=media_type)


def _broker(program: Program) -> Check:
    status = program.source.status
    place = program.mqtt.place
    text = f"connected to {place}" if status.connected else f"{place}: {status.reason}"
    return Check(name="broker", is_good=status.connected, is_needed=True, text=text)


def _channels(program: Program) -> Check:
    stood_in = program.district.routes.console_stands_in_for
    unset = [name for name in stood_in if name not in program.settings.channels]
    text = "every channel that people name is set up"
    if unset:
        text = f"the console stands in for {', '.join(unset)}: nobody is reached over it"
    return Check(name="channels", is_good=not unset, is_needed=False, text=text)


def _stations(program: Program) -> Iterator[Check]:
    for door in program.stations:
        source = door.source
        text = f"{source.place}: {source.status.reason}, {source.n_connections} stations connected"
        if source.counts.last_refusal:
            text += f"; {source.counts.refused} refusals, the last: {source.counts.last_refusal}"
        is_good = source.status.connected
        yield Check(name=_DOORS[source.name], is_good=is_good, is_needed=True, text=text)


async def _log(program: Program) -> Check:
    full = program.pipeline.counts.log_full
    if full:
        return Check(name="log", is_good=False, is_needed=True, text=full)
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            status = await program.log.status()
    except TimeoutError:
        text = f"did not answer within {_ANSWER_WITHIN_S:g} s"
        return Check(name="log", is_good=False, is_needed=True, text=text)
    except StorageError as error:
        return Check(name="log", is_good=False, is_needed=True, text=str(error))
    text = f"{status.n_bytes} of {status.max_bytes} bytes in use"
    return Check(name="log", is_good=True, is_needed=True, text=text)


async def _journal(program: Program) -> Check:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            await program.journal.recorded_seq()
    except TimeoutError:
        text = f"did not answer within {_ANSWER_WITHIN_S:g} s"
    except JournalError as error:
        text = str(error)
    else:
        return Check(name="journal", is_good=True, is_needed=True, text="answers")
    return Check(name="journal", is_good=False, is_needed=True, text=text)


def _store(program: Program) -> Check:
    ship = program.shipper.status()
    why = program.store_problem or ship.last_error
    if not why:
        text = f"writing, {ship.behind_reports} reports behind"
        return Check(name="store", is_good=True, is_needed=False, text=text)
    text = f"falling behind, {ship.behind_reports} reports wait in the log: {why}"
    return Check(name="store", is_good=False, is_needed=False, text=text)

"""Is the process alive, is it doing its work, and its numbers for Prometheus."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from groundwatch.http.metrics import metrics_text
from groundwatch.http.parts import BoardPart, HubPart, ProgramPart
from groundwatch.http.words import Answer
from groundwatch.readiness import CheckName, looked_at

router = APIRouter(tags=["health"])


class Health(Answer):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Check(Answer):
    """One part the program works with."""

    name: CheckName
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
        *[
            Check(name=each.name, is_good=each.is_good, is_needed=each.is_needed, text=each.text)
            for each in await looked_at(program)
        ],
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

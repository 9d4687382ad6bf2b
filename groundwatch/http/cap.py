"""Messages of the Common Alerting Protocol: ours, one by one and as a feed."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from alerting.cap.entry import FEED_TYPE
from alerting.cap.values import MEDIA_TYPE
from alerting.engine import UnknownAlert
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import ProblemError, near_words, shown
from groundwatch.http.words import Asked

router = APIRouter()

FEED = "/cap/feed.atom"


class MessageQuestion(Asked):
    """Which message."""

    message: str | None = Field(
        default=None, max_length=40, description="Its key, as the feed has it; else the newest."
    )


def _xml(media_type: str, what: str) -> dict[int | str, dict[str, object]]:
    return {200: {"content": {media_type: {"schema": {"type": "string"}}}, "description": what}}


@router.get(
    FEED,
    tags=["cap"],
    summary="Feed of our messages of CAP 1.2",
    response_class=Response,
    responses=_xml(FEED_TYPE, "An Atom feed; its subtitle says whether messages are signed."),
)
async def feed(program: ProgramPart) -> Response:
    """Give the messages of what stands and of the last days, newest first."""
    body = await program.desks.cap.feed(program.clock.now(), f"/api/v1{FEED}")
    return Response(body, media_type=FEED_TYPE)


@router.get(
    "/alerts/{alert_id}/cap",
    tags=["cap"],
    summary="An alert as a message of CAP 1.2",
    response_class=Response,
    responses=_xml(MEDIA_TYPE, "The message, signed where a key is set."),
)
async def one(
    alert_id: str, program: ProgramPart, wanted: Annotated[MessageQuestion, Query()]
) -> Response:
    """Give the newest message of an alert, or an older one by its key."""
    alert = await program.journal.alert(alert_id)
    if alert is None:
        raise UnknownAlert(alert_id)
    issued = await program.desks.cap.issued(alert, program.clock.now())
    keys = [each.issue.key for each in issued]
    if not issued:
        detail = f"alert {alert_id} was withdrawn before anything was said of it"
        raise ProblemError(404, "unknown-message", detail)
    key = wanted.message or keys[-1]
    if key not in keys:
        detail = f"alert {alert_id} has no message {shown(key)}; it has {', '.join(keys[-10:])}"
        raise ProblemError(404, "unknown-message", detail, near=near_words(key, keys))
    message = issued[keys.index(key)].message
    return Response(program.desks.cap.writer.bytes_of(message), media_type=MEDIA_TYPE)

"""Server-sent events: alert changes as they happen, and the program's status every few seconds."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from alerting.book import Change
from alerting.errors import JournalError
from alerting.model import Alert, Card
from alerting.tasks.model import Event as TaskEvent
from alerting.tasks.model import Task
from groundwatch.http.alert_models import AlertAnswer, CardAnswer, StepAnswer
from groundwatch.http.board import Board, counted
from groundwatch.http.events import Event, Hub, Listener, TooManyListeners
from groundwatch.http.parts import HubPart
from groundwatch.http.problems import ProblemError
from groundwatch.http.task_models import EventAnswer, TaskAnswer
from groundwatch.program import Program

router = APIRouter()

LastId = Annotated[
    str, Header(max_length=100, description="Id of the newest event seen; what came after follows.")
]


async def _listener(hub: HubPart, last_event_id: LastId = "") -> AsyncIterator[Listener]:
    try:
        listener = hub.join(last_event_id)
    except TooManyListeners as error:
        raise ProblemError(503, "too-many-listeners", f"{error}; try again later") from error
    try:
        yield listener
    finally:
        hub.leave(listener)


@router.get(
    "/events",
    tags=["events"],
    summary="Stream of alert changes and status",
    response_class=EventSourceResponse,
)
async def events(
    hub: HubPart, listener: Annotated[Listener, Depends(_listener)]
) -> AsyncIterator[ServerSentEvent]:
    """Send `alert` and `note` events with ids, and `status` events without, as heartbeat.

    `gap` says that what came after `Last-Event-ID` is no longer kept: read the alerts again.
    `dropped` ends a stream that was read too slowly, `stopping` one of a program that stops.
    """
    yield _sent(await hub.status())
    async for event in listener.events():
        yield _sent(event)


def _sent(event: Event) -> ServerSentEvent:
    return ServerSentEvent(data=event.body, event=event.name, id=event.id or None)


def tell_changes(hub: Hub, changes: Sequence[Change]) -> None:
    """Publish what the engine has changed, one event per step."""
    for change in changes:
        body = {
            "alert": AlertAnswer.of(change.alert).model_dump(mode="json"),
            "transition": StepAnswer.of(change.transition).model_dump(mode="json"),
            "notify": None if change.notify is None else change.notify.value,
        }
        hub.publish("alert", body)


def tell_task(hub: Hub, program: Program, task: Task, event: TaskEvent) -> None:
    """Publish what happened to an order, with the order as it is now."""
    body = {
        "task": TaskAnswer.of(task, program).model_dump(mode="json"),
        "event": EventAnswer.of(event).model_dump(mode="json"),
    }
    hub.publish("task", body)


async def tell_card(hub: Hub, alert: Alert, card: Card) -> None:
    """Publish that who can help near a standing alert has changed, with the card as it is now."""
    body = {"alert": alert.id, "card": CardAnswer.of(card, "now").model_dump(mode="json")}
    hub.publish("card", body)


async def status_of(program: Program, board: Board) -> dict[str, Any]:
    """Sum up how the program is doing, for the status event."""
    counts, ship = program.pipeline.counts, program.shipper.status()
    return {
        "at": program.clock.now().isoformat(),
        "readings": counts.readings,
        "rejects": counts.rejects,
        "source_connected": program.source.status.connected,
        "store_writing": ship.is_writing and not program.store_problem,
        "store_behind_reports": ship.behind_reports,
        "log_full": bool(counts.log_full),
        "alerts": await _counts(board),
    }


async def _counts(board: Board) -> dict[str, dict[str, int]] | None:
    """Count standing alerts by kind and severity; None while the journal was never read."""
    try:
        standing = await board.standing()
    except JournalError:
        return None  # said with its reason by /readyz
    found: dict[str, dict[str, int]] = {}
    for (kind, severity), count in counted(standing).items():
        found.setdefault(kind.value, {})[severity.word] = count
    return found

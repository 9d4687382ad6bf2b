"""Alerts: lists, one, its card and explanation, and what people say about it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from alerting.engine import UnknownAlert
from alerting.model import Alert, AlertState, Card, OutboxEntry, Severity, TransitionKind
from alerting.response.model import Deed, Said
from groundwatch.explain import explain_alert, explain_sensor
from groundwatch.http.alert_models import (
    ActionAnswer,
    AlertAnswer,
    AlertDetail,
    AlertPage,
    CardAnswer,
    HistoryPage,
    HistoryStep,
    Remark,
    StepAnswer,
    Word,
)
from groundwatch.http.explain_models import ExplanationAnswer
from groundwatch.http.named_site import check_site_of_alerts
from groundwatch.http.parts import HubPart, ProgramPart
from groundwatch.http.problems import Problem, ProblemError
from groundwatch.http.response_models import ResponseAnswer
from groundwatch.http.words import (
    Asked,
    Instant,
    KindWord,
    SeverityWord,
    StateWord,
    cursor_of,
    kinds_of,
    severities_of,
    states_of,
    values_of,
)
from groundwatch.program import Program
from storage.journal.listing import AlertQuery, HistoryQuery, PastStep

router = APIRouter()

_AFTER_ALERT = (datetime, str)
_AFTER_STEP = (datetime, str, str, str, str, str, Severity, TransitionKind)


class AlertFilter(Asked):
    """Which alerts; a filter given several times takes any of its values."""

    site: str | None = Field(default=None, description="Only of this site.")
    hazard: list[str] = Field(default=[], max_length=20)
    severity: list[SeverityWord] = Field(default=[], max_length=4, description="Severity now.")
    state: list[StateWord] = Field(default=[], max_length=3)
    kind: list[KindWord] = Field(default=[], max_length=4)
    since: Instant | None = Field(default=None, description="On `detected_at`, inclusive.")
    limit: int = Field(default=100, ge=1, le=1000)
    cursor: str | None = Field(default=None, description="`next` of the page before.")


class HistoryFilter(Asked):
    """Which final steps: `since` <= taken_at < `until`, in event time."""

    site: str | None = Field(default=None, description="Only of this site.")
    kind: list[KindWord] = Field(
        default=["limit"], max_length=4, description="Kinds of alerts; limit alone if not given."
    )
    since: Instant | None = None
    until: Instant | None = None
    limit: int = Field(default=1000, ge=1, le=10_000)
    cursor: str | None = Field(default=None, description="`next` of the page before.")


class InLanguage(Asked):
    """In which language the text is."""

    language: Literal["en", "zh"] = Field("en", description="Of `text`.")


class SensorQuestion(InLanguage):
    """Which sensor."""

    sensor: str = Field(description="`site/device/quantity`, or with the point between.")


class CardQuestion(Asked):
    """Which card."""

    fresh: bool = Field(default=False, description="Look up now, also when the alert is over.")
    sent: bool = Field(default=False, description="As its newest notice carried it.")


@router.get("/alerts", tags=["alerts"], summary="List alerts, newest first")
async def list_alerts(program: ProgramPart, wanted: Annotated[AlertFilter, Query()]) -> AlertPage:
    """Give one page of alerts."""
    await check_site_of_alerts(program, wanted.site)
    after = None
    if wanted.cursor is not None:
        at, alert_id = values_of(wanted.cursor, _AFTER_ALERT)
        after = (at, alert_id)
    query = AlertQuery(
        site=wanted.site,
        hazards=wanted.hazard,
        severities=severities_of(wanted.severity),
        kinds=kinds_of(wanted.kind),
        states=states_of(wanted.state),
        since=wanted.since,
        after=after,
        limit=wanted.limit + 1,
    )
    found = await program.journal.found(query)
    page = found[: wanted.limit]
    is_last = len(found) <= wanted.limit
    return AlertPage(
        items=[AlertAnswer.of(alert) for alert in page],
        next=None if is_last else cursor_of((page[-1].detected_at, page[-1].id)),
    )


@router.get("/alerts/{alert_id}", tags=["alerts"], summary="One alert with its steps and actions")
async def one_alert(alert_id: str, program: ProgramPart) -> AlertDetail:
    """Give one alert, every step of its life, and what people did about it."""
    alert = await _alert(program, alert_id)
    steps = await program.journal.transitions(alert_id)
    actions = await program.journal.actions(alert_id)
    response = await program.engine.people.response(alert_id)
    return AlertDetail(
        **dict(AlertAnswer.of(alert)),
        transitions=[StepAnswer.of(step) for step in steps],
        actions=[ActionAnswer.of(action) for action in actions],
        response=ResponseAnswer.of(response),
        card=await _card_now(program, alert) if alert.state is AlertState.FIRING else None,
    )


@router.post("/alerts/{alert_id}/ack", tags=["alerts"], summary="Acknowledge: repeats stop")
async def acknowledge(alert_id: str, word: Word, program: ProgramPart) -> AlertAnswer:
    """Stop every notice about the alert at once; a later rise in severity notifies again.

    Acknowledging an alert again, or one that has ended, changes nothing and gives the alert.
    """
    return AlertAnswer.of(await program.engine.acknowledge(alert_id, word.actor, word.note))


@router.post(
    "/alerts/{alert_id}/resolve",
    tags=["alerts"],
    summary="Sign off: a person says it is safe",
    responses={409: {"model": Problem, "description": "It ends by itself, not by a word."}},
)
async def resolve(alert_id: str, word: Word, program: ProgramPart) -> AlertAnswer:
    """Close a limit alert by a person's word; one that has ended already is given as it is."""
    before = await _alert(program, alert_id)
    if before.kind.value != "limit" and before.state is AlertState.FIRING:
        raise ProblemError(409, "not-closed-by-a-person", _why_not_closed(before))
    after = await program.engine.sign_off(alert_id, word.actor, word.note)
    if after.state is AlertState.FIRING:
        raise ProblemError(409, "not-closed-by-a-person", _why_not_closed(after))
    return AlertAnswer.of(after)


@router.post("/alerts/{alert_id}/note", tags=["alerts"], summary="Add a remark for the record")
async def remark(alert_id: str, said: Remark, program: ProgramPart, hub: HubPart) -> ActionAnswer:
    """Keep a remark with the alert; it changes nothing else."""
    word = Said(deed=Deed.NOTE, actor=said.actor, note=said.note)
    await program.engine.people.respond(alert_id, word)
    kept = await program.journal.actions(alert_id)
    mine = [act for act in kept if (act.actor, act.note) == (said.actor, said.note)]
    answer = ActionAnswer.of(mine[-1])
    hub.publish("note", answer.model_dump(mode="json"))
    return answer


@router.get("/alerts/{alert_id}/card", tags=["alerts"], summary="Who and what can help near it")
async def card(
    alert_id: str, program: ProgramPart, wanted: Annotated[CardQuestion, Query()]
) -> CardAnswer:
    """Give the card as it is now while the alert stands, and as it was sent when it is over."""
    alert = await _alert(program, alert_id)
    is_live = wanted.fresh or (alert.state is AlertState.FIRING and not wanted.sent)
    sent = None if is_live else _sent_card(await program.journal.outbox(alert_id))
    return await _card_now(program, alert) if sent is None else CardAnswer.of(sent, "notice")


async def _card_now(program: Program, alert: Alert) -> CardAnswer:
    found = await program.cards.card(alert)
    found = program.desks.orders.beside(program.desks.official.beside(found, alert.site), alert.id)
    return CardAnswer.of(found, "now")


@router.get("/alerts/{alert_id}/explain", tags=["explain"], summary="Why this alert, and who knows")
async def explain_one(
    alert_id: str, program: ProgramPart, asked: Annotated[InLanguage, Query()]
) -> ExplanationAnswer:
    """Say which readings, limit, rule and steps, who was told over what, and who was not."""
    return ExplanationAnswer.of(await explain_alert(program, alert_id), asked.language)


@router.get("/explain", tags=["explain"], summary="Why a sensor has no alert, or has one")
async def explain_any(
    program: ProgramPart, asked: Annotated[SensorQuestion, Query()]
) -> ExplanationAnswer:
    """Say how a sensor stands against each of its limits, what is not judged, how long silent."""
    return ExplanationAnswer.of(await explain_sensor(program, asked.sensor), asked.language)


@router.get("/history", tags=["alerts"], summary="Final steps of alerts, in event time")
async def history(program: ProgramPart, wanted: Annotated[HistoryFilter, Query()]) -> HistoryPage:
    """Give what became final, sorted by event time: the same whatever the order of arrival was."""
    await check_site_of_alerts(program, wanted.site)
    after = None if wanted.cursor is None else tuple(values_of(wanted.cursor, _AFTER_STEP))
    query = HistoryQuery(
        site=wanted.site,
        kinds=kinds_of(wanted.kind),
        since=wanted.since,
        until=wanted.until,
        after=after,
        limit=wanted.limit + 1,
    )
    found = await program.journal.past(query)
    page = found[: wanted.limit]
    is_last = len(found) <= wanted.limit
    return HistoryPage(
        items=[HistoryStep.of(past) for past in _once_each(page)],
        next=None if is_last else cursor_of(page[-1].identity),
    )


def _once_each(page: list[PastStep]) -> list[PastStep]:
    """Leave out a step that was written under a second alert, which continues the first."""
    return list({past.identity: past for past in reversed(page)}.values())[::-1]


async def _alert(program: Program, alert_id: str) -> Alert:
    alert = await program.journal.alert(alert_id)
    if alert is None:
        raise UnknownAlert(alert_id)
    return alert


def _sent_card(outbox: list[OutboxEntry]) -> Card | None:
    cards = [entry.notice.card for entry in outbox if entry.notice.card is not None]
    return cards[-1] if cards else None


def _why_not_closed(alert: Alert) -> str:
    ends = {
        "blind": "it ends when every sensor of the device has spoken again",
        "anomaly": "it ends when the sensor's readings are as usual again",
        "doubtful": "it ends when the sensor moves again or other sensors agree with it",
        "system": "it ends when the problem is over",
    }
    how = ends.get(alert.kind.value, "its rule could not be found among the sensor's rules")
    return f"alert {alert.id} is not closed by a person's word: {how}; acknowledge it instead"

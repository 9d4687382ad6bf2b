"""Answers about alerts: the alert, its steps, its card, what people did."""

from pydantic import Field

from alerting.model import Alert, Card, ChainLink, Mark, Responder, Transition
from alerting.ports import Action
from alerting.sentence import in_chinese
from groundwatch.http.response_models import ResponseAnswer
from groundwatch.http.words import (
    Actor,
    Answer,
    Asked,
    ColourWord,
    Instant,
    KindWord,
    Note,
    Place,
    SeverityWord,
    Source,
    StateWord,
    colour_word,
    severity_word,
)
from storage.journal.listing import PastStep


class AlertAnswer(Answer):
    """A condition with identity over time on one sensor (one device, for blind alerts)."""

    id: str
    kind: KindWord
    exercise: bool = Field(description="A drill's alert: no sensor says so.")
    state: StateWord
    severity: SeverityWord
    colour: ColourWord = Field(description="What people see: blue, yellow, orange, red.")
    peak: SeverityWord = Field(description="The worst it ever was.")
    site: str
    sensor: str = Field(description="`site/device/quantity`, with the point between where given.")
    device: str
    point: str
    quantity: str
    hazard: str
    rule_id: str
    pack: str = Field(description="Rule pack and version it was judged with.")
    position: Place
    started_at: Instant = Field(description="When the readings began to say so.")
    detected_at: Instant = Field(description="When this program first knew.")
    severity_at: Instant = Field(
        description="When the present severity was reached, or a limit was reached again."
    )
    ended_at: Instant | None
    acknowledged_at: Instant | None
    acknowledged_by: str
    awaiting_sign_off: bool = Field(description="Calm, and a person's word is still missing.")
    value: float | None
    limit: float | None
    unit: str
    reason: str = Field(description="One sentence a person can check.")
    reason_zh: str = Field(description="The same in Chinese; English where its parts are lost.")
    provenance: Source
    ordinal: int = Field(description="Number of the newest step.")

    @classmethod
    def of(cls, alert: Alert) -> "AlertAnswer":
        """Make it of an alert."""
        return cls(
            id=alert.id,
            kind=alert.kind.value,
            exercise=alert.mark is not Mark.ACTUAL,
            state=alert.state.value,
            severity=severity_word(alert.severity),
            colour=colour_word(alert.severity),
            peak=severity_word(alert.peak),
            site=alert.site,
            sensor=str(alert.sensor),
            device=alert.sensor.device,
            point=alert.sensor.point,
            quantity=alert.sensor.quantity,
            hazard=alert.hazard,
            rule_id=alert.rule_id,
            pack=alert.pack,
            position=Place.of(alert.position),
            started_at=alert.started_at,
            detected_at=alert.detected_at,
            severity_at=alert.severity_at,
            ended_at=alert.ended_at,
            acknowledged_at=alert.acknowledged_at,
            acknowledged_by=alert.acknowledged_by,
            awaiting_sign_off=alert.awaiting_sign_off,
            value=alert.value,
            limit=alert.limit,
            unit=alert.unit,
            reason=alert.reason,
            reason_zh=in_chinese(alert.said, alert.reason),
            provenance=Source.of(alert.provenance),
            ordinal=alert.ordinal,
        )


class StepAnswer(Answer):
    """One step in an alert's life."""

    alert_id: str
    ordinal: int
    kind: str
    severity: SeverityWord
    taken_at: Instant
    detected_at: Instant
    value: float | None
    reason: str
    reason_zh: str
    final: bool = Field(description="False while readings under way could change it.")
    late_by_s: float | None = Field(description="Set when its reading came after the lateness.")
    actor: str

    @classmethod
    def of(cls, step: Transition) -> "StepAnswer":
        """Make it of a transition."""
        return cls(
            alert_id=step.alert_id,
            ordinal=step.ordinal,
            kind=step.kind.value,
            severity=severity_word(step.severity),
            taken_at=step.taken_at,
            detected_at=step.detected_at,
            value=step.value,
            reason=step.reason,
            reason_zh=in_chinese(step.said, step.reason),
            final=step.final,
            late_by_s=step.late_by_s,
            actor=step.actor,
        )


class ActionAnswer(Answer):
    """What a person did about an alert."""

    alert_id: str
    at: Instant
    actor: str
    action: str
    note: str
    phase: str = Field(description="How far the response was after it; empty where it is none.")
    detail: str = Field(description="Whom it was assigned to, until when shelved, which picture.")

    @classmethod
    def of(cls, action: Action) -> "ActionAnswer":
        """Make it of an action."""
        return cls(
            alert_id=action.alert_id,
            at=action.at,
            actor=action.actor,
            action=action.action,
            note=action.note,
            phase=action.phase,
            detail=action.detail,
        )


class AlertDetail(AlertAnswer):
    """An alert with all its steps and everything people did about it."""

    transitions: list[StepAnswer]
    actions: list[ActionAnswer]
    response: ResponseAnswer
    card: "CardAnswer | None" = Field(
        description="Who and what can help now, while it stands; null when it is over."
    )


class AlertPage(Answer):
    """One page of alerts, newest `detected_at` first."""

    items: list[AlertAnswer]
    next: str | None = Field(description="Give it as `cursor` for the next page; null at the end.")


class HistoryStep(Answer):
    """One final step, with what is the same whatever the order of arrival was."""

    id: str = Field(description="Alert id and ordinal.")
    alert_id: str
    sensor: str
    site: str
    hazard: str
    rule_id: str
    pack: str
    kind: str
    severity: SeverityWord
    taken_at: Instant
    value: float | None
    reason: str
    reason_zh: str
    late_by_s: float | None

    @classmethod
    def of(cls, past: PastStep) -> "HistoryStep":
        """Make it of a step the journal gave."""
        step = past.transition
        return cls(
            id=f"{step.alert_id}/{step.ordinal}",
            alert_id=step.alert_id,
            sensor=str(past.sensor),
            site=past.sensor.site,
            hazard=past.hazard,
            rule_id=past.rule_id,
            pack=past.pack,
            kind=step.kind.value,
            severity=severity_word(step.severity),
            taken_at=step.taken_at,
            value=step.value,
            reason=step.reason,
            reason_zh=in_chinese(step.said, step.reason),
            late_by_s=step.late_by_s,
        )


class HistoryPage(Answer):
    """One page of the final history, oldest first."""

    items: list[HistoryStep]
    next: str | None = Field(description="Give it as `cursor` for the next page; null at the end.")


class ItemAnswer(Answer):
    """Something in stock."""

    item: str
    count: float
    unit: str


class ResponderAnswer(Answer):
    """A team, depot or camera seen from a place, and why it was chosen."""

    id: str
    name: str
    what: str
    position: Place
    distance_m: float
    travel_s: float | None
    travel_how: str
    phone: str
    as_of: str = Field(description="How fresh the information is.")
    why: str
    items: list[ItemAnswer]
    link: str

    @classmethod
    def of(cls, responder: Responder) -> "ResponderAnswer":
        """Make it of a responder."""
        return cls(
            id=responder.id,
            name=responder.name,
            what=responder.what,
            position=Place.of(responder.position),
            distance_m=responder.distance_m,
            travel_s=responder.travel_s,
            travel_how=responder.travel_how,
            phone=responder.phone,
            as_of=responder.as_of,
            why=responder.why,
            items=[
                ItemAnswer(item=name, count=count, unit=unit)
                for name, count, unit in responder.items
            ],
            link=responder.link,
        )


class ChainAnswer(Answer):
    """One tier of the command chain of a place."""

    tier: str
    place: str
    person: str
    phone: str

    @classmethod
    def of(cls, link: ChainLink) -> "ChainAnswer":
        """Make it of a link."""
        return cls(tier=link.tier, place=link.place, person=link.person, phone=link.phone)


class SaidText(Answer):
    """A sentence in both languages."""

    en: str
    zh: str


class CardAnswer(Answer):
    """Who and what can help near a place, and in words what cannot be had."""

    teams: list[ResponderAnswer]
    supplies: list[ResponderAnswer]
    cameras: list[ResponderAnswer]
    places: list[ResponderAnswer] = Field(
        description="Shelters, hospitals and pumps nearby, and what may be in danger."
    )
    chain: list[ChainAnswer]
    shortfall: list[str]
    looked_up_at: Instant | None
    missing: str = Field(description="What kind of information is not on file at all.")
    orders: list[SaidText] = Field(
        default=[], description="How far those are who were sent, as it is now."
    )
    official: list[SaidText] = Field(
        default=[], description="Official warnings in force at the site; never our own."
    )
    origin: str = Field(description="`notice`: as it was sent; `now`: looked up for this answer.")

    @classmethod
    def of(cls, card: Card, origin: str) -> "CardAnswer":
        """Make it of a card."""
        return cls(
            teams=[ResponderAnswer.of(entry) for entry in card.teams],
            supplies=[ResponderAnswer.of(entry) for entry in card.supplies],
            cameras=[ResponderAnswer.of(entry) for entry in card.cameras],
            places=[ResponderAnswer.of(entry) for entry in card.places],
            chain=[ChainAnswer.of(link) for link in card.chain],
            shortfall=list(card.shortfall),
            looked_up_at=card.looked_up_at,
            missing=card.missing,
            orders=[SaidText(en=said.en, zh=said.zh) for said in card.orders],
            official=[SaidText(en=said.en, zh=said.zh) for said in card.official],
            origin=origin,
        )


class Word(Asked):
    """What a person says about an alert."""

    actor: Actor
    note: Note = ""


class Remark(Asked):
    """A remark for the record; it changes nothing about the alert."""

    actor: Actor
    note: Note = Field(min_length=1)

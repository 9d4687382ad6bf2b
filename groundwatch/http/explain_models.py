"""The answer to "why" and "why not" as JSON, with the same in words."""

from pydantic import Field

from alerting.ports import EscalationStep
from groundwatch.explain import Explanation, render_explanation
from groundwatch.explained import ReadingView, Told
from groundwatch.explained_zh import explanation_zh
from groundwatch.http.alert_models import ActionAnswer, AlertAnswer, StepAnswer
from groundwatch.http.sensor_models import SensorDetail, SilenceAnswer
from groundwatch.http.words import Answer, Instant, SeverityWord, severity_word


class BehindAnswer(Answer):
    """One reading a judgement rests on."""

    taken_at: Instant
    value: float
    remark: str = Field(description="What it may not be used for; empty when it may clear too.")

    @classmethod
    def of(cls, reading: ReadingView) -> "BehindAnswer":
        """Make it of a reading."""
        return cls(taken_at=reading.taken_at, value=reading.value, remark=reading.remark)


class ToldAnswer(Answer):
    """One notice to one person: by which road, why, and what became of it."""

    notice_id: str
    recipient_id: str
    recipient: str
    channel: str
    reason: str
    severity: SeverityWord
    state: str = Field(description="pending, sent, failed or cancelled.")
    created_at: Instant
    due_at: Instant
    sent_at: Instant | None
    attempts: int
    last_error: str
    fallbacks: list[str] = Field(description="Who is tried next if this road fails.")
    proofs: list[str] = Field(
        default=[], description="delivered, read, undelivered or confirmed, as they came back."
    )

    @classmethod
    def of(cls, told: Told) -> "ToldAnswer":
        """Make it of a notice."""
        return cls(
            notice_id=told.notice_id,
            recipient_id=told.recipient_id,
            recipient=told.recipient,
            channel=told.channel,
            reason=told.reason,
            severity=severity_word(told.severity),
            state=told.state,
            created_at=told.created_at,
            due_at=told.due_at,
            sent_at=told.sent_at,
            attempts=told.attempts,
            last_error=told.last_error,
            fallbacks=list(told.fallbacks),
            proofs=[proof.kind.value for proof in told.proofs],
        )


class AskedAnswer(Answer):
    """One step of asking until somebody acknowledges."""

    n: int = Field(description="0 for the first notices; counts from there after each rise.")
    kind: str = Field(description="begun, called, nobody (passed over) or round.")
    at: Instant
    due_at: Instant = Field(description="When the next step is, if nobody acknowledges.")
    rung: str
    told: list[str] = Field(description="Ids of people.")
    why: str
    why_zh: str = Field(default="", description="In Chinese; empty where it is names only.")

    @classmethod
    def of(cls, step: EscalationStep) -> "AskedAnswer":
        """Make it of a step."""
        return cls(
            n=step.n,
            kind=step.kind.value,
            at=step.at,
            due_at=step.due_at,
            rung=step.rung,
            told=list(step.told),
            why=step.why,
            why_zh=step.why_zh,
        )


class ExplanationAnswer(Answer):
    """Which readings, which limit, which rule, which steps, who was told and who was not."""

    subject: str
    at: Instant
    alert: AlertAnswer | None = Field(description="Null for a question about a sensor.")
    transitions: list[StepAnswer]
    actions: list[ActionAnswer]
    notices: list[ToldAnswer]
    routing: list[str] = Field(description="Why each person is or is not told, route by route.")
    routing_zh: list[str] = Field(default=[], description="The same in Chinese, line by line.")
    steps: list[AskedAnswer] = Field(default=[], description="Who was asked while nobody answered.")
    asking: str = Field(default="", description="What comes next, or why nobody is asked any more.")
    asking_zh: str = Field(default="", description="The same in Chinese.")
    sensor: SensorDetail | None = Field(
        description="The sensor now, every measure against each of its limits."
    )
    readings: list[BehindAnswer]
    standing: list[AlertAnswer] = Field(description="What stands on the sensor and its device.")
    silent: list[SilenceAnswer] = Field(description="For blind alerts: the device's sensors.")
    why_no_alert: list[str]
    remarks: list[str] = Field(description="What could not be had, and what has changed since.")
    text: str = Field(description="All of it in words, for a terminal.")

    @classmethod
    def of(cls, explanation: Explanation, language: str = "en") -> "ExplanationAnswer":
        """Make it of an explanation; `text` is in the language."""
        render = explanation_zh if language == "zh" else render_explanation
        sensor, alert = explanation.sensor, explanation.alert
        return cls(
            subject=explanation.subject,
            at=explanation.at,
            alert=None if alert is None else AlertAnswer.of(alert),
            transitions=[StepAnswer.of(step) for step in explanation.transitions],
            actions=[ActionAnswer.of(action) for action in explanation.actions],
            notices=[ToldAnswer.of(told) for told in explanation.notices],
            routing=[said.en for said in explanation.routing],
            routing_zh=[said.zh or said.en for said in explanation.routing],
            steps=[AskedAnswer.of(step) for step in explanation.steps],
            asking=explanation.asking.en,
            asking_zh=explanation.asking.zh or explanation.asking.en,
            sensor=None if sensor is None else SensorDetail.of(sensor, []),
            readings=[BehindAnswer.of(reading) for reading in explanation.readings],
            standing=[AlertAnswer.of(entry) for entry in explanation.standing],
            silent=[SilenceAnswer.of(silence) for silence in explanation.silent],
            why_no_alert=list(explanation.why_no_alert),
            remarks=list(explanation.remarks),
            text=render(explanation),
        )

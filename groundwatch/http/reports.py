"""First, follow-up and final reports: looked at, made, and what people enter for them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from alerting.report.facts import Facts, Stage
from alerting.report.text import as_json, markdown
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import Problem
from groundwatch.http.words import Actor, Answer, Asked, Note

router = APIRouter()

StageWord = Literal["first", "follow", "final"]
_REFUSED: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "It may not be made now; `detail` says why."}
}


class ReportQuestion(Asked):
    """Which report."""

    stage: StageWord = "first"


class TextQuestion(ReportQuestion):
    """Which report, in which language."""

    language: Literal["en", "zh"] = "zh"


class FactsWord(Asked):
    """What only people know; what is left out stays as it was, and unknown until entered."""

    actor: Actor
    dead: int | None = Field(default=None, ge=0, le=1_000_000)
    injured: int | None = Field(default=None, ge=0, le=1_000_000)
    missing: int | None = Field(default=None, ge=0, le=1_000_000)
    loss_cny: float | None = Field(default=None, ge=0, le=1e13)
    cause: Note = ""
    needs: Note = ""

    def facts(self) -> Facts:
        """Give the facts."""
        return Facts(
            dead=self.dead,
            injured=self.injured,
            missing=self.missing,
            loss_cny=self.loss_cny,
            cause=self.cause,
            needs=self.needs,
        )


class ReportWord(FactsWord):
    """Which report is made, by whom, and what they know."""

    stage: StageWord


class SaidLine(Answer):
    """A line in both languages."""

    en: str
    zh: str


class SectionAnswer(Answer):
    """One heading with its lines."""

    key: str
    title: SaidLine
    lines: list[SaidLine]


class GradeAnswer(Answer):
    """The grade of the accident by what was entered."""

    rank: int
    en: str
    zh: str


class ReportAnswer(Answer):
    """A report (format `groundwatch.report/1`)."""

    format: str
    stage: StageWord
    number: int
    title: SaidLine
    at: str
    alert_id: str
    reporter: str
    grade: GradeAnswer | None = Field(description="Null until casualties or loss are entered.")
    sections: list[SectionAnswer]


class FactsAnswer(Answer):
    """Everything that was entered, the newest word on each."""

    dead: int | None
    injured: int | None
    missing: int | None
    loss_cny: float | None
    cause: str
    needs: str


@router.get(
    "/alerts/{alert_id}/report", tags=["reports"], summary="A report as the record stands now"
)
async def preview(
    alert_id: str, program: ProgramPart, wanted: Annotated[ReportQuestion, Query()]
) -> ReportAnswer:
    """Show a report without making it: nothing is recorded."""
    report = await program.desks.reports.preview(alert_id, Stage(wanted.stage))
    return ReportAnswer.model_validate(as_json(report))


@router.get(
    "/alerts/{alert_id}/report.md",
    tags=["reports"],
    summary="The same as Markdown",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {"schema": {"type": "string"}}}}},
)
async def preview_text(
    alert_id: str, program: ProgramPart, wanted: Annotated[TextQuestion, Query()]
) -> Response:
    """Show a report for people, in Chinese or English."""
    report = await program.desks.reports.preview(alert_id, Stage(wanted.stage))
    text = markdown(report, wanted.language)
    return Response(text, media_type="text/markdown; charset=utf-8")


@router.post(
    "/alerts/{alert_id}/report", tags=["reports"], summary="Make a report", responses=_REFUSED
)
async def make(alert_id: str, word: ReportWord, program: ProgramPart) -> ReportAnswer:
    """Record that a report was made, by whom, with what they entered; and give it."""
    report = await program.desks.reports.make(alert_id, Stage(word.stage), word.actor, word.facts())
    return ReportAnswer.model_validate(as_json(report))


@router.post("/alerts/{alert_id}/facts", tags=["reports"], summary="Enter what only people know")
async def enter(alert_id: str, word: FactsWord, program: ProgramPart) -> FactsAnswer:
    """Record casualties, loss, cause and needs; the newest word on each counts."""
    facts = await program.desks.reports.enter(alert_id, word.actor, word.facts())
    return FactsAnswer(
        dead=facts.dead,
        injured=facts.injured,
        missing=facts.missing,
        loss_cny=facts.loss_cny,
        cause=facts.cause,
        needs=facts.needs,
    )

"""Endpoints of drills: begin one with real people, see what it measured, end it."""

import asyncio
from pathlib import Path

from fastapi import APIRouter
from pydantic import Field

from alerting.drill import DrillPlan
from alerting.errors import UnknownAlert
from alerting.model import Alert, Mark
from groundwatch.drill_files import load_drills
from groundwatch.drill_report import DrillReport, report_of
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import Problem, field_problem, not_found
from groundwatch.http.words import Actor, Answer, Asked, Instant, Note
from groundwatch.program import Program
from sensors.document import Fault

router = APIRouter()
_REFUSED: dict[int | str, dict[str, object]] = {
    409: {"model": Problem, "description": "It is not allowed now; `detail` says why."}
}


class DrillWord(Asked):
    """Which drill, and who begins it; real people are told."""

    scenario: str = Field(min_length=1, max_length=80, description="The name of its file.")
    actor: Actor
    note: Note = ""


class EndWord(Asked):
    """Who ends a drill before its time."""

    actor: Actor
    note: Note = ""


class PlanAnswer(Answer):
    """A drill that can be begun."""

    name: str
    title: str
    sensor: str
    hazard: str
    lasts_s: float


class ReachedAnswer(Answer):
    """One notice of a drill."""

    recipient: str
    channel: str
    reason: str
    state: str
    after_s: float
    receipt_s: float | None
    why: str


class PhaseAnswer(Answer):
    """When a phase of the response was reached."""

    phase: str
    after_s: float
    actor: str


class OrderAnswer(Answer):
    """One order of a drill."""

    what: str
    accepted_s: float | None
    on_scene_s: float | None


class DrillAnswer(Answer):
    """A drill and what it measured so far, in seconds from its beginning."""

    alert_id: str
    exercise: bool = True
    scenario: str
    actor: str
    began_at: Instant
    ended_at: Instant | None
    severity: str
    first_receipt_s: float | None
    last_receipt_s: float | None
    acknowledged_s: float | None
    acknowledged_by: str
    phases: list[PhaseAnswer]
    notices: list[ReachedAnswer]
    orders: list[OrderAnswer]
    text: str

    @classmethod
    def of(cls, report: DrillReport) -> "DrillAnswer":
        """Make it of a report."""
        alert = report.alert
        return cls(
            alert_id=alert.id,
            scenario=report.name,
            actor=report.actor,
            began_at=alert.detected_at,
            ended_at=report.ended_at,
            severity=alert.severity.word,
            first_receipt_s=report.first_receipt_s,
            last_receipt_s=report.last_receipt_s,
            acknowledged_s=report.acknowledged_s,
            acknowledged_by=report.acknowledged_by,
            phases=[
                PhaseAnswer(phase=phase, after_s=after_s, actor=actor)
                for phase, after_s, actor in report.phases
            ],
            notices=[
                ReachedAnswer(
                    recipient=told.recipient,
                    channel=told.channel,
                    reason=told.reason,
                    state=told.state.value,
                    after_s=told.after_s,
                    receipt_s=told.receipt_s,
                    why=told.why,
                )
                for told in report.notices
            ],
            orders=[
                OrderAnswer(
                    what=order.what, accepted_s=order.accepted_s, on_scene_s=order.on_scene_s
                )
                for order in report.orders
            ],
            text=report.text,
        )


class DrillList(Answer):
    """What can be drilled, and what is under way."""

    plans: list[PlanAnswer]
    under_way: list[DrillAnswer]


@router.get("/drills", tags=["drills"], summary="Drills that can be begun, and those under way")
async def drills(program: ProgramPart) -> DrillList:
    """List the drills of the district's files as they are now, and those under way."""
    plans, _ = await _read(program)
    under_way = await program.journal.exercises()
    return DrillList(
        plans=[
            PlanAnswer(
                name=plan.name,
                title=plan.title,
                sensor=str(plan.sensor),
                hazard=plan.hazard,
                lasts_s=plan.lasts.total_seconds(),
            )
            for plan in plans.values()
        ],
        under_way=[DrillAnswer.of(await report_of(program, alert)) for alert in under_way],
    )


@router.post(
    "/drills", tags=["drills"], summary="Begin a drill with real people", responses=_REFUSED
)
async def begin(word: DrillWord, program: ProgramPart) -> DrillAnswer:
    """Raise a simulated alert, marked as an exercise everywhere, and tell real people."""
    plans, faults = await _read(program)
    plan = plans.get(word.scenario)
    if plan is None:
        own = [str(fault) for fault in faults if Path(fault.file).stem == word.scenario]
        if own:
            raise field_problem("body.scenario", "; ".join(own))
        raise not_found("drill", word.scenario, list(plans))
    alert = await program.engine.drills.start(plan, word.actor, word.note)
    return DrillAnswer.of(await report_of(program, alert))


@router.get("/drills/{drill_id}", tags=["drills"], summary="What a drill measured")
async def one_drill(drill_id: str, program: ProgramPart) -> DrillAnswer:
    """Give receipts, answers and phases of a drill, also of one that is long over."""
    return DrillAnswer.of(await report_of(program, await _drill(program, drill_id)))


@router.post(
    "/drills/{drill_id}/end", tags=["drills"], summary="End a drill now", responses=_REFUSED
)
async def end(drill_id: str, word: EndWord, program: ProgramPart) -> DrillAnswer:
    """End it: people are told that the exercise is over, its orders are recalled."""
    await _drill(program, drill_id)
    alert = await program.engine.drills.end(drill_id, word.actor, word.note)
    return DrillAnswer.of(await report_of(program, alert))


async def _read(program: Program) -> tuple[dict[str, DrillPlan], list[Fault]]:
    """Read the files of drills now: one may have been written since the program began."""
    district = program.district
    return await asyncio.to_thread(
        load_drills, program.settings.sites, district.registry, district.response.drills
    )


async def _drill(program: Program, drill_id: str) -> Alert:
    alert = await program.journal.alert(drill_id)
    if alert is None or alert.mark is not Mark.EXERCISE:
        raise UnknownAlert(drill_id)
    return alert

"""Official messages of CAP: taken in, listed, given back as they came."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from alerting.cap.heard import MAX_BYTES, CapRefused
from alerting.cap.values import MEDIA_TYPE
from alerting.warning import Name, OfficialRecord
from groundwatch.http.named_site import check_site
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import FieldFault, Problem, ProblemError
from groundwatch.http.words import Answer, Asked, Instant, SeverityWord, severity_word
from groundwatch.program import Program

router = APIRouter()

_TYPES = (MEDIA_TYPE, "application/xml", "text/xml")


class OfficialFilter(Asked):
    """Which messages."""

    site: str | None = Field(default=None, description="Only those that are for this site.")
    in_force: bool = Field(default=False, description="Only those that warn of something now.")


class NameQuestion(Asked):
    """Which message."""

    sender: str = Field(max_length=300)
    identifier: str = Field(max_length=300)


class OverAnswer(Answer):
    """A site that a warning is for."""

    site: str
    severity: SeverityWord
    why: str = Field(description="How it was found out that it is for the site.")


class OfficialAnswer(Answer):
    """An official message, and what it is to us."""

    sender: str
    identifier: str
    sender_name: str
    sent_at: Instant
    received_at: Instant
    how: str = Field(description="By which way it came.")
    status: str
    kind: str = Field(description="Alert, Update or Cancel.")
    references: list[str] = Field(description="`sender,identifier` of what it replaces or cancels.")
    topic: str = Field(description="rain, flood, typhoon, wind, landslide, or empty.")
    severity: SeverityWord | None
    headline: str
    headline_zh: str
    begins_at: Instant
    ends_at: Instant = Field(description="When it expires, or was replaced or cancelled.")
    is_in_force: bool
    why_not: str = Field(description="Why it is not in force, for example expired; empty if it is.")
    over: list[OverAnswer]
    remarks: list[str] = Field(description="What was not as the standard wants it, or unclear.")

    @classmethod
    def of(cls, record: OfficialRecord, program: Program) -> "OfficialAnswer":
        """Make it of a record."""
        warning, desk = record.warning, program.desks.official
        why_not = desk.why_not(warning, program.clock.now())
        return cls(
            sender=warning.name.sender,
            identifier=warning.name.identifier,
            sender_name=warning.sender_name,
            sent_at=warning.sent_at,
            received_at=record.received_at,
            how=record.how,
            status=warning.status,
            kind=warning.kind,
            references=[",".join(each) for each in warning.references],
            topic=warning.topic,
            severity=None if warning.severity is None else severity_word(warning.severity),
            headline=warning.headline.en,
            headline_zh=warning.headline.zh,
            begins_at=warning.begins_at,
            ends_at=desk.board.ends_of(warning),
            is_in_force=not why_not,
            why_not=why_not,
            over=[
                OverAnswer(site=each.site, severity=severity_word(each.severity), why=each.why)
                for each in warning.over
            ],
            remarks=list(record.remarks),
        )


class TakenAnswer(OfficialAnswer):
    """A message that was sent in."""

    is_new: bool = Field(description="False when it was known already and changed nothing.")


class FeedAnswer(Answer):
    """How one feed stands."""

    host: str
    asked_at: Instant | None
    taken: int
    refused: int
    problem: str


class OfficialPage(Answer):
    """Official messages, newest first, and the feeds they are fetched from."""

    items: list[OfficialAnswer]
    feeds: list[FeedAnswer]


@router.get("/official", tags=["official"], summary="Official warnings, which are never our own")
async def listed(program: ProgramPart, wanted: Annotated[OfficialFilter, Query()]) -> OfficialPage:
    """Give the messages of the last 60 days."""
    check_site(program, wanted.site)
    found = await program.desks.official.listed(wanted.site, in_force_only=wanted.in_force)
    return OfficialPage(
        items=[OfficialAnswer.of(each, program) for each in found],
        feeds=[
            FeedAnswer(
                host=each.host,
                asked_at=each.asked_at,
                taken=each.taken,
                refused=each.refused,
                problem=each.problem,
            )
            for each in program.desks.feeds.states
        ],
    )


@router.post(
    "/official",
    tags=["official"],
    summary="Take an official message of CAP in",
    responses={
        413: {"model": Problem, "description": f"A message may have {MAX_BYTES} bytes."},
        415: {"model": Problem, "description": "The body is not declared as XML."},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "string"}} for kind in _TYPES},
        }
    },
)
async def take(request: Request, program: ProgramPart) -> TakenAnswer:
    """Keep a message as context; where site files say so, limits are tightened while it holds."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        detail = f"the body is declared as {kind[:60] or 'nothing'!r}; allowed: {', '.join(_TYPES)}"
        raise ProblemError(415, "wrong-media-type", detail)
    try:
        answer = await program.desks.official.take(await request.body(), "http")
    except CapRefused as error:
        faults = [FieldFault(field="body", what=each) for each in error.faults]
        raise ProblemError(422, "invalid-request", f"body: {error}", faults=faults) from error
    said = OfficialAnswer.of(answer.record, program)
    return TakenAnswer(**dict(said), is_new=answer.is_new)


@router.get(
    "/official/message",
    tags=["official"],
    summary="An official message as it came",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def one(program: ProgramPart, wanted: Annotated[NameQuestion, Query()]) -> Response:
    """Give the bytes of a message, as they were taken in."""
    record = await program.journal.official(Name(wanted.sender, wanted.identifier))
    if record is None:
        detail = f"there is no message {wanted.identifier!r} of {wanted.sender!r}"
        raise ProblemError(404, "unknown-message", detail)
    return Response(record.body, media_type=MEDIA_TYPE)

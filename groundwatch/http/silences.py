"""Endpoints of silences: what people do not want to hear of for a while."""

from datetime import timedelta
from typing import Self

from fastapi import APIRouter
from pydantic import Field, model_validator

from alerting.model import AlertKind, Severity
from alerting.mute import Matcher, Silence
from alerting.silencing import silence_id
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import Problem, field_problem, near_words
from groundwatch.http.words import (
    Actor,
    Answer,
    Asked,
    Instant,
    KindWord,
    Minutes,
    Note,
    SeverityWord,
)
from groundwatch.program import Program

router = APIRouter()
_REFUSED: dict[int | str, dict[str, object]] = {
    409: {"model": Problem, "description": "It is not allowed; `detail` says why and what is."}
}


class SilenceWord(Asked):
    """Which alerts are silenced, for how long, by whom and why; an empty list takes any."""

    actor: Actor
    comment: Note = Field(min_length=1, description="Why; it is kept.")
    sites: list[str] = Field(default=[], max_length=100)
    devices: list[str] = Field(default=[], max_length=100, description="As `site/device`.")
    hazards: list[str] = Field(default=[], max_length=50)
    kinds: list[KindWord] = Field(default=[], max_length=5)
    at_most: SeverityWord = Field(default="severe", description="The worst severity silenced.")
    allow_extreme: bool = Field(
        default=False, description="Extreme alerts too; for 4 h at most, and told as a problem."
    )
    minutes: Minutes | None = Field(default=None, description="From now on.")
    until: Instant | None = Field(default=None, description="Instead of `minutes`.")

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        """Ask for exactly one of `minutes` and `until`."""
        if (self.minutes is None) == (self.until is None):
            raise ValueError("give either minutes or until")
        return self

    def silence(self, now: Instant) -> Silence:
        """Make the silence."""
        matcher = Matcher(
            sites=frozenset(self.sites),
            devices=frozenset(self.devices),
            hazards=frozenset(self.hazards),
            kinds=frozenset(AlertKind(kind) for kind in self.kinds),
            at_most=Severity.EXTREME if self.allow_extreme else Severity.of(self.at_most),
        )
        return Silence(
            id=silence_id(self.actor, matcher.words, now),
            matcher=matcher,
            since=now,
            until=self.until or now + timedelta(minutes=self.minutes or 0.0),
            author=self.actor,
            comment=self.comment,
            allows_extreme=self.allow_extreme,
        )


class EndWord(Asked):
    """Who ends a silence before its time."""

    actor: Actor


class SilenceAnswer(Answer):
    """One silence."""

    id: str
    sites: list[str]
    devices: list[str]
    hazards: list[str]
    kinds: list[str]
    at_most: str
    allow_extreme: bool
    since: Instant
    until: Instant
    author: str
    comment: str
    ended_at: Instant | None
    ended_by: str

    @classmethod
    def of(cls, silence: Silence) -> "SilenceAnswer":
        """Make it of a silence."""
        matcher = silence.matcher
        return cls(
            id=silence.id,
            sites=sorted(matcher.sites),
            devices=sorted(matcher.devices),
            hazards=sorted(matcher.hazards),
            kinds=sorted(kind.value for kind in matcher.kinds),
            at_most=matcher.at_most.word,
            allow_extreme=silence.allows_extreme,
            since=silence.since,
            until=silence.until,
            author=silence.author,
            comment=silence.comment,
            ended_at=silence.ended_at,
            ended_by=silence.ended_by,
        )


class SilenceList(Answer):
    """The silences that hold now, oldest first."""

    items: list[SilenceAnswer]


@router.get("/silences", tags=["silences"], summary="What is silenced now, by whom and why")
async def silences(program: ProgramPart) -> SilenceList:
    """List the silences that hold now."""
    return SilenceList(items=[SilenceAnswer.of(each) for each in program.engine.silencing.known])


@router.post(
    "/silences", tags=["silences"], summary="Silence alerts for a while", responses=_REFUSED
)
async def silence(word: SilenceWord, program: ProgramPart) -> SilenceAnswer:
    """Send no notices about certain alerts until then; they are recorded and told afterwards."""
    _refuse_unknown(word, program)
    wanted = word.silence(program.clock.now())
    return SilenceAnswer.of(await program.engine.silencing.add(wanted))


@router.post(
    "/silences/{silence_id}/end",
    tags=["silences"],
    summary="End a silence before its time",
    responses=_REFUSED,
)
async def end(silence_id: str, word: EndWord, program: ProgramPart) -> SilenceAnswer:
    """End it; what it held is told at once."""
    return SilenceAnswer.of(await program.engine.silencing.end(silence_id, word.actor))


def _refuse_unknown(word: SilenceWord, program: Program) -> None:
    """Refuse a site or device that does not exist: such a silence would silence nothing."""
    registry = program.district.registry
    for n, site in enumerate(word.sites):
        if site not in registry.sites:
            near = near_words(site, registry.sites)
            raise field_problem(f"body.sites.{n}", "there is no such site", near=near)
    for n, name in enumerate(word.devices):
        site, _, device = name.partition("/")
        if registry.device(site, device) is None:
            known = [f"{each.site}/{each.id}" for each in registry.devices()]
            near = near_words(name, known)
            raise field_problem(
                f"body.devices.{n}", "there is no such device (site/device)", near=near
            )

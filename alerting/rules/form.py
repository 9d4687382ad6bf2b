"""The form of a rule pack and of an overlay, as models of their files.

A pack (`alerting/packs/*.yaml`) belongs to a kind of device. Every limit in it carries its value,
unit and window (of its measure), side (of its rule), baseline, source, clause and confidence.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from alerting.basis import Clause, Confidence, From, Source
from alerting.measures.kind import MeasureSpec, Number
from alerting.terms import Stage, WhenSpec
from sensors.design import DESIGN, OWN_PREFIX, WORDS
from sensors.document import Duration, FileModel, Refused, did_you_mean, listed

FROM = "from"

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Word = Literal["minor", "moderate", "severe", "extreme"]
Kind = Literal["crane", "hoist", "pit", "formwork", "rain", "water_level", "platform", "camera"]
Person = Annotated[str, Field(min_length=2, max_length=100, description="a person's name")]
Reason = Annotated[str, Field(min_length=5, max_length=300, description="why, in a sentence")]


class Side(StrEnum):
    """Which way a value is dangerous."""

    ABOVE = "above"
    BELOW = "below"
    EITHER = "either"


def _split(value: Any) -> Any:
    """Part the limits of one way from its `from:`."""
    if not isinstance(value, dict):
        return value
    limits = {key: number for key, number in value.items() if key != FROM}
    return {"limits": limits, FROM: value.get(FROM)}


class WaySpec(FileModel):
    """One way to reach a level: every one of its measures reaches its limit.

    Its `from:` is needed only where it comes from elsewhere than the rest of its level.
    """

    limits: Annotated[dict[str, Number], Field(min_length=1, max_length=6)]
    origin: Annotated[From | None, Field(alias=FROM)] = None

    @property
    def names(self) -> frozenset[str]:
        """Give the measures it needs; two ways of one level never need the same."""
        return frozenset(self.limits)


Way = Annotated[WaySpec, BeforeValidator(_split)]


class LevelSpec(FileModel):
    """When one severity is reached: any of several ways, and where their numbers come from."""

    any: Annotated[list[Way], Field(min_length=1, max_length=24)]
    source: Source
    clause: Clause = ""
    confidence: Confidence = "D"
    valid_from: date | None = None
    valid_until: date | None = None
    remark: Clause = ""
    when: WhenSpec | None = None

    def origin_of(self, way: WaySpec) -> From:
        """Give where one way's numbers come from: its own word, else the level's."""
        if way.origin is not None:
            return way.origin
        return From(
            source=self.source,
            clause=self.clause,
            confidence=self.confidence,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            remark=self.remark,
        )


class RaiseSpec(FileModel):
    """How many readings, or how long, before a level is believed.

    One reading is enough `at_once` times beyond the limit; for a percentage that is 100 %, whatever
    rung of its ladder a level stands on.
    """

    n: Annotated[int, Field(ge=1, le=50)] = 1
    of: Annotated[int, Field(ge=1, le=50)] = 1
    dwell: Duration | None = None
    at_once: Annotated[float, Field(gt=1.0)] | None = None


class ClearSpec(FileModel):
    """How far below the limit, for how long and over how many readings, before a level ends."""

    margin: Annotated[float, Field(ge=0.0)] = 0.0
    ratio: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    hold: Duration
    readings: Annotated[int, Field(ge=1, le=1000)] = 1
    sign_off: bool = False


class RuleSpec(FileModel):
    """One rule of a pack.

    `only_where` are words of the site file that it is meant for, `only_with` design values of which
    the site must give one; elsewhere the rule is not used. `when` says in which stages of the life
    cycle it is judged, `coupled` that rain and the like tighten its limits.
    """

    id: Id
    hazard: str
    quantities: Annotated[list[str], Field(min_length=1)]
    title: str
    title_zh: str
    side: Side = Side.ABOVE
    only_where: dict[str, list[str]] = Field(default_factory=dict)
    only_with: list[str] = Field(default_factory=list)
    measures: Annotated[dict[str, MeasureSpec], Field(min_length=1, max_length=6)]
    levels: Annotated[dict[Word, LevelSpec], Field(min_length=1)]
    raise_when: RaiseSpec = RaiseSpec()
    clear_when: ClearSpec
    flat_after: Duration | None = None
    when: WhenSpec | None = None
    coupled: bool = True
    remark: str = ""

    @model_validator(mode="after")
    def _check_words(self) -> Self:
        for name, words in self.only_where.items():
            if name not in WORDS:
                raise Refused(f"the site file knows no '{name[:64]}'", allowed=listed(WORDS))
            for word in words:
                if word not in WORDS[name].words:
                    what = f"'{word[:64]}' is no word of {name}"
                    raise Refused(what, allowed=listed(WORDS[name].words))
        for name in self.only_with:
            if name not in DESIGN and not name.startswith(OWN_PREFIX):
                hint = did_you_mean(name, DESIGN)
                raise Refused(f"there is no design value '{name[:64]}'", fix=hint)
        return self


class PatienceSpec(FileModel):
    """How long silence is tolerated in some stages; in `removed` formwork nobody need speak."""

    stage: Annotated[list[Stage], Field(min_length=1, max_length=20)]
    stale: Duration
    offline: Duration


class WorkingSpec(FileModel):
    """How long silence is tolerated while `state` is above a value: the machine works then."""

    state: str
    above: float = 0.0
    stale: Duration
    offline: Duration


class FrequencySpec(FileModel):
    """How often sensors are to be read, by a table; silence counts after so many intervals."""

    table: Id
    only_where: Annotated[dict[str, list[str]], Field(min_length=1)]
    overdue_after: Annotated[float, Field(ge=1.0, le=10.0)]
    gone_after: Annotated[float, Field(ge=1.0, le=20.0)]


class PackSpec(FileModel):
    """One rule pack file."""

    pack: Id
    version: str
    kind: Kind
    lateness: Duration
    stale: Duration
    offline: Duration
    while_working: WorkingSpec | None = None
    patience: list[PatienceSpec] = Field(default_factory=list)
    frequency: FrequencySpec | None = None
    rules: list[RuleSpec]


class DisableSpec(FileModel):
    """A rule, or one level of it, that a person takes out of use here."""

    rule: Id
    level: Word | None = None
    reason: Reason
    by: Person


class OverlaySpec(FileModel):
    """A local rule: what a district changes in a pack, adds to it and takes out of use.

    Its source speaks for every limit it changes. `change` holds, by rule id, any of a rule's
    fields; they are checked together with the pack they change.
    """

    overlay: Id
    version: str
    source: Source
    clause: Clause = ""
    confidence: Confidence = "D"
    valid_from: date | None = None
    valid_until: date | None = None
    lateness: Duration | None = None
    stale: Duration | None = None
    offline: Duration | None = None
    change: dict[Id, dict[str, Any]] = Field(default_factory=dict)
    disable: list[DisableSpec] = Field(default_factory=list)
    rules: list[Any] = Field(default_factory=list)

"""Small types shared by requests and answers: severities as words, people's names, cursors."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
)

from alerting.model import AlertKind, AlertState, Provenance, Severity
from groundwatch.http.problems import field_problem
from sensors.fault import Refused
from sensors.model import Position

SeverityWord = Literal["minor", "moderate", "severe", "extreme"]
ColourWord = Literal["blue", "yellow", "orange", "red"]
KindWord = Literal["limit", "blind", "anomaly", "doubtful", "system"]
StateWord = Literal["firing", "resolved", "withdrawn"]
Instant = AwareDatetime

_MAX_NOTE = 2000
_MAX_ACTOR = 80
_MAX_CURSOR = 1000


def _one_line(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else text


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a character that cannot be printed")
    return text


def within_days(days: int) -> AfterValidator:
    """Give the check of a span in minutes, whose bound is said in days, too."""
    most = days * 24 * 60

    def check(minutes: float) -> float:
        if not 0 < minutes <= most:
            what = f"{minutes:.10g} minutes are out of range"
            raise Refused(what, allowed=f"more than 0 and at most {most} ({days} days)")
        return minutes

    return AfterValidator(check)


def minutes_schema(days: int) -> dict[str, JsonValue]:
    """Give what the document of the interface says of such a span."""
    return {"exclusiveMinimum": 0.0, "maximum": days * 24 * 60.0}


Minutes = Annotated[float, Field(json_schema_extra=minutes_schema(7)), within_days(7)]
Actor = Annotated[
    str,
    BeforeValidator(_one_line),
    Field(min_length=1, max_length=_MAX_ACTOR, description="Who does it: a name people know."),
    AfterValidator(_printable),
]
Note = Annotated[
    str,
    BeforeValidator(_one_line),
    Field(max_length=_MAX_NOTE, description="A remark for the record; line breaks become spaces."),
    AfterValidator(_printable),
]


class Answer(BaseModel):
    """Base of every answer; keys are only ever added within /api/v1."""

    model_config = ConfigDict(frozen=True)


class Asked(BaseModel):
    """Base of query parameters and bodies: an unknown name is an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(Answer):
    """A place in WGS 84 degrees."""

    lat: float
    lon: float

    @classmethod
    def of(cls, position: Position) -> "Place":
        """Make it of a position."""
        return cls(lat=position.lat, lon=position.lon)


class Source(Answer):
    """Where a limit comes from, and how sure we are of it."""

    source: str = Field(description="A standard, a design sheet, or what else was decided.")
    clause: str
    confidence: str = Field(description="As in docs: C, H, V, D or S with a number.")

    @classmethod
    def of(cls, provenance: Provenance) -> "Source":
        """Make it of a provenance."""
        return cls(
            source=provenance.source, clause=provenance.clause, confidence=provenance.confidence
        )


def severity_word(severity: Severity | None) -> Any:
    """Give the word of a severity, None for none."""
    return None if severity is None else severity.word


def colour_word(severity: Severity) -> Any:
    """Give the colour people see."""
    return severity.colour


def severities_of(words: Sequence[SeverityWord]) -> list[Severity]:
    """Give the severities of words."""
    return [Severity.of(word) for word in words]


def kinds_of(words: Sequence[KindWord]) -> list[AlertKind]:
    """Give the kinds of words."""
    return [AlertKind(word) for word in words]


def states_of(words: Sequence[StateWord]) -> list[AlertState]:
    """Give the states of words."""
    return [AlertState(word) for word in words]


def cursor_of(values: Sequence[Any]) -> str:
    """Write where a page ended as an opaque word for the next request."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def values_of(cursor: str, types: Sequence[type[Any]]) -> list[Any]:
    """Read a cursor back; its values must be of `types`.

    Raises:
        ProblemError: it is not one that this program gave.
    """
    try:
        if len(cursor) > _MAX_CURSOR:
            raise ValueError("too long")
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return [_value(value, wanted) for value, wanted in zip(values, types, strict=True)]
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        what = "not a cursor this program gave; use `next` of the page before"
        raise field_problem("query.cursor", what) from error


def _value(value: Any, wanted: type[Any]) -> Any:
    if wanted is datetime:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError("naive instant")
        return at
    if wanted is Severity:
        return Severity(value)
    found = wanted(value)
    if found != value:
        raise ValueError(f"{value!r} is not {wanted.__name__}")
    return found

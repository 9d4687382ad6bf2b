"""What a limit stands on: which layer gave it, in which file and line, and from which document.

There are three layers, and the later one wins field by field: the standard (the packs that come
with the program), the local rule (overlays beside the site files), the project (design values and
own limits of a site file, from a design sheet).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from math import inf
from typing import Annotated

from pydantic import Field, StringConstraints

from alerting.model import Provenance
from sensors.document import FileModel

# From the least to the most certain: to be verified, a default of this program, from memory,
# computed, read in a source. A project's own signed document counts as the last.
_CERTAINTY = "VDHCS"

Source = Annotated[str, StringConstraints(min_length=3, max_length=300)]
Clause = Annotated[str, StringConstraints(max_length=200)]
Confidence = Annotated[str, Field(pattern=r"^(S\d*|[CHVD])$")]


class Layer(IntEnum):
    """Who gave a number; the higher wins."""

    STANDARD = 0
    LOCAL = 1
    PROJECT = 2

    @property
    def word(self) -> str:
        """Give the word people read."""
        return self.name.lower()


class From(FileModel):
    """The `from:` of a limit or a measure: where its number comes from and when it holds."""

    source: Source
    clause: Clause = ""
    confidence: Confidence = "D"
    valid_from: date | None = None
    valid_until: date | None = None
    remark: Clause = ""

    @property
    def provenance(self) -> Provenance:
        """Give it as alerts carry it."""
        return Provenance(source=self.source, clause=self.clause, confidence=self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What one effective number stands on; `place` is `file:line`."""

    provenance: Provenance
    layer: Layer
    place: str
    remark: str = ""

    @property
    def named(self) -> str:
        """Give source and clause in one."""
        return f"{self.provenance.source} {self.provenance.clause}".strip()

    @property
    def is_unverified(self) -> bool:
        """Say whether the number is from memory and must be checked against the printed text."""
        return self.provenance.confidence == "V"


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when (exclusive) a limit holds, in seconds since 1970, event time."""

    from_s: float = -inf
    until_s: float = inf

    def holds_at(self, time_s: float) -> bool:
        """Say whether a reading taken then is judged by the limit."""
        return self.from_s <= time_s < self.until_s


ALWAYS = Period()


def period(valid_from: date | None, valid_until: date | None) -> Period:
    """Give the period of two days in UTC, both of them included."""
    if valid_from is None and valid_until is None:
        return ALWAYS
    return Period(
        -inf if valid_from is None else _midnight_s(valid_from),
        inf if valid_until is None else _midnight_s(valid_until + timedelta(days=1)),
    )


def less_certain(one: str, other: str) -> str:
    """Give the less certain of two confidence tags.

    >>> less_certain("S6", "V"), less_certain("H", "S7")
    ('V', 'H')
    """
    return min(one, other, key=lambda tag: _CERTAINTY.index(tag[0]))


def _midnight_s(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()

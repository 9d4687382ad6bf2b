"""Adapter to GB/T 35965 (应急信息交互协议): its identifiers, and its colours as CAP's severities.

GB/T 35965 has blocks like those of CAP and is not CAP: nothing this program writes as CAP is called
GB/T 35965. What is known of it here are the identifiers of 31 characters (from value rules of a
province) and that its severities are colours; neither is from the printed standard itself
(confidence C and V), so both stay in this one file. A message of ours carries the identifier under
which a system of GB/T 35965 would know it, as a parameter, where an issuing unit is configured.

    44011100100000_20260601140322_0
    area   6  agency 3  unit 3  00  _  instant of China  _  sequence 0-9
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerting.cap.form import ZONE
from alerting.cap.values import Pair

LENGTH = 31
SEQUENCES = 10
MAX_LOOK_AHEAD_S = 3600

_SHAPE = re.compile(r"(\d{6})([0-9A-Za-z]{3})([0-9A-Za-z]{3})([0-9A-Za-z]{2})_(\d{14})_(\d)")
_COLOURS = {
    "red": "Extreme", "红": "Extreme", "红色": "Extreme",
    "orange": "Severe", "橙": "Severe", "橙色": "Severe",
    "yellow": "Moderate", "黄": "Moderate", "黄色": "Moderate",
    "blue": "Minor", "蓝": "Minor", "蓝色": "Minor",
}  # fmt: skip
_COLOUR_OF = {"Extreme": "Red", "Severe": "Orange", "Moderate": "Yellow", "Minor": "Blue"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """Who sends: area by GB/T 2260, agency, its unit."""

    area: str
    agency: str
    unit: str = "000"
    tail: str = "00"

    def __post_init__(self) -> None:
        """Refuse what would give no identifier."""
        if not _SHAPE.fullmatch(f"{self.code}_20260101000000_0"):
            raise ValueError(
                f"{self.code!r} is no sender; allowed: area of 6 digits, agency and unit of 3"
                " letters or digits, tail of 2"
            )

    @property
    def code(self) -> str:
        """Give the 14 characters of the sender."""
        return f"{self.area}{self.agency}{self.unit}{self.tail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An identifier taken apart."""

    agency: Agency
    at: datetime
    sequence: int

    def __str__(self) -> str:
        """Give the 31 characters."""
        return f"{self.agency.code}_{self.at.astimezone(ZONE):%Y%m%d%H%M%S}_{self.sequence}"


def identifier_of(text: str) -> Identifier | None:
    """Take an identifier apart; None where it has not the shape."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    area, agency, unit, tail, instant, sequence = found.groups()
    try:
        at = datetime.strptime(instant, "%Y%m%d%H%M%S").replace(tzinfo=ZONE)
    except ValueError:
        return None
    sender = Agency(area=area, agency=agency, unit=unit, tail=tail)
    return Identifier(agency=sender, at=at, sequence=int(sequence))


def next_identifier(agency: Agency, at: datetime, taken: Collection[str]) -> Identifier:
    """Give the first identifier from an instant on that is not taken.

    A second has ten; when they are used up the next second's are taken.

    Raises:
        ValueError: every one of a whole hour is taken.
    """
    for second in range(MAX_LOOK_AHEAD_S):
        moment = at.replace(microsecond=0) + timedelta(seconds=second)
        for sequence in range(SEQUENCES):
            candidate = Identifier(agency=agency, at=moment, sequence=sequence)
            if str(candidate) not in taken:
                return candidate
    raise ValueError(f"all identifiers of the {MAX_LOOK_AHEAD_S} s from {at} on are taken")


def span_of(agency: Agency, at: datetime) -> tuple[str, str]:
    """Give the first and the last identifier `next_identifier` may choose, in the order of text."""
    first = at.replace(microsecond=0)
    last = first + timedelta(seconds=MAX_LOOK_AHEAD_S - 1)
    return (
        str(Identifier(agency=agency, at=first, sequence=0)),
        str(Identifier(agency=agency, at=last, sequence=SEQUENCES - 1)),
    )


def parameters_of(identifier: str, severity: str) -> tuple[Pair, ...]:
    """Give what a message says for systems of GB/T 35965: identifier, issuing unit, colour."""
    colour = colour_word(severity)
    pairs = [
        Pair("gbt35965:identifier", identifier),
        Pair("gbt35965:sender", identifier.partition("_")[0]),
    ]
    return (*pairs, Pair("gbt35965:severity", colour)) if colour else tuple(pairs)


def cap_severity(word: str) -> str | None:
    """Give CAP's word for a colour as the national platform writes it; None for any other word."""
    return _COLOURS.get(word.strip().lower())


def colour_word(severity: str) -> str | None:
    """Give the platform's colour for a severity of CAP; None for Unknown."""
    return _COLOUR_OF.get(severity)

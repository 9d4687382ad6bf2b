"""What messages say of each hazard: category, response, urgency, reach, and what people should do.

Comes from `hazards.yaml` beside this file, or from one of the operator's own.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from alerting.model import Severity
from sensors.document import FileModel, check_model, load_yaml

BUILT_IN = Path(__file__).with_name("hazards.yaml")
OTHER = "other"

Category = Literal[
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra",
    "CBRNE", "Other",
]  # fmt: skip
Response = Literal[
    "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None",
]  # fmt: skip
Urgency = Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
Certainty = Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]
Word = Literal["minor", "moderate", "severe", "extreme"]
Outline = Literal["", "district", "street", "village"]
Text = Annotated[str, Field(min_length=1, max_length=300)]


class HazardsRefused(ValueError):
    """A table of hazards cannot be used; the text names file and line."""


class ColourSpec(FileModel):
    """How urgent and how certain a severity is."""

    urgency: Urgency
    certainty: Certainty


class FamilySpec(FileModel):
    """What several hazards have in common."""

    categories: Annotated[list[Category], Field(min_length=1, max_length=12)]
    responses: dict[Word, Response]
    radius_km: Annotated[float, Field(gt=0.0, le=100.0)]
    outline: Outline = ""
    do: Text
    do_zh: Text


class HazardSpec(FileModel):
    """One hazard by name."""

    family: str
    event: Text
    event_zh: Text


class HazardsFile(FileModel):
    """The whole table."""

    colours: dict[Word, ColourSpec]
    families: Annotated[dict[str, FamilySpec], Field(max_length=100)]
    hazards: Annotated[dict[str, HazardSpec], Field(max_length=1000)]


class Said(NamedTuple):
    """What is said of one hazard at one severity."""

    categories: tuple[str, ...]
    response: str
    urgency: str
    certainty: str
    event: str
    event_zh: str
    do: str
    do_zh: str
    radius_km: float
    outline: str = ""


class Hazards:
    """The table, ready to be asked."""

    def __init__(self, file: HazardsFile) -> None:
        """Take a table; ValueError where it is not whole."""
        words = {severity.word for severity in Severity}
        if words - file.colours.keys():
            raise ValueError("`colours` must name minor, moderate, severe and extreme")
        if OTHER not in file.families:
            raise ValueError("`families` must name `other`, for a hazard that is not in the table")
        for name, family in file.families.items():
            if words - family.responses.keys():
                raise ValueError(f"`families.{name}.responses` must name every severity")
        for name, hazard in file.hazards.items():
            if hazard.family not in file.families:
                raise ValueError(f"`hazards.{name}`: there is no family {hazard.family!r}")
        self._file = file

    @property
    def names(self) -> frozenset[str]:
        """Give the hazards that are in the table."""
        return frozenset(self._file.hazards)

    def of(self, hazard: str, severity: Severity) -> Said:
        """Say what is said of a hazard; one that is not in the table is called by its name."""
        words = hazard.replace("_", " ") or "unknown"
        known = self._file.hazards.get(hazard)
        spec = known or HazardSpec(family=OTHER, event=words[:300], event_zh=words[:300])
        family, colour = self._file.families[spec.family], self._file.colours[_word(severity)]
        return Said(
            categories=tuple(family.categories),
            response=family.responses[_word(severity)],
            urgency=colour.urgency,
            certainty=colour.certainty,
            event=spec.event,
            event_zh=spec.event_zh,
            do=family.do,
            do_zh=family.do_zh,
            radius_km=family.radius_km,
            outline=family.outline,
        )


def load_hazards(path: Path) -> Hazards:
    """Read a table.

    Raises:
        HazardsRefused: what is wrong, with file and line.
    """
    shown_as = path.name if path == BUILT_IN else ""
    file, faults = check_model(load_yaml(path, shown_as=shown_as), HazardsFile)
    if file is None:
        raise HazardsRefused("\n".join(map(str, faults)))
    try:
        return Hazards(file)
    except ValueError as error:
        raise HazardsRefused(f"{path}: {error}") from error


@cache
def built_in() -> Hazards:
    """Give the table that comes with the program."""
    return load_hazards(BUILT_IN)


def _word(severity: Severity) -> Word:
    words: tuple[Word, ...] = ("minor", "moderate", "severe", "extreme")
    return words[severity - 1]

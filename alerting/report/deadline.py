"""Until when an incident must have been reported to whom; a table and plain questions about it."""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field

from sensors.document import Duration, FileModel, check_model, load_yaml

BUILT_IN = Path(__file__).with_name("deadlines.yaml")
Text = Annotated[str, Field(min_length=1, max_length=200)]


class RowSpec(FileModel):
    """One line: who to whom, within which time; `worst_rank` where it is for bad grades only."""

    who: Text
    who_zh: Text
    within: Annotated[Duration, Field(ge=timedelta(0), le=timedelta(days=366))]
    confidence: Annotated[str, Field(pattern=r"^(S\d+|[CHVD])$")]
    worst_rank: Annotated[int, Field(ge=1, le=4)] | None = None


class ReportDeadlines(FileModel):
    """The whole table, and where it comes from."""

    source: Text
    rows: Annotated[list[RowSpec], Field(min_length=1, max_length=100)]


class Due(NamedTuple):
    """Until when one report is due, and whether that is past."""

    row: RowSpec
    at: datetime
    is_past: bool


def due_reports(
    table: ReportDeadlines, since: datetime, rank: int | None, now: datetime
) -> list[Due]:
    """List what is due; a line for bad grades only is left out where the grade is known better."""
    return [
        Due(row, since + row.within, now > since + row.within)
        for row in table.rows
        if row.worst_rank is None or rank is None or rank <= row.worst_rank
    ]


@cache
def built_in() -> ReportDeadlines:
    """Give the table that comes with the program."""
    table, faults = check_model(load_yaml(BUILT_IN, shown_as=BUILT_IN.name), ReportDeadlines)
    if table is None:
        raise ValueError("\n".join(map(str, faults)))
    return table

"""Tables of a standard as data: rows by item, support type, grade, …; every cell with its source.

A table lives in `alerting/packs/tables/*.yaml` (or beside a district's own packs). Packs refer to a
cell by item and column; which row it is depends on the words and numbers of the site file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from alerting.basis import Clause, Confidence, Layer, Source
from sensors.design import DESIGN, WORDS
from sensors.document import Document, Fault, FileModel, Refused, check_model, listed, load_yaml

TABLE_FOLDER = Path(__file__).parent / "packs" / "tables"

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Cell = float | tuple[float, float]


class Column(FileModel):
    """What a column holds; `strict` is the end of a range that warns earlier."""

    unit: Annotated[str, Field(min_length=1)]
    what: str
    strict: Literal["low", "high"] = "low"


class Row(FileModel):
    """One row: the item, for which words and numbers of the site file it holds, its cells."""

    item: Name
    where: dict[str, str | float | list[str]] = Field(default_factory=dict)
    cells: Annotated[dict[str, Cell], Field(min_length=1)]
    confidence: Confidence
    but: dict[str, Confidence] = Field(default_factory=dict)
    remark: Clause = ""

    @model_validator(mode="after")
    def _check_words(self) -> Self:
        for name, wanted in self.where.items():
            if name in DESIGN:
                continue
            if name not in WORDS:
                raise Refused(f"the site file knows no '{name[:64]}'", allowed=listed(WORDS))
            for word in wanted if isinstance(wanted, list) else [wanted]:
                if word not in WORDS[name].words:
                    what = f"'{word}' is no word of {name}"
                    raise Refused(what, allowed=listed(WORDS[name].words))
        for column in self.but:
            if column not in self.cells:
                raise Refused(f"`but` speaks of {column}, which the row does not have")
        return self

    def confidence_of(self, column: str) -> str:
        """Give how sure one cell of the row is."""
        return self.but.get(column, self.confidence)


class TableSpec(FileModel):
    """One file of a table."""

    table: Name
    source: Source
    clause: Clause
    title: str
    valid_from: date | None = None
    baseline: str
    columns: Annotated[dict[Name, Column], Field(min_length=1)]
    notes: dict[str, str] = Field(default_factory=dict)
    rows: Annotated[list[Row], Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _check_cells(self) -> Self:
        for number, row in enumerate(self.rows):
            for column, cell in row.cells.items():
                if column not in self.columns:
                    what = f"row {number + 1} has a cell '{column[:64]}', the table no such column"
                    raise Refused(what, allowed=listed(self.columns))
                if isinstance(cell, tuple) and cell[0] > cell[1]:
                    raise Refused(f"row {number + 1}: the range of {column} is upside down")
        return self


@dataclass(frozen=True, slots=True)
class Table:
    """A loaded table; `lines` gives the line of each row."""

    spec: TableSpec
    file: str
    lines: tuple[int, ...]
    layer: Layer

    def place(self, row: int) -> str:
        """Give `file:line` of a row."""
        return f"{self.file}:{self.lines[row]}"

    def items(self) -> set[str]:
        """List the items there are rows of."""
        return {row.item for row in self.spec.rows}

    def find(self, item: str, design: Mapping[str, float], words: Mapping[str, str]) -> int | str:
        """Give the index of the row that holds for a site, or the sentence that says why none."""
        found = self.rows_of(item, design, words)
        return found if isinstance(found, str) else found[0]

    def rows_of(
        self, item: str, design: Mapping[str, float], words: Mapping[str, str]
    ) -> list[int] | str:
        """Give the indexes of all rows that hold for a site, or the sentence that says why none."""
        rows = [(index, row) for index, row in enumerate(self.spec.rows) if row.item == item]
        if not rows:
            return f"{self.spec.clause} has no row for {item}"
        asked = list(dict.fromkeys(name for _, row in rows for name in row.where))
        given: Mapping[str, str | float] = {**words, **design}
        missing = [name for name in asked if name not in given]
        found = [
            index
            for index, row in rows
            if all(_fits(given.get(name), wanted) for name, wanted in row.where.items())
        ]
        if found:
            return found
        if missing:
            return f"the site file gives no {' and no '.join(missing)}"
        said = ", ".join(f"{name} {given[name]}" for name in asked)
        return f"{self.spec.source} {self.spec.clause} has no row for {item} with {said}"


Tables = Mapping[str, Table]


def load_tables(folder: Path, layer: Layer) -> tuple[dict[str, Table], list[Fault]]:
    """Load every table of a folder by name; faults name file and line."""
    tables: dict[str, Table] = {}
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.yaml")):
        document = load_yaml(path)
        spec, spec_faults = check_model(document, TableSpec)
        faults += spec_faults
        if spec is None:
            continue
        if spec.table in tables:
            what = f"table {spec.table} exists already, in {tables[spec.table].file}"
            faults.append(document.fault(("table",), what, fix="give it a name of its own"))
            continue
        tables[spec.table] = Table(spec, str(path), tuple(_lines(document, spec)), layer)
    return tables, faults


def _lines(document: Document, spec: TableSpec) -> Iterable[int]:
    return (document.line(("rows", number)) for number in range(len(spec.rows)))


def _fits(given: str | float | None, wanted: str | float | list[str]) -> bool:
    return given in wanted if isinstance(wanted, list) else given == wanted

"""The numbers a rule pack may write: plain, a design value, a table's cell, the least of several.

`worked_out` gives the number for one sensor with what it stands on, or the sentence that says which
input is missing: a limit without its inputs is not judged, never taken for kept.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, PrivateAttr, Tag, ValidationInfo, model_validator

from alerting.basis import Basis, Layer
from alerting.model import Provenance
from alerting.tables import Table
from sensors.design import WORDS
from sensors.document import FileModel, Refused, did_you_mean, listed
from sensors.registry import Sensor

_WORD = re.compile(r"\{([a-z_]+)\}")
END = "limit_end"  # the design word by which a project chooses the other end of a range


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A number for one sensor. `basis` is None where the pack itself wrote the number.

    `at_most` is empty, or says why the true limit may be lower: reaching the number is then as
    bad as it says, and staying below it proves nothing.
    """

    value: float
    basis: Basis | None = None
    at_most: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a number cannot be had; `is_void` where the table leaves the cell empty on purpose."""

    reason: str
    is_void: bool = False


class DesignValue(FileModel):
    """A value of the site file, else what `default` gives.

    `times`, `plus` and `minus` change the site file's value and a plain default alike; `unit` says
    what the number is in where they change the unit of the design value.
    """

    design: str
    default: "Number | None" = None
    times: float = 1.0
    plus: float = 0.0
    minus: "Number" = 0.0
    unit: str | None = None


class TableValue(FileModel):
    """A cell of a table, times a factor, times a design value where it is a share of one.

    `{stem}` in the item stands for the sensor's quantity without its unit; a design word in braces
    in the table's name for that word of the site file. A range is taken at its
    stricter end unless `end` or the site file's `limit_end` says otherwise.
    """

    table: str
    item: str
    column: str
    end: Literal["strict", "lenient"] | None = None
    share_of: DesignValue | None = None
    times: float = 1.0
    unit: str | None = None
    _tables: dict[str, Table] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _find_tables(self, info: ValidationInfo) -> Self:
        known = (info.context or {}).get("tables", {})
        for word, name in self._names():
            table = known.get(name)
            if table is None:
                hint = did_you_mean(name, known)
                raise Refused(f"no table '{name[:64]}'", allowed=listed(known), fix=hint)
            if self.column not in table.spec.columns:
                what = f"table {name} has no column '{self.column[:64]}'"
                raise Refused(what, allowed=listed(table.spec.columns))
            self._tables[word] = table
        return self

    @property
    def word(self) -> str:
        """Give the design word in braces that chooses the table, "" where it is fixed."""
        found = _WORD.search(self.table)
        return found[1] if found else ""

    def _names(self) -> list[tuple[str, str]]:
        if not self.word:
            return [("", self.table)]
        if self.word not in WORDS:
            what = f"the site file knows no '{self.word[:64]}'"
            raise Refused(what, allowed=listed(WORDS), fix=did_you_mean(self.word, WORDS))
        named = f"{{{self.word}}}"
        return [(word, self.table.replace(named, word)) for word in WORDS[self.word].words]

    @property
    def tables(self) -> list[Table]:
        """Give every table it may refer to."""
        return list(self._tables.values())

    def table_for(self, words: Mapping[str, str]) -> Table | str:
        """Give the table of a site, or the sentence that says which word is missing."""
        chosen = words.get(self.word) or WORDS[self.word].default if self.word else ""
        if self.word and not chosen:
            return f"the site file gives no {self.word}"
        return self._tables[chosen]

    def has_cell(self, item: str) -> bool:
        """Say whether some row of the item has the column at all."""
        return any(
            row.item == item and self.column in row.cells
            for table in self.tables
            for row in table.spec.rows
        )

    @property
    def plain(self) -> float | None:
        """Give the number where most sites have the same, at the stricter end; else None."""
        table = self.table_for({})
        if isinstance(table, str) or self.share_of is not None:
            return None
        rows = [row for row in table.spec.rows if row.item == self.item]
        if len(rows) != 1 or self.column not in rows[0].cells:
            return None
        strict = table.spec.columns[self.column].strict
        return _at_end(rows[0].cells[self.column], "strict", strict)[0] * self.times


class Least(FileModel):
    """The least of several numbers; where one of them cannot be had, only an upper bound."""

    least: Annotated[list["Number"], Field(min_length=2, max_length=4)]


def _which(value: Any) -> str:
    for key, model in (("table", TableValue), ("least", Least), ("design", DesignValue)):
        if isinstance(value, model) or (isinstance(value, dict) and key in value):
            return key
    return "design" if isinstance(value, dict) else "number"


Number = Annotated[
    Annotated[float, Tag("number")]
    | Annotated[DesignValue, Tag("design")]
    | Annotated[TableValue, Tag("table")]
    | Annotated[Least, Tag("least")],
    Discriminator(_which),
]

for _model in (DesignValue, TableValue, Least):
    _model.model_rebuild()


def stem(quantity: str) -> str:
    """Give a quantity without its unit.

    >>> stem("wall_top_h_mm"), stem("wall_force_kn_m")
    ('wall_top_h', 'wall_force')
    """
    return (
        quantity.removesuffix("_kn_m")
        if quantity.endswith("_kn_m")
        else quantity.rpartition("_")[0]
    )


def resolve(number: Number, sensor: Sensor) -> float | str:
    """Give the number, or the sentence that says which design value is missing."""
    found = worked_out(number, sensor)
    return found.reason if isinstance(found, Missing) else found.value


def worked_out(number: Number, sensor: Sensor) -> Resolved | Missing:
    """Give the number for one sensor and what it stands on, or why it cannot be had."""
    if isinstance(number, DesignValue):
        return _design(number, sensor)
    if isinstance(number, TableValue):
        return _cell(number, sensor)
    if isinstance(number, Least):
        return _least(number, sensor)
    return Resolved(value=float(number))


def parts(number: Number) -> Iterator[Number]:
    """Yield a number and every number inside it."""
    yield number
    if isinstance(number, DesignValue):
        yield from parts(number.minus)
        if number.default is not None:
            yield from parts(number.default)
    elif isinstance(number, TableValue) and number.share_of is not None:
        yield from parts(number.share_of)
    elif isinstance(number, Least):
        for inner in number.least:
            yield from parts(inner)


def design_basis(sensor: Sensor, name: str) -> Basis:
    """Give what a design value of a site file stands on; unverified where no sheet is named."""
    given = sensor.design_from.get(name)
    if given is None:
        return Basis(provenance=_UNNAMED, layer=Layer.PROJECT, place="")
    if given.sheet is None:
        return Basis(provenance=_UNNAMED, layer=Layer.PROJECT, place=str(given.place))
    source = Provenance(source=given.sheet.document, clause=given.sheet.clause, confidence="S")
    return Basis(provenance=source, layer=Layer.PROJECT, place=str(given.place))


_UNNAMED = Provenance(source="site file, no design sheet named", confidence="V")


def _design(number: DesignValue, sensor: Sensor) -> Resolved | Missing:
    name = number.design.replace("{stem}", stem(sensor.key.quantity))
    own = sensor.design.get(name)
    found: Resolved | Missing
    if own is not None:
        found = Resolved(value=own, basis=design_basis(sensor, name))
    elif number.default is None:
        return Missing(f"the site file gives no {name}")
    elif not isinstance(number.default, float):
        return worked_out(number.default, sensor)
    else:
        found = Resolved(value=number.default)
    less = worked_out(number.minus, sensor)
    if isinstance(less, Missing):
        return less
    return replace(found, value=found.value * number.times + number.plus - less.value)


def _cell(number: TableValue, sensor: Sensor) -> Resolved | Missing:
    table = number.table_for(sensor.words)
    if isinstance(table, str):
        return Missing(table)
    item = number.item.replace("{stem}", stem(sensor.key.quantity))
    if item not in table.items():
        return Missing(f"{table.spec.source} have no {item}", is_void=True)
    place = table.find(item, sensor.design, sensor.words)
    if isinstance(place, str):
        return Missing(place)
    row = table.spec.rows[place]
    cell = row.cells.get(number.column)
    if cell is None:
        return Missing(f"{table.spec.clause} has no {number.column} for {item}", is_void=True)
    end = number.end or sensor.words.get(END, "strict")
    value, said = _at_end(cell, end, table.spec.columns[number.column].strict)
    unit = table.spec.columns[number.column].unit
    clause = f"{table.spec.clause}, {item.replace('_', ' ')}, {said} {unit}"
    confidence = row.confidence_of(number.column)
    whole = 1.0
    if number.share_of is not None:
        share = worked_out(number.share_of, sensor)
        if isinstance(share, Missing):
            return share
        whole = share.value
        clause += f" of {number.share_of.design} {whole:g}"
    source = Provenance(source=table.spec.source, clause=clause, confidence=confidence)
    basis = Basis(provenance=source, layer=table.layer, place=table.place(place), remark=row.remark)
    return Resolved(value=round(value * number.times * whole, 9), basis=basis)


def _at_end(cell: float | tuple[float, float], end: str, strict: str) -> tuple[float, str]:
    if not isinstance(cell, tuple):
        return cell, f"{cell:g}"
    is_low = (end == "strict") == (strict == "low")
    word = "lower" if is_low else "upper"
    return cell[0 if is_low else 1], f"{word} end of {cell[0]:g} to {cell[1]:g}"


def _least(number: Least, sensor: Sensor) -> Resolved | Missing:
    answers = [worked_out(inner, sensor) for inner in number.least]
    found = [answer for answer in answers if isinstance(answer, Resolved)]
    missing = [answer for answer in answers if isinstance(answer, Missing) and not answer.is_void]
    if not found:
        return missing[0] if missing else Missing("its table has no such cells", is_void=True)
    least = min(found, key=lambda answer: answer.value)
    if not missing:
        return least
    why = f"{missing[0].reason}, so it is an upper bound of the limit"
    return replace(least, at_most=why)

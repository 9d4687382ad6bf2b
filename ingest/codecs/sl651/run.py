"""Runs of values: in reports of uniform intervals the headers stand once and the values repeat.

    26 19  001200 001205 001210 …                 one element, each value one time step later
    26 19 39 23  001200 00004500 001205 00004502 …  several, value by value

Nothing says how many values there are. The run ends with the body, or where what follows reads as
elements with their usual definitions to the end of the body. Where neither comes out even, only the
first value of each element is certain.
"""

from typing import NamedTuple

from ingest.codecs.sl651 import bcd, elements
from ingest.codecs.sl651.element import reads_on

Row = list[float | None]
Heads = list[tuple[int, int]]


class Run(NamedTuple):
    """What was read: a row of numbers per instant, one number per name."""

    names: list[str]
    rows: list[Row]
    end: int
    why_cut: str | None


def read(data: bytes, at: int) -> Run | str:
    """Read headers and values from `at` on, or say why they cannot be read."""
    heads, begins = _heads(data, at)
    if not elements.size_of(heads[0][1]):
        return f"its definition {heads[0][1]:02X} announces no bytes"
    one = _rows(heads[:1], data, begins[0])
    if len(heads) == 1:
        return one
    several = _rows(heads, data, begins[-1])
    if one.why_cut and several.why_cut:
        return "its values do not come out even"
    if not one.why_cut and not several.why_cut:
        return f"it can be read as {len(heads)} elements and as values of one alike"
    return several if one.why_cut else one


def _rows(heads: Heads, data: bytes, at: int) -> Run:
    names = [elements.code_name(code) for code, _ in heads]
    width = sum(elements.size_of(defined) for _, defined in heads)
    rows: list[Row] = []
    while at < len(data) and not (rows and reads_on(data, at)):
        row = _row(heads, data[at : at + width])
        if row is None:
            why = (
                f"after {len(rows)} values it does not come out even, so that only the first holds"
            )
            return Run(names, rows[:1], len(data), why)
        rows.append(row)
        at += width
    return Run(names, rows, at, None if rows else "there is no value behind it")


def _heads(data: bytes, at: int) -> tuple[Heads, list[int]]:
    """Read the headers, the first as it is, further ones where they are the usual ones.

    With them come the places behind each.
    """
    heads = [(data[at], data[at + 1] if at + 1 < len(data) else 0)]
    ends = [at + 2]
    while ends[-1] + 1 < len(data):
        code, defined = data[ends[-1]], data[ends[-1] + 1]
        known = elements.ELEMENTS.get(code)
        if known is None or defined != known.definition or any(code == had for had, _ in heads):
            break
        heads.append((code, defined))
        ends.append(ends[-1] + 2)
    return heads, ends


def _row(heads: Heads, held: bytes) -> Row | None:
    row: Row = []
    at = 0
    for _, defined in heads:
        size = elements.size_of(defined)
        part = held[at : at + size]
        number = bcd.number(part, elements.decimals_of(defined))
        if len(part) < size or (number is None and not bcd.is_missing(part)):
            return None
        row.append(number)
        at += size
    return row

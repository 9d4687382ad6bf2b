"""Measured rivers as series of (seconds, metres), each with the stage that counts as its warning.

A published warning stage is used where there is one. Elsewhere a stand-in is made from the record
itself: half-way from its median to its peak, for records that rise by more than a metre.
"""

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

Series = list[tuple[float, float]]
_LEAST_RISE_M = 1.0


class River(NamedTuple):
    """One station's record; `every_s` is how often it reports."""

    group: str
    name: str
    every_s: float
    series: Series
    warning_m: float


def rivers(data: Path) -> list[River]:
    """Read every river of the folder that is there, in a fixed order."""
    return [*_han(data), *_wangsuk(data), *_british(data), *_gloria(data)]


def _rows(path: Path) -> Iterator[list[str]]:
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
            yield from csv.reader(file)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _at(text: str, form: str) -> float | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _column(path: Path, name: str, form: str, scale: float) -> Series:
    rows = _rows(path)
    header = next(rows, [])
    if name not in header:
        return []
    place = header.index(name)
    found = [(_at(row[0], form), _number(row[place])) for row in rows if len(row) > place]
    return [(at, value * scale) for at, value in found if at is not None and value is not None]


def _han(data: Path) -> list[River]:
    series = _column(data / "han_river_10min.csv.gz", "wl_1018680", "%Y-%m-%d %H:%M", 0.01)
    series = [(at, stage) for at, stage in series if stage > -5.0]  # a sentinel, by its README
    return [River("Han, Seoul", "bridge 1018680", 600.0, series, 6.2)] if series else []


def _wangsuk(data: Path) -> list[River]:
    series = _column(data / "wangsuk_hourly.csv.gz", "wl_1018630", "%Y-%m-%d %H:%M:%S", 1.0)
    return [River("Wangsuk", "1018630", 3600.0, series, 2.0)] if series else []


def _british(data: Path) -> list[River]:
    names = {
        "uk_aire_stage": "Aire",
        "uk_avon_warwick_15_min_stage_nov_2012": "Avon, Warwick, November",
        "uk_avon_2091_warwick_sg_dec_2012": "Avon, Warwick, December",
        "uk_avon_stratford_15_min_stage_nov_2012": "Avon, Stratford, November",
        "uk_avon_2093_stratford_sg_dec_2012": "Avon, Stratford, December",
    }
    found: list[River] = []
    for file, name in names.items():
        rows = [row for row in _rows(data / f"{file}.csv.gz") if len(row) > 1]
        pairs = [(_british_time(row[0]), _number(row[1])) for row in rows]
        series = [(at, stage) for at, stage in pairs if at is not None and stage is not None]
        found += _with_stand_in("Aire and Avon", name, 900.0, series)
    return found


def _british_time(text: str) -> float | None:
    return _at(text, "%d/%m/%Y %H:%M:%S") or _at(text, "%d/%m/%Y %H:%M")


def _gloria(data: Path) -> list[River]:
    stations: dict[str, Series] = {}
    for row in _rows(data / "fr_2020_01_gloria.csv.gz"):
        at, value = _at(row[0], "%Y-%m-%dT%H:%M:%SZ"), _number(row[5]) if len(row) > 5 else None
        if at is not None and value is not None:
            stations.setdefault(row[1], []).append((at, value / 1000.0))
    found: list[River] = []
    for name, series in sorted(stations.items()):
        found += _with_stand_in("Gloria, 2020", name, 900.0, series)
    return found


def _with_stand_in(group: str, name: str, every_s: float, series: Series) -> list[River]:
    stages = [stage for _, stage in series]
    if not stages or max(stages) - median(stages) <= _LEAST_RISE_M:
        return []
    warning_m = round((median(stages) + max(stages)) / 2.0, 2)
    return [River(group, name, every_s, sorted(set(series)), warning_m)]

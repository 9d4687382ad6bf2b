"""Measured series with labelled faults, read from a folder of public data that is not shipped.

Every function gives series in base units with the instants that somebody else called bad. How the
labels were read is said in `how`, because it decides what the figures mean.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from statistics import median

from sensors.model import Qc
from sensors.qc.checks import Checks, Spike
from sensors.qc.table import checks_for

SHORT_RUN = 8  # longer stretches were edited for drift or datum, which no test of a stream can see
_EDITED_CM = 1.0
_TEN = (8.0, 12.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One sensor's readings, oldest first, and the instants labelled bad."""

    name: str
    kind: str
    quantity: str
    every_s: float
    readings: list[tuple[float, float]]
    bad: frozenset[float]
    how: str
    checks: Checks | None = None
    design: dict[str, float] = field(default_factory=dict)

    @property
    def tests(self) -> Checks:
        """Give the tests of the table, or those a site file would give here."""
        return self.checks or checks_for(self.kind, self.quantity)


def every_series(data: Path) -> Iterator[Series]:
    """Give all series that are there."""
    yield from _logan(data)
    yield from _sandy(data)
    yield from _cracks(data)
    yield from _han(data)
    yield from _calm(data)


def _rows(path: Path, skip: int = 0) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for _ in range(skip):
            stream.readline()
        return list(csv.DictReader(stream))


def _at(text: str, form: str) -> float:
    return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()


def _logan(data: Path) -> Iterator[Series]:
    """Give the raw stage; bad is what the technician changed otherwise than all around it.

    The corrected series lies a constant or drifting amount beside the raw one for weeks, so a
    change counts against the median change of the day before and after.
    """
    for name in ("blacksmithfork2015", "franklinbasin2014"):
        rows = _rows(data / f"lro_{name}_stage.csv.gz")
        known = [
            (_at(row["datetime"][:19], "%Y-%m-%d %H:%M:%S"), float(row["stage"]), row["stage_cor"])
            for row in rows
            if row["stage"] and float(row["stage"]) > -9000
        ]
        changes = [value - float(cor) if cor else nan for _, value, cor in known]
        edits = []
        for place, (at_s, value, _) in enumerate(known):
            around = [c for c in changes[max(0, place - 96) : place + 97] if c == c]
            usual = median(around) if around else nan
            edits.append((at_s, value / 100, abs(changes[place] - usual) > _EDITED_CM))
        short = _short_runs(edits)
        readings = [(at_s, value) for at_s, value, _ in edits]
        how = f"changed by over {_EDITED_CM:g} cm more than the day around, runs up to {SHORT_RUN}"
        yield _stage(f"Logan River {name}", 900.0, readings, short, how)


def _short_runs(known: Iterable[tuple[float, float, bool]]) -> set[float]:
    short: set[float] = set()
    run: list[float] = []
    for at_s, _, is_edited in [*known, (0.0, 0.0, False)]:
        if is_edited:
            run.append(at_s)
            continue
        short.update(run if len(run) <= SHORT_RUN else ())
        run = []
    return short


def _stage(
    name: str,
    every_s: float,
    readings: list[tuple[float, float]],
    bad: Iterable[float],
    how: str,
) -> Series:
    return Series(
        name=name,
        kind="water_level",
        quantity="stage_m",
        every_s=every_s,
        readings=readings,
        bad=frozenset(bad),
        how=how,
    )


def _sandy(data: Path) -> Iterator[Series]:
    rows = _rows(data / "oddwater_sandy.csv.gz")
    readings, bad = [], set()
    for row in rows:
        at_s = _at(row["Timestamp"], "%d/%m/%Y %H:%M")
        if row["Level"] not in ("", "NA"):
            readings.append((at_s, float(row["Level"])))
            if row["label_Level"] == "1":
                bad.add(at_s)
    yield _stage("Sandy Creek level", 5400.0, readings, bad, "label_Level is 1")


def _cracks(data: Path) -> Iterator[Series]:
    """Give each crack with 8 readings or more; a typing error is one value off by about ten."""
    by_crack: dict[tuple[str, str], dict[float, float]] = {}
    for row in _rows(data / "dynaslope_cracks.csv.gz"):
        try:
            value = float(row["measure_cm"])
        except ValueError:
            continue
        key = (row["site"], row["feature"])
        by_crack.setdefault(key, {})[_at(row["time_pht"][:16], "%Y-%m-%d %H:%M")] = value
    for (site, feature), known in sorted(by_crack.items()):
        readings = sorted(known.items())
        if len(readings) < 8:
            continue
        bad = {
            at_s
            for (_, before), (at_s, value), (_, after) in zip(
                readings, readings[1:], readings[2:], strict=False
            )
            if _is_ten(value, before) and _is_ten(value, after)
        }
        yield Series(
            name=f"crack {site} {feature}",
            kind="pit",
            quantity="gw_level_mm",
            every_s=7 * 86_400.0,
            readings=[(at_s, 10 * value) for at_s, value in readings],
            bad=frozenset(bad),
            how="8 to 12.5 times larger or smaller than the readings before and after; tape"
            " lengths of metres, so with the range of a level and the tests of a crack, without the"
            " flat line, which is for instruments",
            checks=replace(checks_for("pit", "crack_ground_mm"), flat=None),
        )


def _is_ten(value: float, other: float) -> bool:
    if value <= 0 or other <= 0:
        return False
    ratio = max(value / other, other / value)
    return _TEN[0] <= ratio <= _TEN[1]


def _han(data: Path) -> Iterator[Series]:
    rows = _rows(data / "han_river_10min.csv.gz")
    times = [_at(row["ymdhm"], "%Y-%m-%d %H:%M") for row in rows]
    known = {"2013-06-05 09:50", "2016-05-23 16:10", "2018-07-05 16:40"}
    bad = {at_s for at_s, row in zip(times, rows, strict=True) if row["ymdhm"] in known}
    own = Spike(step=2000.0, within=1, flag=Qc.FAIL, source="a site file's own step")
    yield Series(
        name="Han River dam inflow",
        kind="water_level",
        quantity="flow_m3s",
        every_s=600.0,
        readings=_column(times, rows, "inf", 1.0),
        bad=frozenset(bad),
        how="the two spikes and the sentinel -990 named by the data's description; a step of"
        " 2,000 m3/s as a site file would give it, the table has none for flows",
        checks=Checks(spike=own),
    )
    zero = {at_s for at_s, row in zip(times, rows, strict=True) if row["ymdhm"] in {max(known)}}
    for column, scale in (("swl", 1.0), *((f"wl_{n}", 0.01) for n in (1018662, 1018680, 1018683))):
        readings = _column(times, rows, column, scale)
        how = "the sentinel's row" if column == "swl" else "no label: counts false flags"
        bad_here = zero if column == "swl" else set[float]()
        yield _stage(f"Han River {column}", 600.0, readings, bad_here, how)


def _column(
    times: list[float], rows: list[dict[str, str]], name: str, scale: float
) -> list[tuple[float, float]]:
    return [
        (at_s, float(row[name]) * scale)
        for at_s, row in zip(times, rows, strict=True)
        if row[name] not in ("", "nan")
    ]


def _calm(data: Path) -> Iterator[Series]:
    """Give series that agencies have checked: whatever is flagged there is a false flag."""
    names = ("2091_warwick_sg_dec_2012", "2093_stratford_sg_dec_2012")
    for name in (*names, "stratford_15_min_stage_nov_2012", "warwick_15_min_stage_nov_2012"):
        with gzip.open(data / f"uk_avon_{name}.csv.gz", "rt", encoding="utf-8") as stream:
            lines = [line.split(",") for line in stream.readlines()[21:]]
        readings = [
            (_at(line[0][:16], "%d/%m/%Y %H:%M"), float(line[1]))
            for line in lines
            if len(line) > 1 and line[1]
        ]
        yield _stage(f"Avon {name}", 900.0, readings, (), "no label: checked by the agency")
    by_station: dict[str, list[tuple[float, float]]] = {}
    for row in _rows(data / "fr_2020_01_gloria.csv.gz"):
        at_s = _at(row["time_utc"], "%Y-%m-%dT%H:%M:%SZ")
        by_station.setdefault(row["station"], []).append((at_s, float(row["stage_mm"]) / 1000))
    for station, found in sorted(by_station.items()):
        yield _stage(f"France {station}", 600.0, sorted(found), (), "no label: a real flood")

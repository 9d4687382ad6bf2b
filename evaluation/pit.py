"""What the pit rules say of a slope that really moved: Outang landslide, 2016 to 2020.

    python -m evaluation.pit DATA docs/evaluation/pit.md

Two daily series of displacement are judged reading by reading by the shipped pack, as the program
would judge them live. The slope accelerated in September 2017 and in June 2020 and never failed, so
that every forecast of failure is a wrong one; it is reported how wrong. Nothing was tuned to these
data: the pack's limits are those of the standard, the site's are the ones named in the report.
"""

import csv
import gzip
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from alerting.book import Change
from alerting.history import Flag, History
from alerting.judge import Judge
from alerting.measures.failure import Forecast, Method, forecast
from alerting.model import Alert, AlertKind, AlertState, Form, Severity, TransitionKind
from alerting.rules import PACK_FOLDER, load_packs
from alerting.sentence import plain
from sensors.catalogue import KINDS
from sensors.model import Position, Report, SensorKey
from sensors.registry import ClockRule, Device, Registry, Sensor, Site, SiteKind

FILE = "outang_landslide_daily.csv.gz"
POINTS = ("ATU4", "ATU5")
RATE_MM_PER_D = 3.0
QUANTITY = "wall_top_h_mm"
_DAY = timedelta(days=1)
_PLACE = Position(0.0, 0.0)
_ROSE = (TransitionKind.RAISED, TransitionKind.UPGRADED)
_FORGET = timedelta(days=14)
ACCELERATIONS = (
    (datetime(2017, 8, 15, tzinfo=UTC), datetime(2017, 10, 15, tzinfo=UTC)),
    (datetime(2020, 5, 15, tzinfo=UTC), datetime(2020, 7, 15, tzinfo=UTC)),
)
"""Where the source says that the slope accelerated, with room around it."""


class Day(NamedTuple):
    """One row of the record."""

    at: datetime
    mm: dict[str, float]


class Rise(NamedTuple):
    """An alert that was raised or got worse."""

    at: datetime
    point: str
    rule: str
    severity: Severity
    reason: str


def days(data: Path) -> list[Day]:
    """Read the record; days without a number for a point are left out for that point."""
    with gzip.open(data / FILE, "rt", encoding="utf-8") as file:
        return [
            Day(
                datetime.fromisoformat(row["Date"]).replace(tzinfo=UTC),
                {point: float(row[f"{point}/mm"]) for point in POINTS if row[f"{point}/mm"]},
            )
            for row in csv.DictReader(file)
        ]


def slope() -> Registry:
    """Make a site with the two points and the one limit they are held against."""
    entry = KINDS["pit"].quantities[QUANTITY]
    sensors = tuple(
        Sensor(
            key=SensorKey("outang", "GNSS", point, QUANTITY),
            kind="pit",
            unit=entry.unit,
            sent_unit=entry.unit,
            scale=1.0,
            offset=0.0,
            low=entry.low,
            high=entry.high,
            suspect_low=entry.low,
            suspect_high=entry.high,
            every=_DAY,
            position=_PLACE,
            design={"wall_top_h_rate_mm_per_d": RATE_MM_PER_D, "noise_mm": 0.3},
        )
        for point in POINTS
    )
    device = Device(
        site="outang",
        id="GNSS",
        kind="pit",
        name="GNSS",
        position=_PLACE,
        every=_DAY,
        sensors=sensors,
    )
    site = Site(
        id="outang",
        name="Outang",
        zh="",
        position=_PLACE,
        kind=SiteKind.OTHER,
        address="",
        district="",
        street="",
        village="",
        clock=ClockRule(),
        devices=(device,),
    )
    return Registry([site])


def judged(record: Sequence[Day]) -> list[Rise]:
    """Judge the record day by day; a person signs off what has become calm on the same day.

    A forecast never becomes calm; it is signed off two weeks after it was last raised.
    """
    packs, faults = load_packs(PACK_FOLDER)
    if faults:
        raise ValueError(str(faults[0]))
    judge = Judge(registry=slope(), packs=packs, detector_for=lambda _: None)
    standing: dict[str, tuple[Alert, datetime]] = {}
    found: list[Rise] = []
    for seq, day in enumerate(record, 1):
        now = day.at + timedelta(minutes=5)
        changes: list[Change] = []
        for point, value in day.mm.items():
            values = {QUANTITY: value}
            report = Report("outang", "GNSS", "pit", point, day.at, now, values, {})
            changes += judge.take([report], seq * 2 + POINTS.index(point), now)
        found += _rises(changes, standing)
        for alert, rose_at in list(standing.values()):
            if alert.awaiting_sign_off or (
                day.at - rose_at > _FORGET and "forecast" in alert.rule_id
            ):
                judge.sign_off(alert, now, seq * 2 + 1, plain(Form.SIGNED_OFF, "calm"))
                standing.pop(alert.id)
    return found


def _rises(
    changes: Iterable[Change], standing: dict[str, tuple[Alert, datetime]]
) -> Iterator[Rise]:
    for change in changes:
        alert, step = change.alert, change.transition
        if alert.kind is not AlertKind.LIMIT:
            continue
        rose_at = standing.get(alert.id, (alert, step.taken_at))[1]
        is_rise = step.kind in _ROSE and not step.final
        if is_rise:
            rose_at = step.taken_at
            point, rule = alert.sensor.point, alert.rule_id
            yield Rise(step.taken_at, point, rule, step.severity, alert.reason)
        if alert.state is AlertState.FIRING:
            standing[alert.id] = (alert, rose_at)
        else:
            standing.pop(alert.id, None)


def forecasts(record: Sequence[Day], point: str) -> list[tuple[datetime, Forecast]]:
    """Give the forecast as of every day on which there is one."""
    method = Method(step_s=86400.0, window_s=30 * 86400.0, noise=0.3)
    history, found = History(), list[tuple[datetime, Forecast]]()
    for day in record:
        if point in day.mm:
            history.insert(day.at.timestamp(), day.mm[point], int(Flag.CAN_CLEAR))
            answer = forecast(history, len(history) - 1, method)
            if isinstance(answer, Forecast):
                found.append((day.at, answer))
    return found


def is_expected(at: datetime) -> bool:
    """Say whether an instant lies in one of the known accelerations."""
    return any(first <= at <= last for first, last in ACCELERATIONS)


def report(data: Path) -> str:
    """Write the report."""
    record = days(data)
    rises = judged(record)
    lines = [
        "# Pit rules on a slope that really moved",
        "",
        "Made by `python -m evaluation.pit DATA docs/evaluation/pit.md`; not edited by hand.",
        "",
        f"Outang landslide, {record[0].at:%Y-%m-%d} to {record[-1].at:%Y-%m-%d},",
        f"{len(record)} days, points {' and '.join(POINTS)}, one reading a day, as `{QUANTITY}`.",
        "The slope accelerated in September 2017 (ATU4 up to 5.3 mm/d, ATU5 up to 6.4 mm/d) and",
        "in June 2020; it did not fail.",
        "",
        f"The site file would give a rate of {RATE_MM_PER_D:g} mm/d (GB 50497-2019 table 8.0.4,",
        "upper end for stiff walls) and no cumulative limit, which for a landslide means nothing:",
        "what needs one is not judged. An alert that becomes calm is signed off on the same day, a",
        "forecast two weeks after it was last raised. Nothing was tuned to these data.",
        "",
    ]
    for first, last in ACCELERATIONS:
        lines += _acceleration(first, last, record, rises)
    outside = [rise for rise in rises if not is_expected(rise.at)]
    lines += ["## Outside the known accelerations", ""]
    lines += _table(outside) if outside else ["Nothing was raised.", ""]
    lines += [*_forecast_lines(record), *_worth(rises, outside)]
    return "\n".join(lines)


def _acceleration(
    first: datetime, last: datetime, record: Sequence[Day], rises: Sequence[Rise]
) -> list[str]:
    inside = [rise for rise in rises if first <= rise.at <= last]
    lines = [f"## {first:%Y-%m-%d} to {last:%Y-%m-%d}", ""]
    for point in POINTS:
        speeds = [
            (later.mm[point] - day.mm[point], later.at)
            for day, later in pairwise(record)
            if first <= later.at <= last and point in day.mm and point in later.mm
        ]
        peak, at = max(speeds)
        over = [when for speed, when in speeds if speed >= RATE_MM_PER_D]
        since = f"{RATE_MM_PER_D:g} mm/d from {over[0]:%Y-%m-%d}" if over else "never at the limit"
        lines.append(f"- {point}: {since}; fastest {peak:.2f} mm/d on {at:%Y-%m-%d}")
    return [*lines, "", *(_table(inside) if inside else ["Nothing was raised.", ""])]


def _table(rises: Sequence[Rise]) -> list[str]:
    cells = [
        (f"{rise.at:%Y-%m-%d}", rise.point, rise.rule, rise.severity.colour, rise.reason)
        for rise in rises
    ]
    rows = [f"| {' | '.join(row)} |" for row in cells]
    head = ["| day | point | rule | level | reason |", "|---|---|---|---|---|"]
    return [*head, *rows, ""]


def _forecast_lines(record: Sequence[Day]) -> list[str]:
    lines = ["## Forecasts of failure", "", "The slope did not fail: every one of these is wrong."]
    lines += ["", "| point | days with a forecast | first | last | least time left | widest |"]
    lines += ["|---|---|---|---|---|---|"]
    for point in POINTS:
        found = forecasts(record, point)
        if not found:
            lines.append(f"| {point} | 0 of {len(record)} | | | | |")
            continue
        left = min((each.earliest_s - at.timestamp()) / 86400.0 for at, each in found)
        wide = max((each.latest_s - each.earliest_s) / 86400.0 for _, each in found)
        lines.append(
            f"| {point} | {len(found)} of {len(record)} | {found[0][0]:%Y-%m-%d}"
            f" | {found[-1][0]:%Y-%m-%d} | {left:.1f} d | {wide:.1f} d |"
        )
    return [*lines, ""]


def _worth(rises: Sequence[Rise], outside: Sequence[Rise]) -> list[str]:
    rules = sorted({rise.rule for rise in rises})
    lines = ["## In short", ""]
    for rule in rules:
        mine = [rise for rise in rises if rise.rule == rule]
        wrong = [rise for rise in outside if rise.rule == rule]
        lines.append(
            f"- {rule}: {len(mine)} times raised or worsened, {len(wrong)} of them outside the"
            " known accelerations"
        )
    return [*lines, ""]


def main(arguments: Sequence[str]) -> int:
    """Write the report of the data folder to the file named second."""
    if len(arguments) != 2 or not (Path(arguments[0]) / FILE).exists():
        sys.stderr.write(f"usage: python -m evaluation.pit DATA REPORT; DATA holds {FILE}\n")
        return 2
    Path(arguments[1]).write_text(report(Path(arguments[0])), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

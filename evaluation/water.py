"""How early the water-level rules speak before a river's warning stage, and how often wrongly.

    python -m evaluation.water DATA docs/evaluation/water.md

Every record is judged reading by reading by the shipped pack, as the program would judge it live.
An onset is the first reading at or above the warning stage after six hours below it. An alert is a
hit when an onset follows within six hours, else false; an onset without one is missed. The lead is
from the reading that raised the colour to the onset. One that is raised while the river is above
its warning stage already is not counted.
"""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from alerting.judge import Judge
from alerting.model import Severity, TransitionKind
from alerting.rules import PACK_FOLDER, load_packs
from evaluation.river import River, Series, rivers
from sensors.catalogue import KINDS
from sensors.model import Position, Report, SensorKey
from sensors.registry import ClockRule, Device, Registry, Sensor, Site, SiteKind

_APART_S = 6 * 3600.0
_RISEN = (TransitionKind.RAISED, TransitionKind.UPGRADED)
_PLACE = Position(0.0, 0.0)


class Raised(NamedTuple):
    """A colour that a rule reached, and when."""

    at_s: float
    rule: str
    severity: int


class Score(NamedTuple):
    """How one colour of one rule did on one group of rivers."""

    n_rivers: int
    onsets: int
    hits: int
    false: int
    leads_min: tuple[float, ...]
    days: float

    @property
    def missed(self) -> int:
        """Give the onsets no alert came before."""
        return self.onsets - self.hits


def onsets(series: Series, warning_m: float) -> list[float]:
    """List when the river reached its warning stage after six hours below it."""
    found: list[float] = []
    above_s: float | None = None
    for at_s, stage in series:
        if stage >= warning_m:
            if above_s is None or at_s - above_s > _APART_S:
                found.append(at_s)
            above_s = at_s
    return found


def score(rivers_: Sequence[River], raised: Sequence[Sequence[Raised]]) -> Score:
    """Match alerts of one colour with onsets, river by river."""
    hits, false, n_onsets, days = 0, 0, 0, 0.0
    leads: list[float] = []
    for river, alerts in zip(rivers_, raised, strict=True):
        starts = onsets(river.series, river.warning_m)
        above = [at_s for at_s, stage in river.series if stage >= river.warning_m]
        early = [alert.at_s for alert in alerts if not _is_within(alert.at_s, above, starts)]
        n_onsets += len(starts)
        for start in starts:
            before = [at_s for at_s in early if 0.0 <= start - at_s <= _APART_S]
            if before:
                hits += 1
                leads.append((start - min(before)) / 60.0)
        false += sum(1 for at_s in early if not any(0.0 <= s - at_s <= _APART_S for s in starts))
        days += (river.series[-1][0] - river.series[0][0]) / 86_400.0
    return Score(len(rivers_), n_onsets, hits, false, tuple(leads), days)


def _is_within(at_s: float, above: Sequence[float], starts: Sequence[float]) -> bool:
    return at_s not in starts and any(abs(at_s - moment) < 1.0 for moment in above)


def raised(river: River, packs: Path) -> list[Raised]:
    """Judge one record reading by reading; list every colour that a rule reached."""
    loaded, faults = load_packs(packs)
    if faults:
        raise ValueError(str(faults[0]))
    judged = Judge(registry=_registry(river), packs=loaded, detector_for=lambda _: None)
    found: list[Raised] = []
    for seq, (at_s, stage) in enumerate(river.series, 1):
        at = datetime.fromtimestamp(at_s, UTC)
        report = Report("r", "d", "water_level", "", at, at, {"stage_m": stage}, {})
        for change in judged.take([report], seq, at):
            step = change.transition
            if step.kind in _RISEN and not step.final:
                found.append(Raised(at_s, change.alert.rule_id, int(step.severity)))
    return found


def _registry(river: River) -> Registry:
    entry = KINDS["water_level"].quantities["stage_m"]
    every = timedelta(seconds=river.every_s)
    sensor = Sensor(
        key=SensorKey("r", "d", "", "stage_m"),
        kind="water_level",
        unit=entry.unit,
        sent_unit=entry.unit,
        scale=1.0,
        offset=0.0,
        low=entry.low,
        high=entry.high,
        suspect_low=entry.low,
        suspect_high=entry.high,
        every=every,
        position=_PLACE,
        design={"warning_stage_m": river.warning_m, "datum": 0.0},
    )
    device = Device(
        site="r", id="d", kind="water_level", name="d", position=_PLACE, every=every,
        sensors=(sensor,),
    )  # fmt: skip
    site = Site(
        id="r", name="r", zh="", position=_PLACE, kind=SiteKind.RIVER, address="", district="",
        street="", village="", clock=ClockRule(), devices=(device,),
    )  # fmt: skip
    return Registry([site])


def variant(folder: Path, changes: Iterable[tuple[str, str]]) -> Path:
    """Write the water-level pack with some of its text changed, to see what the change does."""
    text = (PACK_FOLDER / "water_level.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        if old not in text:
            raise ValueError(f"{old!r} is not in the pack any more")
        text = text.replace(old, new)
    (folder / "water_level.yaml").write_text(text, encoding="utf-8")
    return folder


def row(label: str, result: Score) -> str:
    """Give one line of a table."""
    leads = sorted(result.leads_min)
    middle = f"{median(leads):.0f}" if leads else "–"
    tenth = f"{leads[len(leads) // 10]:.0f}" if leads else "–"
    early = f"{100 * sum(lead >= 30 for lead in leads) / len(leads):.0f} %" if leads else "–"
    per_year = result.false / result.days * 365.25 if result.days else 0.0
    return (
        f"| {label} | {result.n_rivers} | {result.onsets} | {result.hits} | {result.missed}"
        f" | {result.false} ({per_year:.1f}) | {middle} | {tenth} | {early} |"
    )


# The table is put between these lines of the report; what people wrote around it stays.
OPENS, CLOSES = "<!-- measured -->", "<!-- /measured -->"
HEAD = (
    "| | stations | onsets | warned | missed | false (a station-year) | lead, median min"
    " | lead, 10th percentile | at least 30 min |\n|---|---|---|---|---|---|---|---|---|"
)


def tables(found: Sequence[River], packs: Path) -> list[str]:
    """Give the tables of one pack, by group of rivers, rule and colour."""
    lines = [HEAD]
    every = [raised(river, packs) for river in found]
    for group in dict.fromkeys(river.group for river in found):
        places = [place for place, river in enumerate(found) if river.group == group]
        own = [found[place] for place in places]
        for rule, severities in (("stage_soon", (2, 3)), ("stage_rise", (2, 3, 4))):
            for severity in severities:
                alerts = [
                    [a for a in every[place] if a.rule == rule and a.severity >= severity]
                    for place in places
                ]
                label = f"{group}: {rule} {Severity(severity).colour}"
                lines.append(row(label, score(own, alerts)))
    return lines


def main(arguments: Sequence[str]) -> int:
    """Write the report; 2 when the data are not there."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m evaluation.water DATA REPORT.md\n")
        return 2
    data, report = Path(arguments[0]), Path(arguments[1])
    found = rivers(data)
    if not found:
        sys.stderr.write(f"{data}: no river is there; see docs/evaluation/water.md\n")
        return 2
    with TemporaryDirectory() as scratch:
        text = "\n".join(tables(found, variant(Path(scratch), [])))
    written = report.read_text(encoding="utf-8") if report.exists() else f"{OPENS}\n{CLOSES}\n"
    before, _, rest = written.partition(OPENS)
    after = rest.partition(CLOSES)[2]
    report.write_text(f"{before}{OPENS}\n\n{text}\n\n{CLOSES}{after}", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

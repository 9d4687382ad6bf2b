"""`python -m bench.quality_report`: how the quality tests do on measured faults.

Reads the public data of `GROUNDWATCH_DATA` (default `../shared/data`) and writes
`docs/evaluation/quality.md`. Series go through `alerting.watch`, the same door as live readings.
"""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from alerting.watch import Timing, Watch
from bench.quality_series import Series, every_series
from sensors.catalogue import KINDS
from sensors.model import Position, Qc, SensorKey
from sensors.plausible import believable, why_not_plausible
from sensors.registry import Sensor

_REPORT = Path(__file__).parents[1] / "docs" / "evaluation" / "quality.md"
_NOTES = Path(__file__).with_name("quality_notes.md")
_STALE_S = 900.0
_LATENESS_S = 1800.0


@dataclass(slots=True)
class Score:
    """What became of the readings of one series, or of several of one source."""

    n: int = 0
    bad: int = 0
    failed: int = 0
    suspected: int = 0
    false_failed: int = 0
    false_suspected: int = 0
    by_test: Counter[str] = field(default_factory=Counter)
    false_by_test: Counter[str] = field(default_factory=Counter)
    how: str = ""

    def add(self, other: "Score") -> None:
        """Add the figures of one more series."""
        for name in ("n", "bad", "failed", "suspected", "false_failed", "false_suspected"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.by_test += other.by_test
        self.false_by_test += other.false_by_test
        self.how = other.how


def sensor_of(series: Series) -> Sensor:
    """Make the sensor a site file would describe for this series."""
    entry = KINDS[series.kind].quantities[series.quantity]
    every = timedelta(seconds=series.every_s)
    ranges = believable(entry, series.kind, series.design, every)
    return Sensor(
        key=SensorKey("data", "D", "", series.quantity),
        kind=series.kind,
        unit=entry.unit,
        sent_unit=entry.unit,
        scale=1.0,
        offset=0.0,
        low=ranges.low,
        high=ranges.high,
        suspect_low=ranges.suspect_low,
        suspect_high=ranges.suspect_high,
        every=every,
        position=Position(0.0, 0.0),
        design=series.design,
        checks=series.tests,
    )


def flagged(series: Series) -> dict[float, tuple[int, str]]:
    """Give the flag and the test of every reading that did not pass, by instant."""
    sensor = sensor_of(series)
    timing = Timing(_LATENESS_S, max(_STALE_S, 3 * series.every_s), 1e9)
    watch = Watch(sensor=sensor, rules=(), timing=timing)
    found: dict[float, tuple[int, str]] = {}
    for at_s, value in series.readings:
        flag, _ = why_not_plausible(value, sensor)
        if flag != Qc.PASS:
            found[at_s] = (int(flag), "gross range" if flag == Qc.FAIL else "climatology")
        if flag != Qc.FAIL:
            watch.put(at_s, value, int(flag), 0.0)
            watch.settle()
            found |= {said.time_s: (said.qc, said.test) for said in watch.settle_flags()}
            watch.trim_if_long()
    if watch.screen is not None:  # the newest are not settled yet
        found |= {at_s: (said.qc, said.test) for at_s, said in watch.screen.found.items()}
    return found


def score(series: Series) -> Score:
    """Hold the flags against the labels."""
    made = Score(n=len(series.readings), bad=len(series.bad), how=series.how)
    for at_s, (flag, test) in flagged(series).items():
        is_bad, is_failed = at_s in series.bad, flag == Qc.FAIL
        (made.by_test if is_bad else made.false_by_test)[test] += 1
        made.failed += is_bad and is_failed
        made.suspected += is_bad and not is_failed
        made.false_failed += is_failed and not is_bad
        made.false_suspected += not is_failed and not is_bad
    return made


def table(scores: dict[str, Score]) -> str:
    """Give the figures as Markdown."""
    lines = [
        "| data | readings | labelled bad | failed | suspect | missed | wrongly failed"
        " | wrongly suspect | wrongly flagged |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, made in scores.items():
        missed = made.bad - made.failed - made.suspected
        wrong = (made.false_failed + made.false_suspected) / max(1, made.n - made.bad)
        lines.append(
            f"| {name} | {made.n} | {made.bad} | {made.failed} | {made.suspected} | {missed}"
            f" | {made.false_failed} | {made.false_suspected} | {wrong:.3%} |"
        )
    lines += [
        "",
        "| data | what the labels are | caught by | wrongly flagged by |",
        "|---|---|---|---|",
    ]
    for name, made in scores.items():
        lines.append(
            f"| {name} | {made.how} | {_counted(made.by_test)} | {_counted(made.false_by_test)} |"
        )
    return "\n".join(lines)


def _counted(tests: Counter[str]) -> str:
    return ", ".join(f"{test} {count}" for test, count in tests.most_common()) or "none"


def scored(every: Iterable[Series]) -> dict[str, Score]:
    """Score every series; cracks and French stations are added up."""
    scores: dict[str, Score] = {}
    for series in every:
        first = series.name.split()[0]
        name = {"crack": "dynaslope cracks", "France": "France, storm Gloria", "Avon": "Avon"}.get(
            first, series.name
        )
        scores.setdefault(name, Score()).add(score(series))
    return scores


def main() -> int:
    """Write the report; exit code 2 when the data are not there."""
    data = Path(os.environ.get("GROUNDWATCH_DATA", "../shared/data"))
    if not data.is_dir():
        print(f"{data} is not there; set GROUNDWATCH_DATA to the folder of measured data")
        return 2
    text = _NOTES.read_text(encoding="utf-8").replace("{table}", table(scored(every_series(data))))
    _REPORT.parent.mkdir(exist_ok=True)
    _REPORT.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

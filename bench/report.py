"""Figures against the marks this program sets itself, as a table and as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Mark:
    """What a figure should reach: at least or at most `bound`, later `later`."""

    figure: str
    sense: str
    bound: float
    later: float | None = None

    def is_met(self, figures: Mapping[str, float]) -> bool:
        """Say whether the figure reaches the bound."""
        value = figures[self.figure]
        return value >= self.bound if self.sense == ">=" else value <= self.bound


MARKS = (
    Mark("pipeline_ratio", ">=", 0.25, 0.5),
    Mark("alert_p99_ms", "<=", 100.0, 50.0),
    Mark("rss_mb_10k_sensors", "<=", 300.0),
    Mark("near_p99_ms_20k", "<=", 1.0),
    Mark("near_p99_ms_100k", "<=", 5.0),
    Mark("near_p99_ms_1m", "<=", 5.0),
    Mark("near_rss_mb_1m", "<=", 400.0),
)
_WORDS = {
    "pipeline_msgs_per_s": "messages stored per second, program",
    "pipeline_owned_per_s": "messages judged and acknowledged per second, program",
    "raw_msgs_per_s": "messages per second, subscriber that does nothing",
    "pipeline_ratio": "program / subscriber that does nothing",
    "cpu_us_per_msg": "µs of processor per message, program",
    "raw_cpu_us_per_msg": "µs per message, subscriber that does nothing",
    "broker_cpu_us_per_msg": "µs per message, mosquitto beside the program",
    "influx_cpu_us_per_msg": "µs per message, influxd",
    "alert_p50_ms": "alert latency at 1,000 msg/s, median, ms",
    "alert_p95_ms": "alert latency, 95 %, ms",
    "alert_p99_ms": "alert latency, 99 %, ms",
    "alert_max_ms": "alert latency, slowest, ms",
    "n_probes": "alerts timed, none lost",
    "n_messages": "messages sent to the program, all stored",
    "rss_mb_10k_sensors": "resident memory with 10,000 sensors, MB",
    "readings_per_sensor": "readings of each sensor by then",
    "near_p99_ms_20k": "card look-up, 20,000 resources, 99 %, ms",
    "near_cpu_p50_ms_20k": "the same in processor time, least of three: median, ms",
    "near_cpu_p99_ms_20k": "the same, 99 %, ms",
    "near_p99_ms_100k": "card look-up, 100,000 resources, 99 %, ms",
    "near_cpu_p50_ms_100k": "the same in processor time, least of three: median, ms",
    "near_cpu_p99_ms_100k": "the same, 99 %, ms",
    "near_p99_ms_1m": "card look-up, 1,000,000 resources, 99 %, ms",
    "near_cpu_p50_ms_1m": "the same in processor time, least of three: median, ms",
    "near_cpu_p99_ms_1m": "the same, 99 %, ms",
    "near_rss_mb_1m": "resident memory with 1,000,000 resources, MB",
    "rules_us_per_crane_msg": "µs of rules and detectors per message of 8 values",
}


def results(figures: Mapping[str, float], machine: Mapping[str, Any]) -> dict[str, Any]:
    """Put figures, marks and machine into one JSON object."""
    marks = [
        {
            "figure": mark.figure,
            "mark": f"{mark.sense} {mark.bound:g}",
            "later": None if mark.later is None else f"{mark.sense} {mark.later:g}",
            "met": mark.is_met(figures),
        }
        for mark in MARKS
    ]
    rounded = {name: float(f"{value:.4g}") for name, value in figures.items()}
    whole = {name: int(value) for name, value in figures.items() if name.startswith("n_")}
    return {**rounded, **whole, "marks": marks, "machine": dict(machine)}


def table(figures: Mapping[str, float]) -> str:
    """Lay the figures out for a terminal; those with a mark say whether it is met."""
    marks = {mark.figure: mark for mark in MARKS}
    lines = []
    for name, words in _WORDS.items():
        said = ""
        if (mark := marks.get(name)) is not None:
            verdict = "met" if mark.is_met(figures) else "MISSED"
            said = f"  {mark.sense} {mark.bound:g}: {verdict}"
        lines.append(f"{words:<52} {_shown(figures[name]):>10}{said}")
    return "\n".join(lines)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Write the results."""
    path.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

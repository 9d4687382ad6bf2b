"""The page that says how good the warnings are, written from what an evaluation found.

It carries no date, duration or machine, so that the same program writes the same page.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensors.document import listed

_COLUMNS = {
    "labels": "labels",
    "missed": "missed",
    "late": "late",
    "false_clears": "cleared too early",
    "false_alarms": "false alarms",
    "without_card": "without card",
    "quiet_site_days": "quiet site-days",
}
_MOST_NAMED = 50
_HEAD = """# The warnings on labelled scenarios

Written by `groundwatch evaluate --scenarios --faults --report docs/evaluation/scenarios.md`. What
is counted, and how, is in [simulator.md](../simulator.md); the marks are: nothing missed, nothing
cleared while its danger lasted, no alert whose first notice would lack its card, at most one false
alarm in 30 quiet site-days.
"""


def write_page(path: Path, found: Mapping[str, Any]) -> None:
    """Write the page from the JSON of an evaluation, with its `under_faults` where it has one."""
    parts = [_HEAD, _part("Plain", found)]
    disturbed = found.get("under_faults")
    if disturbed is not None:
        title = "Disturbed: 1 % lost, 5 % sent twice, up to 10 min out of order"
        parts.append(_part(title, disturbed))
    parts.append(_allowances(found))
    path.write_text("\n".join(parts), encoding="utf-8")


def _part(title: str, found: Mapping[str, Any]) -> str:
    lines = [f"## {title}", ""]
    marks = "The marks hold" if found["marks_hold"] else "The marks do not hold"
    lines += [
        f"{found['scenarios']} scenarios, {found['messages']} messages,"
        f" {found['rejects']} of them refused in whole or in part. {marks}.",
        "",
        f"| hazard | {' | '.join(_COLUMNS.values())} |",
        "|---|" + "---:|" * len(_COLUMNS),
        *(_row(name, score) for name, score in found["per_hazard"].items()),
        _row("all", found),
        "",
    ]
    faults = found["faults"]
    if faults:
        lines += ["What went wrong:", ""]
        lines += [f"- `{x['scenario']}`, {x['kind']}: {x['what']}" for x in faults[:_MOST_NAMED]]
        more = len(faults) - _MOST_NAMED
        lines += [f"- and {more} more", ""] if more > 0 else [""]
    return "\n".join(lines)


def _row(name: str, score: Mapping[str, Any]) -> str:
    cells = (f"{round(score[column], 1):.15g}" for column in _COLUMNS)
    return f"| {name} | {' | '.join(cells)} |"


def _allowances(found: Mapping[str, Any]) -> str:
    """Say what was not counted as false, and by which leave."""
    lines = [
        "## What was allowed",
        "",
        "- Alerts a scenario lists as `allowed`, because the truth lies near a limit, are neither",
        "  asked for nor false. On devices to which something happens, the same holds for saying",
        "  that they are unusual.",
        "- Labels whose time to be told was widened after first runs are listed in",
        "  [simulator.md](../simulator.md#graces-that-were-widened).",
        "- In the disturbed run a label has ten minutes more, and a device is rightly called",
        "  silent, twice an hour at most, when the newest reading of one of its sensors was older",
        "  than three of its intervals and a minute, or 5 s while it lifts",
        "  ([0009](../decisions/0009-evaluation.md)).",
    ]
    for hazard, names in sorted(found["allowed"].items()):
        lines.append(f"- `{hazard or 'anything'}` is allowed in {listed(names)}.")
    return "\n".join([*lines, ""])

"""Alerts and their transitions as lines of a table, in one language, for the command line."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from unicodedata import east_asian_width

from groundwatch.cli_words import clock_time


class Listed(StrEnum):
    """What was asked for."""

    STANDING = "standing"
    ALL = "all"
    HISTORY = "history"


_NOTHING = {
    Listed.STANDING: ("no alert stands{at}", "{at}没有未解除的警报"),
    Listed.ALL: ("no alerts{at}", "{at}没有警报"),
    Listed.HISTORY: (
        "no change is final yet{at}: late readings may still alter what happened lately",
        "{at}尚无定论的变化：迟到的读数仍可能改变最近的经过",
    ),
}


def alert_lines(rows: Sequence[Mapping[str, Any]], language: str = "en") -> list[str]:
    """Write them as columns: id, when, state, how bad, where, why."""
    cells = [
        (
            str(row.get("alert") or row.get("id")),
            clock_time(row.get("started_at") or row.get("taken_at")),
            *_words(row, language),
            str(row.get("sensor")),
        )
        for row in rows
    ]
    reason = "reason_zh" if language == "zh" else "reason"
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            (*map(_padded, those, widths), str(row.get(reason) or row.get("reason", "")))
        ).rstrip()
        for those, row in zip(cells, rows, strict=True)
    ]


def nothing_listed(what: Listed, site: str, language: str) -> str:
    """Say that there is nothing to list, and why that may be."""
    en, zh = _NOTHING[what]
    return zh.format(at=site) if language == "zh" else en.format(at=f" at {site}" if site else "")


def more_listed(n_shown: int, language: str) -> str:
    """Say that there are more than were given."""
    if language == "zh":
        return f"以上为{n_shown}条，其余见HTTP接口的下一页"
    return f"and more: the {n_shown} above are one page of the HTTP interface"


def _words(row: Mapping[str, Any], language: str) -> tuple[str, str]:
    """Give the state (or what happened) and the severity."""
    state, kind, severity = row.get("state"), row.get("kind"), str(row.get("severity"))
    if language != "zh":
        return str(state or kind).replace("_", " "), severity
    from alerting.model import AlertState, Severity, TransitionKind  # slow to load
    from groundwatch.explained_zh import STATES_ZH, STEPS_ZH
    from groundwatch.limits_zh import colour_zh

    said = STATES_ZH[AlertState(str(state))] if state else STEPS_ZH[TransitionKind(str(kind))]
    return said, colour_zh(Severity.of(severity))


def _width(text: str) -> int:
    """Give the columns a text takes on a screen: signs of Chinese take two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))

"""The life cycle of a site and of its devices: which stage holds at an instant, and since when.

Stages belong to lines (the pit's works, the formwork's pour, …) and stand in the order of the
works. A change says from when on a stage holds; it comes from the site file, from a person, or from
the device itself, and counts by its own instant, not by when it became known.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sensors.local_time import shown_minute

LINES: dict[str, tuple[str, ...]] = {
    "pit": ("planned", "excavating", "slab_cast", "backfilled"),
    "tower": ("erection", "in_use", "dismantling", "dismantled"),
    "formwork": ("mounted", "zeroed", "pouring", "curing", "removed"),
    "project": ("early", "started", "continuing", "finished"),
    "work": ("working", "stopped"),
}
"""Every line with its stages in the order of the works; a stage's word belongs to one line."""

STAGE_ZH: dict[str, str] = {
    "planned": "筹备",
    "excavating": "开挖",
    "slab_cast": "底板浇筑完成",
    "backfilled": "回填",
    "erection": "安装",
    "in_use": "使用",
    "dismantling": "拆卸",
    "dismantled": "已拆除",
    "mounted": "搭设",
    "zeroed": "置零",
    "pouring": "浇筑",
    "curing": "养护",
    "removed": "拆模",
    "early": "前期",
    "started": "开工",
    "continuing": "续建",
    "finished": "竣工",
    "working": "施工",
    "stopped": "停工",
}
"""What each stage is called in Chinese."""

UNDER_LOAD = frozenset({"pouring", "curing"})
"""The stages in which the formwork carries concrete."""

PHASES = LINES["formwork"]
"""What a formwork gateway's `phase_code` means: 0 mounted, 1 zeroed, … 4 removed."""


class Place(NamedTuple):
    """Where a stage stands: its line, and its number in the order of the works."""

    line: str
    order: int


STAGES: dict[str, Place] = {
    stage: Place(line, order)
    for line, stages in LINES.items()
    for order, stage in enumerate(stages)
}

SITE_FILE = "the site file"
DEVICE = "the device"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """From `at` on a stage holds; `by` says who says so. `depth_m` is how deep the pit is then."""

    at: datetime
    stage: str
    by: str = SITE_FILE
    note: str = ""
    depth_m: float | None = None

    def __post_init__(self) -> None:
        """Refuse a word that is no stage."""
        if self.stage not in STAGES:
            raise ValueError(f"{self.stage!r} is not a stage")

    @property
    def line(self) -> str:
        """Give the line its stage belongs to."""
        return STAGES[self.stage].line

    @property
    def order(self) -> int:
        """Give its stage's number in the order of the works."""
        return STAGES[self.stage].order

    @property
    def at_s(self) -> float:
        """Give its instant in seconds since 1970."""
        return self.at.timestamp()


class _Sorted(NamedTuple):
    """Changes of one line in order of time; of two at one instant the later known one is last."""

    times: tuple[float, ...]
    changes: tuple[StageChange, ...]

    def upto(self, time_s: float) -> tuple[StageChange, ...]:
        return self.changes[: bisect_right(self.times, time_s)]


class Life:
    """The stages of one device: its own changes, and those of its site where it has none."""

    __slots__ = ("_own", "_site")

    def __init__(self, own: Iterable[StageChange] = (), site: Iterable[StageChange] = ()) -> None:
        """Sort the changes; give those that became known later behind the earlier ones."""
        self._own, self._site = _by_line(own), _by_line(site)

    def change_at(self, line: str, time_s: float) -> StageChange | None:
        """Give the change whose stage holds at an instant, None where none is known by then."""
        changes = self._changes(line, time_s)
        return changes[-1] if changes else None

    def stages_at(self, time_s: float) -> dict[str, StageChange]:
        """Give what holds at an instant on every line of which something is known by then."""
        found = ((line, self.change_at(line, time_s)) for line in LINES)
        return {line: change for line, change in found if change is not None}

    def why_not_in(self, stages: Iterable[str], time_s: float) -> str | None:
        """Say which other stage holds, or None when one of `stages` does or none is known."""
        wanted = frozenset(stages)
        others: list[StageChange] = []
        for line in {STAGES[stage].line for stage in wanted}:
            change = self.change_at(line, time_s)
            if change is None or change.stage in wanted:
                return None
            others.append(change)
        return " and ".join(f"{each.stage} since {shown_minute(each.at)}" for each in others)

    def knows(self, stages: Iterable[str], time_s: float) -> bool:
        """Say whether a stage is known by an instant on every line these stages belong to."""
        lines = {STAGES[stage].line for stage in stages}
        return all(self.change_at(line, time_s) is not None for line in lines)

    def reached(self, stage: str, time_s: float) -> StageChange | None:
        """Give the change by which the works reached `stage` or went beyond, None before that."""
        line, order = STAGES[stage]
        found: StageChange | None = None
        for change in reversed(self._changes(line, time_s)):
            if change.order < order:
                break
            found = change
        return found

    def zero_s(self, time_s: float) -> float | None:
        """Give when the formwork was last zeroed by an instant; mounting it anew undoes that.

        A device that says so of itself under load was started anew, not mounted: that undoes
        nothing.
        """
        changes = self._changes("formwork", time_s)
        for place in reversed(range(len(changes))):
            change = changes[place]
            if change.stage == "zeroed":
                return change.at_s
            is_loaded = place > 0 and changes[place - 1].stage in UNDER_LOAD
            if change.stage == "mounted" and not (change.by == DEVICE and is_loaded):
                return None
        return None

    def zeros_s(self) -> list[float]:
        """List every instant of zeroing there is."""
        known = (self._own.get("formwork"), self._site.get("formwork"))
        changes = (change for line in known if line for change in line.changes)
        return sorted({change.at_s for change in changes if change.stage == "zeroed"})

    def terms(self) -> str:
        """Give everything this depends on, to see whether a saved state still belongs to it."""
        lines = [*self._own.items(), *self._site.items()]
        return repr([(name, line.times, [c.stage for c in line.changes]) for name, line in lines])

    def _changes(self, line: str, time_s: float) -> tuple[StageChange, ...]:
        own = self._own.get(line)
        if own is not None and (changes := own.upto(time_s)):
            return changes
        site = self._site.get(line)
        return site.upto(time_s) if site is not None else ()


def phase_changes(times: Sequence[float], codes: Sequence[float]) -> list[tuple[float, str]]:
    """Give when a device's reported phase began to be another, and which; unknown codes are none.

    >>> phase_changes([10.0, 20.0, 30.0], [1.0, 1.0, 2.0])
    [(10.0, 'zeroed'), (30.0, 'pouring')]
    """
    found: list[tuple[float, str]] = []
    for time_s, code in zip(times, codes, strict=True):
        if code != int(code) or not 0 <= code < len(PHASES):
            continue
        stage = PHASES[int(code)]
        if not found or found[-1][1] != stage:
            found.append((time_s, stage))
    return found


def _by_line(changes: Iterable[StageChange]) -> dict[str, _Sorted]:
    lines: dict[str, list[StageChange]] = {}
    for change in changes:
        lines.setdefault(change.line, []).append(change)
    return {
        line: _Sorted(tuple(change.at_s for change in ordered), tuple(ordered))
        for line, entries in lines.items()
        for ordered in [sorted(entries, key=lambda change: change.at_s)]
    }

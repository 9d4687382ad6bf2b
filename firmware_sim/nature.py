"""The numbers of nature, machines and instruments (`nature.yaml`), and a scenario's own ones.

Physics asks for a number by name, `nature("crane", "hoist_ms")`; a scenario may put another in its
place with `nature: {crane.hoist_ms: 0.6}`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("nature.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """What one instrument adds to the truth; zero is a perfect one.

    `noise` is a standard deviation, `bias` the largest constant error, `drift` its largest change
    in a day, `per_k` what warmth does to it, `digits` what is reported after the point, `floor` the
    least it can say.
    """

    noise: float = 0.0
    bias: float = 0.0
    drift: float = 0.0
    per_k: float = 0.0
    digits: int = 3
    floor: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Nature:
    """The numbers of one run: those of the file, and a scenario's own in their place."""

    own: Mapping[str, float] = field(default_factory=dict[str, float])

    def __call__(self, part: str, name: str) -> float:
        """Give one number.

        >>> Nature({"wind.length_m": 300.0})("wind", "length_m"), Nature()("wind", "length_m")
        (300.0, 340.0)
        """
        key = f"{part}.{name}"
        return self.own[key] if key in self.own else numbers()[key]


@cache
def numbers() -> dict[str, float]:
    """Give every number of the file as `part.name`."""
    return {
        f"{part}.{name}": float(entry["value"])
        for part, entries in _page().items()
        if part != "instruments"
        for name, entry in entries.items()
    }


@cache
def instrument(kind: str, quantity: str) -> Instrument:
    """Give what an instrument of one kind of device adds."""
    table = _page()["instruments"]
    entry = table.get(kind, {}).get(quantity) or table["every"].get(quantity) or {}
    return Instrument(**entry)


@cache
def _page() -> dict[str, Any]:
    page: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return page

"""How unusual is unusual, and how long memory lasts: the settings of the robust detector."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How unusual is unusual, and how long memory lasts; the same for every family.

    The defaults were chosen so that a quiet sensor surprises less than once in thirty days;
    docs/detectors.md tells on which measured series that was checked and what came out.
    `z_level` and `z_rate` are in robust standard deviations; `past_range` and `past_fastest` are in
    ranges and fastest changes of the remembered days.
    """

    memory_s: float = 7 * 86_400.0
    n_blocks: int = 14
    z_level: float = 3.5
    z_rate: float = 10.0
    past_range: float = 0.35
    past_fastest: float = 1.5
    hits: int = 2
    of: int = 3
    min_readings: int = 60
    min_span_s: float = 86_400.0
    max_gap_steps: float = 24.0
    settle_n: int = 12
    settle_s: float = 3 * 3_600.0
    patience_s: float = 86_400.0
    forget: float = 0.005

    def __post_init__(self) -> None:
        """Refuse combinations that cannot work."""
        if not 1 <= self.hits <= self.of <= 16:
            raise ValueError(f"hits={self.hits} of={self.of}: 1 <= hits <= of <= 16 is allowed")
        if self.min_readings < 2 or self.settle_n < 2 or self.n_blocks < 2:
            raise ValueError("min_readings, settle_n and n_blocks must be at least 2")


DEFAULT_BOUNDS: Final = Bounds()

"""Couplings of hazards: rain or ponding at a gauge makes another site measure and judge closer."""

from dataclasses import dataclass
from datetime import timedelta

from sensors.model import SensorKey

GAUGED = ("rain_mm", "ponding_depth_m")
"""Quantities a coupling may watch: amounts of rain are added up, a depth is taken as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupling:
    """While `gauge` says `over` or more, and for `hold` after, a site's pits are held tighter.

    For rain `over` is the sum of `window`; for ponding it is the depth itself and `window` is zero.
    Limits of the site's devices of `kinds` are multiplied by `factor`; where `every` is given they
    are told to report so often. `source` and `confidence` say where the numbers come from.
    """

    site: str
    gauge: SensorKey
    over: float
    window: timedelta
    hold: timedelta
    factor: float
    every: timedelta | None
    kinds: tuple[str, ...] = ("pit",)
    source: str = ""
    confidence: str = "D"

    @property
    def name(self) -> str:
        """Give the words that tell it from others."""
        key = self.gauge
        return f"{self.site} by {key.site}/{key.device}/{key.quantity}"

    @property
    def condition(self) -> str:
        """Say when it comes into force, for example `50 mm of rain in 24 h`."""
        if self.gauge.quantity == "rain_mm":
            return f"{self.over:g} mm of rain in {self.window.total_seconds() / 3600:g} h"
        return f"{self.over:g} m of water on the ground"

    @property
    def condition_zh(self) -> str:
        """Say the same in Chinese."""
        if self.gauge.quantity == "rain_mm":
            return f"{self.window.total_seconds() / 3600:g} h雨量达{self.over:g} mm"
        return f"积水达{self.over:g} m"

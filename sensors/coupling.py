"""Couplings of hazards: rain or ponding at a gauge makes another site measure and judge closer.

So does an official warning that is in force over the site.
"""

from dataclasses import dataclass
from datetime import timedelta

from sensors.model import SensorKey

TOPICS = {
    "rain": "暴雨",
    "flood": "洪水",
    "typhoon": "台风",
    "wind": "大风",
    "landslide": "地质灾害",
}
"""What official warnings are about, as far as a coupling may ask for it."""

_COLOURS = ("blue", "yellow", "orange", "red")
_COLOURS_ZH = "蓝黄橙红"

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


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialCoupling:
    """While an official warning of `topic` is `at_least` so severe over a site, and `hold` after.

    What is tightened is as for a `Coupling`. `at_least` is 1 to 4, blue to red.
    """

    site: str
    topic: str
    at_least: int
    hold: timedelta
    factor: float
    every: timedelta | None
    kinds: tuple[str, ...] = ("pit",)
    source: str = ""
    confidence: str = "D"

    @property
    def name(self) -> str:
        """Give the words that tell it from others."""
        return f"{self.site} by official {self.topic} from {_COLOURS[self.at_least - 1]}"

    @property
    def condition(self) -> str:
        """Say when it comes into force."""
        colour = _COLOURS[self.at_least - 1]
        worse = "" if self.at_least == len(_COLOURS) else " or worse"
        return f"an official {self.topic} warning, {colour}{worse}"

    @property
    def condition_zh(self) -> str:
        """Say the same in Chinese."""
        worse = "" if self.at_least == len(_COLOURS) else "及以上"
        return f"官方{TOPICS[self.topic]}{_COLOURS_ZH[self.at_least - 1]}色{worse}预警"

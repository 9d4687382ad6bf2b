"""A designed storm of the Chicago type (Keifer and Chu) from an intensity-duration formula.

The mean intensity of the worst `d` minutes is i = a / (d + b)^n. The storm puts the share `r` of
its length before the peak; its total over the whole length is that of the formula, exactly.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Chicago:
    """A storm: depth over its length in hours, where the peak lies, and the formula's b and n."""

    depth_mm: float
    length_s: float
    peak_share: float = 0.4
    b_min: float = 11.0
    n: float = 0.7

    def intensity_mm_per_h(self, t_s: float) -> float:
        """Give the intensity `t_s` after the storm began; 0 outside it."""
        if not 0.0 <= t_s <= self.length_s:
            return 0.0
        before_s = self.peak_share * self.length_s
        away_s = before_s - t_s if t_s < before_s else t_s - before_s
        side = self.peak_share if t_s < before_s else 1.0 - self.peak_share
        apart_min = away_s / 60.0 / side
        bent = (1.0 - self.n) * apart_min + self.b_min
        return self._a() * bent / math.pow(apart_min + self.b_min, 1.0 + self.n)

    def fallen_mm(self, t_s: float) -> float:
        """Give the depth fallen `t_s` after the beginning, in closed form."""
        before_s = self.peak_share * self.length_s
        until_peak = self._half_mm(before_s / self.peak_share) * self.peak_share
        if t_s <= 0.0:
            return 0.0
        if t_s < before_s:
            left = self._half_mm((before_s - t_s) / self.peak_share) * self.peak_share
            return until_peak - left
        after_s = min(t_s, self.length_s) - before_s
        rest = 1.0 - self.peak_share
        return until_peak + self._half_mm(after_s / rest) * rest

    def _a(self) -> float:
        """Give `a` in mm/h such that the whole storm has its depth."""
        whole_min = self.length_s / 60.0
        return self.depth_mm * 60.0 / whole_min * math.pow(whole_min + self.b_min, self.n)

    def _half_mm(self, apart_s: float) -> float:
        apart_min = apart_s / 60.0
        return self._a() * apart_min / math.pow(apart_min + self.b_min, self.n) / 60.0

"""Small statistics on sorted measurements."""

import math
from collections.abc import Sequence


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Give the smallest value that at least `percent` of the values do not exceed.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 50)
    2.0

    Raises:
        ValueError: there are no values.
    """
    if not ordered:
        raise ValueError("there are no values")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]

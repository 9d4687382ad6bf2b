"""Past days that stand out: they must not teach a model to be calm about the next such day."""

import numpy as np
from numpy.typing import NDArray

_OUTSTANDING = 9.0  # median deviations; about six standard deviations
_MOST_ASIDE = 0.1


def without_outstanding(peaks: NDArray[np.float64], least_spread: float) -> NDArray[np.float64]:
    """Leave out days that stand far out, unless they are too many to be exceptions.

    `peaks` has one number per day; spreads smaller than `least_spread` count as that.

    >>> without_outstanding(np.array([1.0, 1.1, 1.2, 0.9, 1.0, 1.1, 1.0, 1.2, 1.1, 9.0]), 0.01)
    array([1. , 1.1, 1.2, 0.9, 1. , 1.1, 1. , 1.2, 1.1])
    """
    if not len(peaks):
        return peaks
    centre = float(np.median(peaks))
    spread = max(float(np.median(np.abs(peaks - centre))), least_spread)
    usual = peaks <= centre + _OUTSTANDING * spread
    too_many = (~usual).sum() > np.ceil(_MOST_ASIDE * len(peaks))
    return peaks if too_many else peaks[usual]

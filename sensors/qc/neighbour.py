"""Neighbours: one rain gauge against those around it, over one settled hour."""

from collections.abc import Sequence
from typing import NamedTuple

from sensors.model import Qc
from sensors.qc.checks import Neighbour
from sensors.qc.verdict import Verdict

NAME = "neighbour"
_NEAREST_KM = 0.1  # two gauges on one roof must not divide by zero


class Near(NamedTuple):
    """What a gauge nearby measured, and how far away it is."""

    km: float
    amount: float


def weighted_mean(around: Sequence[Near]) -> float:
    """Give the mean of the amounts, weighted by the inverse square of the distance."""
    weights = [1.0 / max(near.km, _NEAREST_KM) ** 2 for near in around]
    sums = sum(w * near.amount for w, near in zip(weights, around, strict=True))
    return sums / sum(weights)


def neighbour(amount: float, around: Sequence[Near], limits: Neighbour) -> Verdict:
    """Judge a gauge's amount by the nearest gauges that spoke in the same hour."""
    near = sorted(entry for entry in around if entry.km <= limits.radius_km)[: limits.most]
    if len(near) < limits.fewest:
        reason = f"{len(near)} gauges within {limits.radius_km:g} km spoke, {limits.fewest} needed"
        return Verdict(Qc.NOT_EVALUATED, NAME, reason)
    mean = weighted_mean(near)
    if max(amount, mean) < limits.at_least:
        return Verdict(Qc.NOT_EVALUATED, NAME, f"less than {limits.at_least:g} mm fell")
    said = f"{amount:.3g} mm where {len(near)} gauges nearby say {mean:.3g} mm"
    if amount < limits.low * mean:
        return Verdict(Qc.SUSPECT, NAME, f"{said}: it may be blocked")
    if amount > limits.high * mean:
        return Verdict(Qc.SUSPECT, NAME, f"{said}: it may count what is not rain")
    return Verdict(Qc.PASS, NAME)

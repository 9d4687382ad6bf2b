"""Poles of formwork that stand beside each other, as a site file names them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Two poles beside each other, as `device/point`, and how far apart they stand."""

    one: str
    other: str
    spacing_m: float

"""Zones of cameras that lie in an underpass, and the gauge that says how deep its water is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Underpass:
    """A camera's zone and the ponding gauge there, both as `device` or `device/point`."""

    zone: str
    gauge: str

"""The values every other package speaks in: positions, sensor keys, reports and readings.

`Report` is the hot value (one per device message instant) and `Reading` its one-quantity view.
Both are msgspec structs rather than dataclasses because creating one costs a tenth; see
docs/decisions/0004-event-time.md for how `taken_at` is used.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

import msgspec


class Qc(IntEnum):
    """QARTOD quality flag of one value (IOOS QARTOD manual; 9 means no value arrived)."""

    PASS = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


class Position(msgspec.Struct, frozen=True, gc=False):
    """A place in WGS 84 degrees."""

    lat: float
    lon: float


class SensorKey(NamedTuple):
    """Identity of one sensor: one quantity at one point of one device on one site."""

    site: str
    device: str
    point: str
    quantity: str

    def __str__(self) -> str:
        """Give the id people type: `site/device/quantity` or `site/device/point/quantity`."""
        return "/".join(part for part in self if part)


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value of one sensor in the quantity's base unit."""

    sensor: SensorKey
    value: float
    taken_at: datetime
    received_at: datetime
    qc: int = Qc.PASS


class Report(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What one device measured at one instant and one point.

    `values` maps quantity to a finite number in the base unit of `sensors.catalogue`, already
    calibrated; `qc` holds only the flags that are not `Qc.PASS`. `point` is "" where a device
    carries a quantity once. Instants are aware and in UTC.
    """

    site: str
    device: str
    kind: str
    point: str
    taken_at: datetime
    received_at: datetime
    values: dict[str, float]
    qc: dict[str, int]
    seq: int | None = None

    def readings(self) -> Iterator[Reading]:
        """Yield one reading per quantity."""
        for quantity, value in self.values.items():
            key = SensorKey(self.site, self.device, self.point, quantity)
            qc = self.qc.get(quantity, Qc.PASS)
            yield Reading(key, value, self.taken_at, self.received_at, qc)

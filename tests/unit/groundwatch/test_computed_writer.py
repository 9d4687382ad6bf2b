"""Computed values reach the store as reports; with the store away the oldest make room, counted."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from alerting.joint import Computed
from groundwatch.computed_writer import ComputedWriter
from sensors.model import Qc, Report
from storage.errors import StoreUnavailable
from storage.ports import Refused
from tests.builders import at, sensor

CLEARANCE = replace(sensor("clearance_m", "crane", device="A", point="B"), derived="A to B")
CONTACT = replace(sensor("contact_s", "crane", device="A", point="B"), derived="A to B")


@dataclass
class Shelf:
    """Takes reports while it is there."""

    is_there: bool = True
    reports: list[Report] = field(default_factory=list)

    async def write(self, reports: Sequence[Report]) -> list[Refused]:
        if not self.is_there:
            raise StoreUnavailable("away")
        self.reports += reports
        return []


def value(seconds: float, metres: float, which: object = CLEARANCE, qc: Qc = Qc.PASS) -> Computed:
    assert isinstance(which, type(CLEARANCE))
    return Computed(which, at(seconds).timestamp(), metres, qc)


async def ran(writer: ComputedWriter, seconds: float = 0.8) -> None:
    writer.opened.set()
    task = asyncio.ensure_future(writer.run())
    await asyncio.sleep(seconds)
    task.cancel()


async def test_values_of_one_instant_are_one_report_and_the_newest_value_counts() -> None:
    shelf = Shelf()
    writer = ComputedWriter(store=shelf)  # type: ignore[arg-type]
    writer.put([value(0, 9.0), value(0, 30.0, CONTACT, Qc.SUSPECT), value(1, 8.0)])
    writer.put([value(0, 7.5)])
    await ran(writer)
    found = {(r.taken_at, r.point): (r.values, r.qc) for r in shelf.reports}
    assert found == {
        (at(0), "B"): ({"clearance_m": 7.5, "contact_s": 30.0}, {"contact_s": 3}),
        (at(1), "B"): ({"clearance_m": 8.0}, {}),
    }
    assert writer.n_written == 2


async def test_a_value_that_stays_the_same_is_written_once_a_minute() -> None:
    shelf = Shelf()
    writer = ComputedWriter(store=shelf)  # type: ignore[arg-type]
    for second in range(150):
        writer.put([value(second, 9.0 if second != 70 else 8.0)])
    await ran(writer)
    assert [r.taken_at for r in shelf.reports] == [at(0), at(60), at(70), at(71), at(131)]


async def test_with_the_store_away_the_newest_are_kept_and_the_others_counted() -> None:
    shelf = Shelf(is_there=False)
    writer = ComputedWriter(store=shelf, max_waiting=3, retry_s=0.05)  # type: ignore[arg-type]
    for second in range(5):
        writer.put([value(second, 9.0 + second)])
    await ran(writer)
    assert writer.n_dropped == 2
    shelf.is_there = True
    writer.put([value(9, 1.0)])
    await ran(writer)
    assert [r.taken_at for r in shelf.reports] == [at(3), at(4), at(9)]
    assert writer.n_dropped == 3

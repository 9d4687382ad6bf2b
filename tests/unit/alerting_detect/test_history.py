"""What the models of a large fleet learn from: every crane its share, and no more at once."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerting.detect.features import Sample
from alerting.detect.mast import NAME, MastPlan
from alerting.detect.shelf import Shelf
from groundwatch.training import InUse, Retraining, TrainingPlan
from groundwatch.training_history import History, HistoryPlan, intervals
from sensors.model import Report
from storage.embedded import EmbeddedConfig, EmbeddedStore
from storage.ports import Place, Row
from tests import builders
from tests.unit.alerting_detect.lifting import START_S, work

KEY = b"a key of sixteen bytes or more"
DAYS = 6
END = datetime.fromtimestamp(START_S + DAYS * 86_400.0, UTC)
EVERY = timedelta(minutes=10)
PLAN = HistoryPlan(span=timedelta(days=DAYS), max_rows=15_000)


def fleet(n: int, every: timedelta = EVERY) -> dict[Place, timedelta]:
    return {("yard", f"TC-{number:03}", ""): every for number in range(n)}


class Endless(EmbeddedStore):
    """A store in which every device point has as many rows in each hour as are asked for."""

    async def rows_of_each(
        self, kind: str, most: Mapping[Place, int], since: datetime, until: datetime
    ) -> list[Row]:
        assert kind == "crane"
        return [
            Row(*place, since + n * (until - since) / limit, {"load_t": 1.0})
            for place, limit in most.items()
            for n in range(limit)
        ]


@pytest.fixture
def endless(tmp_path: Path) -> EmbeddedStore:
    return Endless(EmbeddedConfig(path=tmp_path / "never-opened.db"))


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    """Three hundred cranes that each worked six hours a day."""
    store = EmbeddedStore(EmbeddedConfig(path=tmp_path / "store.db"))
    await store.open()
    for site, device, _ in fleet(300):
        rows = [row for row in work(DAYS, key=f"{site}/{device}/") if _works(row)]
        await store.write([_report(row) for row in rows])
    yield store
    await store.close()


def _works(row: Sample) -> bool:
    return (row.taken_at_s - START_S) % 86_400.0 < 6 * 3_600.0


def _report(sample: Sample) -> Report:
    site, device, point = sample.key.split("/")
    at = datetime.fromtimestamp(sample.taken_at_s, UTC)
    return Report(site, device, "crane", point, at, at, dict(sample.values), {})


class Standing:
    """A clock that stands at the end of the history."""

    def now(self) -> datetime:
        return END


async def test_every_mast_of_three_hundred_cranes_is_ready(
    yard: EmbeddedStore, tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path / "models", KEY)
    training = Retraining(
        store=yard,
        every=lambda _: fleet(300),
        models=InUse(shelf),
        shelf=shelf,
        clock=Standing(),
        plan=TrainingPlan(
            history=PLAN, mast=MastPlan(min_fit_rows=100, min_held_days=2, min_rows_each=5)
        ),
    )
    masts = next(each for each in await training.retrain("crane") if each.name == NAME)
    assert (masts.problem, masts.lacking) == ("", {})
    assert len(masts.known) == 300
    assert masts.n_rows == 300 * DAYS * 36


@pytest.mark.parametrize("every", [timedelta(seconds=1), EVERY, timedelta(hours=2)])
async def test_each_has_its_share_and_never_more_than_allowed_is_read_together(
    endless: EmbeddedStore, every: timedelta
) -> None:
    plan = HistoryPlan(span=timedelta(days=1), max_rows=2_500)
    history = History(endless, "crane", fleet(300, every), until=END, plan=plan)
    each: Counter[str] = Counter()
    async for samples in history.of_each():
        assert len(samples) <= plan.max_rows
        each.update(sample.key for sample in samples)
    share = min(plan.least_each, max(1, timedelta(hours=1) // every))
    assert set(each.values()) == {24 * share}
    assert len(each) == 300


async def test_together_all_of_a_fleet_give_rows_of_every_hour_of_the_day(
    endless: EmbeddedStore,
) -> None:
    plan = HistoryPlan(max_rows=200_000)
    history = History(endless, "crane", fleet(300, timedelta(seconds=5)), until=END, plan=plan)
    found = await history.of_all()
    assert 0.85 * plan.max_rows < len(found) <= plan.max_rows
    hours = {(row.key, row.taken_at_s // 3_600 % 24) for row in found}
    assert all(n > 550 for n in Counter(row.key for row in found).values())
    assert min(Counter(key for key, _ in hours).values()) >= 16


async def test_of_a_few_devices_both_readings_give_all_there_is(endless: EmbeddedStore) -> None:
    history = History(endless, "crane", fleet(4), until=END, plan=PLAN)
    [each] = [samples async for samples in history.of_each()]
    assert each == await history.of_all()
    assert len(each) == 4 * DAYS * 24 * (PLAN.max_rows // (DAYS * 24) // 4)


async def test_without_devices_nothing_is_read(endless: EmbeddedStore) -> None:
    history = History(endless, "crane", {}, until=END, plan=PLAN)
    assert await history.of_all() == []
    assert [samples async for samples in history.of_each()] == []


def test_device_points_are_those_of_the_site_files() -> None:
    registry = builders.registry(
        builders.sensor("load_t", "crane", device="TC-1"),
        builders.sensor("wind_ms", "crane", device="TC-1"),
        builders.sensor("deep_h_mm", "pit", device="PIT-1", point="CX1-1m"),
        builders.sensor("deep_h_mm", "pit", device="PIT-1", point="CX1-2m"),
    )
    assert [place[1:] for place in intervals(registry, "crane")] == [("TC-1", "")]
    points = [place[2] for place in intervals(registry, "pit")]
    assert points == ["CX1-1m", "CX1-2m"]

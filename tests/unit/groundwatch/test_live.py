"""Edits of resources: recorded before they count, laid over the files again, never half done."""

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.errors import JournalError
from alerting.model import Severity
from gis_link.datum import Datum, from_wgs84
from gis_link.edit import EditRefused, fields_at
from gis_link.ground import distances_m
from gis_link.loaders import Resources, load_resources
from gis_link.model import Depot, Position, Team
from gis_link.shelf import MAX_LOOSE, Shelf
from groundwatch.cards import CardDesk
from groundwatch.live import EditOrder, LiveResources, NoSuchResource, laid_over
from sensors.model import Position as SensorPosition
from storage.journal import SqlJournal
from storage.resource_edits import EditAction, ResourceEdit
from tests.unit.gis_link.builders import depot, stock, team

NOW = datetime(2026, 11, 1, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[3] / "examples" / "baiyun" / "resources"


class StoppedClock:
    def now(self) -> datetime:
        return NOW


class Full:
    """A place for edits that takes none."""

    async def add_edit(self, edit: ResourceEdit) -> int:
        raise JournalError(f"the disk is full: {edit.resource}")

    async def standing_edits(self) -> list[ResourceEdit]:
        return []


def files() -> Resources:
    return Resources(
        teams=Shelf(Team, [team("T1", 100, "drainage"), team("T2", 200, "drainage")]),
        depots=Shelf(Depot, [depot("D1", 100, stock("pump_truck", 3), stock("cable", 50))]),
    )


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    made = SqlJournal(f"sqlite:///{tmp_path}/journal.db")
    await made.open()
    yield made
    await made.close()


async def opened(journal: SqlJournal, resources: Resources | None = None) -> LiveResources:
    live = LiveResources(resources or files(), journal, lambda _: None)
    await live.open()
    return live


def order(kind: str, resource: str, datum: Datum | None = None, **fields: str) -> EditOrder:
    return EditOrder(kind=kind, resource=resource, actor="甲某", fields=fields, datum=datum)


async def test_an_edit_is_recorded_with_who_when_before_and_after(journal: SqlJournal) -> None:
    live = await opened(journal)
    await live.patch(replace(order("teams", "T1", on_duty="false"), note="ill"), NOW)
    [edit] = await journal.edits("T1")
    assert (edit.actor, edit.at, edit.note, edit.action) == ("甲某", NOW, "ill", EditAction.PATCH)
    assert (edit.before["on_duty"], edit.after["on_duty"]) == ("true", "false")
    assert edit.changes == {"on_duty": "false"}


async def test_edits_survive_a_restart_and_lie_over_the_files(journal: SqlJournal) -> None:
    live = await opened(journal)
    await live.patch(order("teams", "T1", on_duty="false"), NOW)
    await live.delete(order("teams", "T2"), NOW)
    await live.create(
        order(
            "teams", "", Datum.WGS84, id="T3", name="N", capabilities="medical", lat="1", lon="2"
        ),
        NOW,
    )
    await live.patch(order("stock", "D1/cable", quantity="20"), NOW)
    await live.delete(order("stock", "D1/pump_truck"), NOW)
    await live.create(order("stock", "", depot="D1", item="generator", quantity="2"), NOW)
    again = await opened(journal)
    assert again.now.teams == live.now.teams
    assert again.now.depots == live.now.depots
    assert [each.id for each in again.now.teams] == ["T1", "T3"]
    [store] = again.now.depots
    assert [(line.item, line.quantity) for line in store.stock] == [("cable", 20), ("generator", 2)]
    assert again.unfit == ()


async def test_what_the_files_say_newly_stays_where_nobody_changed_it(journal: SqlJournal) -> None:
    live = await opened(journal)
    await live.patch(order("teams", "T1", phone="+86 000 0000 0009"), NOW)
    newer = replace(files(), teams=Shelf(Team, [team("T1", 500, "medical")]))
    [found] = (await opened(journal, newer)).now.teams
    assert found.capabilities == {"medical"}
    assert found.phone == "+86 000 0000 0009"


async def test_an_edit_whose_record_left_the_files_is_told_and_the_others_count(
    journal: SqlJournal,
) -> None:
    live = await opened(journal)
    await live.patch(order("teams", "T2", strength="3"), NOW)
    await live.patch(order("teams", "T1", strength="4"), NOW)
    newer = replace(files(), teams=Shelf(Team, [team("T1", 100, "drainage")]))
    again = await opened(journal, newer)
    assert [each.strength for each in again.now.teams] == [4]
    [said] = again.unfit
    assert said == "patch of teams T2 by 甲某 at 2026-11-01 08:00:00 +08:00: it is no longer there"


async def test_what_could_not_be_recorded_does_not_count() -> None:
    live = LiveResources(files(), Full(), lambda _: None)
    with pytest.raises(JournalError):
        await live.delete(order("teams", "T1"), NOW)
    assert fields_at(live.now, "teams", "T1") is not None


async def test_edits_that_cannot_be_read_leave_the_files_and_are_told(
    journal: SqlJournal, tmp_path: Path
) -> None:
    live = await opened(journal)
    await live.delete(order("teams", "T1"), NOW)
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.db")) as file:
        file.execute("UPDATE resource_edits SET before = '[]'")
        file.commit()
    again = await opened(journal)
    assert again.now.teams == files().teams
    [said] = again.unfit
    assert said.startswith("no edit counts, they cannot be read: ")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (order("teams", "T1", strength="many"), "strength 'many' is not a number"),
        (order("teams", "T1", colour="red"), "'colour' is not a field of teams"),
        (order("teams", "T1", lat="23.2", lon="113.2"), "positions need a datum"),
        (order("teams", "T1", Datum.WGS84, lat="23.2"), "lat and lon are needed"),
        (order("teams", "T1", id="T9"), "the id 'T1' cannot be changed"),
        (order("teams", "T1", name=""), "name is missing: fill it in"),
        (order("stock", "D1/cable", reserved="90"), "reserved 90 is more than the quantity of 50"),
        (order("stock", "D1/cable", item="pump_truck", unit=""), "is not the id of pump_truck"),
    ],
)
async def test_a_wrong_edit_is_refused_and_leaves_nothing(
    journal: SqlJournal, wrong: EditOrder, said: str
) -> None:
    live = await opened(journal)
    with pytest.raises(EditRefused, match=re.escape(said)):
        await live.patch(wrong, NOW)
    assert live.now.teams == files().teams
    assert await journal.edits(wrong.resource) == []


async def test_what_is_not_there_cannot_be_changed_and_what_is_there_not_created(
    journal: SqlJournal,
) -> None:
    live = await opened(journal)
    with pytest.raises(NoSuchResource, match="there is no team 'T9'"):
        await live.patch(order("teams", "T9", strength="1"), NOW)
    with pytest.raises(NoSuchResource, match="there is no line of stock 'D1/tent'"):
        await live.delete(order("stock", "D1/tent"), NOW)
    with pytest.raises(EditRefused, match="stock 'D1/cable' is there already"):
        await live.create(order("stock", "", depot="D1", item="cable", quantity="1"), NOW)
    with pytest.raises(EditRefused, match="there is no depot 'D9'"):
        await live.create(order("stock", "", depot="D9", item="cable", quantity="1"), NOW)


async def test_a_position_is_converted_and_only_the_newest_counts(journal: SqlJournal) -> None:
    live = await opened(journal)
    there = Position(23.2, 113.3)
    shown = from_wgs84(there, Datum.GCJ02)
    at = order("teams", "T1", Datum.GCJ02, lat=repr(shown.lat), lon=repr(shown.lon))
    await live.report_position(at, NOW + timedelta(minutes=1), NOW + timedelta(minutes=1))
    found = live.now.teams.get("T1")
    assert found is not None
    assert found.as_of == NOW + timedelta(minutes=1)
    assert distances_m(there, [found.position])[0] < 0.001
    with pytest.raises(EditRefused, match="older than the position known"):
        await live.report_position(at, NOW + timedelta(seconds=30), NOW + timedelta(minutes=2))
    with pytest.raises(EditRefused, match="ahead of now"):
        await live.report_position(at, NOW + timedelta(minutes=10), NOW)


async def test_old_positions_are_forgotten_but_the_newest_and_peoples_edits_stay(
    journal: SqlJournal,
) -> None:
    live = await opened(journal)
    for minutes in range(5):
        at = order("teams", "T1", Datum.WGS84, lat="23.2", lon=f"113.{minutes}")
        moment = NOW + timedelta(minutes=minutes)
        await live.report_position(at, moment, moment)
    await live.patch(order("teams", "T1", strength="4"), NOW)
    assert len(await journal.standing_edits()) == 2
    await journal.prune(NOW + timedelta(days=1))
    assert [edit.action for edit in await journal.edits("T1")] == ["patch", "position"]
    assert (await opened(journal)).now.teams == live.now.teams


async def test_a_card_sees_an_edit_at_once(journal: SqlJournal) -> None:
    resources, _ = load_resources(EXAMPLE)
    desk = CardDesk(resources, StoppedClock())
    live = LiveResources(resources, journal, desk.change)

    def nearest() -> str:
        at = SensorPosition(23.1884, 113.2576)
        return desk.near(at, "ponding", Severity.SEVERE, NOW).teams[0].id

    first = nearest()
    await live.patch(order("teams", first, on_duty="false"), NOW)
    second = nearest()
    assert second != first
    await live.delete(order("teams", second), NOW)
    assert nearest() not in (first, second)
    await live.patch(order("teams", first, on_duty="true"), NOW)
    assert nearest() == first


async def test_many_edits_at_once_all_count(journal: SqlJournal) -> None:
    live = await opened(journal)
    async with asyncio.TaskGroup() as group:
        for n in range(40):
            line = order("teams", f"T{1 + n % 2}", strength=str(n))
            group.create_task(live.patch(line, NOW))
    assert len(await journal.edits("T1")) == 20
    assert (await opened(journal)).now.teams == live.now.teams


def test_more_new_resources_than_are_kept_loose_are_packed() -> None:
    edits = [
        ResourceEdit(
            kind="teams",
            resource=f"N{n}",
            action=EditAction.CREATE,
            at=NOW,
            actor="a",
            changes={"id": f"N{n}", "name": "N", "capabilities": "medical", "lat": "1", "lon": "2"},
        )
        for n in range(MAX_LOOSE + 10)
    ]
    found, unfit = laid_over(files(), edits)
    assert unfit == ()
    assert len(found.teams) == MAX_LOOSE + 12
    assert len(found.teams.loose) < 20


steps = st.lists(
    st.tuples(
        st.sampled_from(["patch", "delete", "create", "position"]),
        st.sampled_from(["T1", "T2", "T3"]),
        st.integers(0, 9),
    ),
    max_size=12,
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps)
def test_after_any_edits_a_restart_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    async def play() -> None:
        made = SqlJournal(f"sqlite:///{tmp_path_factory.mktemp('live')}/journal.db")
        await made.open()
        try:
            live = await opened(made)
            for n, (what, name, value) in enumerate(steps):
                try:
                    await act(live, what, name, value, NOW + timedelta(seconds=n))
                except (EditRefused, NoSuchResource):
                    continue
            again = await opened(made)
            assert {each.id: each for each in again.now.teams} == {
                each.id: each for each in live.now.teams
            }
            assert again.unfit == ()
        finally:
            await made.close()

    asyncio.run(play())


async def act(live: LiveResources, what: str, name: str, value: int, at: datetime) -> None:
    if what == "patch":
        await live.patch(order("teams", name, strength=str(value)), at)
    elif what == "delete":
        await live.delete(order("teams", name), at)
    elif what == "position":
        place = order("teams", name, Datum.WGS84, lat="23.1", lon=f"113.{value}")
        await live.report_position(place, at, at)
    else:
        new = {"id": name, "name": "N", "capabilities": "medical", "lat": "1", "lon": "2"}
        await live.create(order("teams", "", Datum.WGS84, **new), at)

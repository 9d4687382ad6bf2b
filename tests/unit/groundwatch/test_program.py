"""The program as a whole on real parts: what it does when one of its own parts fails."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from alerting.blind import GRACE_S
from alerting.book import Change
from alerting.errors import DeliveryError
from alerting.model import Alert, Notice, Receipt, Transition
from alerting.ports import RuleState
from groundwatch.compose import opened
from groundwatch.district import load_district
from groundwatch.program import Program
from groundwatch.settings import Settings, load_settings
from groundwatch.store_writer import StoreWriter
from groundwatch.supervise import Problem
from sensors.registry import Registry
from storage.embedded import EmbeddedConfig, EmbeddedStore
from storage.errors import RowRefused, StorageError, StoreRefused, StoreUnavailable
from storage.journal import SqlJournal
from tests import servers
from tests.contract.journal_values import T0, a_transition, an_alert
from tests.fakes import MemoryJournal

EXAMPLE = Path(__file__).parents[3] / "examples" / "baiyun"


def settings_of(tmp_path: Path, port: int = 1) -> Settings:
    mqtt = {"host": "127.0.0.1", "port": port}
    return load_settings(None, sites=EXAMPLE, state=tmp_path / "state", mqtt=mqtt)


async def test_a_log_that_was_put_aside_counts_on_from_what_rule_states_have_seen(
    tmp_path: Path,
) -> None:
    settings = settings_of(tmp_path)
    settings.state.mkdir()
    journal = SqlJournal(settings.journal_url)
    await journal.open()
    await journal.save_states([RuleState(key="a|b|", seq=1_000_000, blob=b"")])
    assert await journal.recorded_seq() == 0
    await journal.close()
    async with opened(settings, load_district(EXAMPLE)) as program:
        assert program.log.last_seq == 1_000_000


class MovedClock:
    """The wall clock, set by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class BrokenDoor:
    """An HTTP interface with a defect."""

    port = 0

    def __init__(self) -> None:
        self.n_runs = 0

    async def run(self) -> None:
        self.n_runs += 1
        raise LookupError("a defect nobody thought of")

    def stop(self) -> None:
        """It never runs for long."""


@asynccontextmanager
async def running(tmp_path: Path, **changed: Any) -> AsyncIterator[Program]:
    """Run a program on a real broker for as long as the context lasts."""
    port = servers.start_mosquitto(tmp_path)
    stop, ready = asyncio.Event(), asyncio.Event()
    door = changed.pop("http", None)
    async with opened(settings_of(tmp_path, port), load_district(EXAMPLE), **changed) as program:
        program.http = door
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            group.create_task(program.run(stop, ready.set))
            await ready.wait()
            yield program
            stop.set()
    servers.stop(port)


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - the parts looked at have no event for it
        await asyncio.sleep(0.01)


async def problem(program: Program, name: str) -> Alert:
    """Wait for an alert of the program about itself."""
    while True:
        for alert in await program.journal.alerts(firing_only=True):
            if alert.rule_id == f"system_{name}":
                return alert
        await asyncio.sleep(0.02)


@pytest.mark.broker
async def test_a_defect_of_the_http_interface_does_not_end_the_warnings(tmp_path: Path) -> None:
    door = BrokenDoor()
    async with running(tmp_path, http=door) as program:
        alert = await problem(program, "task_http")
        assert "http failed (LookupError)" in alert.reason
        await until(lambda: door.n_runs > 1)


@pytest.mark.broker
@pytest.mark.parametrize("hours", [2, -2])
async def test_a_host_clock_that_is_set_is_said_and_silence_counts_anew(
    tmp_path: Path, hours: int
) -> None:
    clock = MovedClock()
    async with running(tmp_path, clock=clock, wall=clock) as program:
        await until(lambda: program.source.status.connected)
        await asyncio.sleep(1.1)  # one look at the clock as it was
        clock.ahead = timedelta(hours=hours)
        alert = await problem(program, "clock")
        assert f"jumped by {3600 * hours:+d} s" in alert.reason.replace("7199", "7200")
        standing = await program.journal.alerts(firing_only=True)
        assert [each.rule_id for each in standing] == ["system_clock"]
        silence = program.engine.judge.silence
        assert silence.due(clock.now().timestamp() + GRACE_S + 1.0)


async def tell(program: Program, at: datetime, n: int) -> None:
    """Let a crane report `n` times, from `at` on, over the broker."""
    async with aiomqtt.Client("127.0.0.1", program.mqtt.port) as client:
        for number in range(n):
            taken_at = at + timedelta(seconds=number)
            body = {"at": taken_at.isoformat(), "readings": {"moment_pct": 20.0}}
            topic = "gw/1/huanghe-tower/TC-01/telemetry"
            await client.publish(topic, json.dumps(body).encode(), qos=1)


class DeadRoad:
    """A channel that takes nothing, now or later."""

    name = "console"

    async def send(self, notice: Notice) -> Receipt:
        raise DeliveryError(f"nobody at {notice.recipient.address}", retryable=False)


@pytest.mark.broker
async def test_readings_from_the_future_and_notices_that_reach_nobody_are_told(
    tmp_path: Path,
) -> None:
    clock = MovedClock()
    clock.ahead = timedelta(hours=-2)
    road = {"console": DeadRoad()}
    async with running(tmp_path, clock=clock, wall=clock, channels=road) as program:
        await until(lambda: program.source.status.connected)
        await tell(program, datetime.now(UTC), 6)
        misdated = await problem(program, "misdated")
        assert "6 were refused within a minute, 0 taken" in misdated.reason
        lost = await problem(program, "notices")
        failures = program.deliverer.status
        await until(lambda: lost.id in [each.alert_id for each in failures().failures])
        others = {each.notice_id for each in failures().failures if each.alert_id != lost.id}
        verdict = (await program.watch.look())["notices"]
        assert isinstance(verdict, Problem)
        assert verdict.text.startswith(f"{len(others)} notice")


class ScriptedStore(EmbeddedStore):
    """A real store that first raises what the test says."""

    def __init__(self, path: Path, *trouble: StorageError) -> None:
        super().__init__(EmbeddedConfig(path=path))
        self.trouble = list(trouble)
        self.taken: list[str] = []

    async def write_transition(self, alert: Alert, transition: Transition) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        await super().write_transition(alert, transition)
        self.taken.append(alert.id)


def a_change(alert_id: str) -> Change:
    return Change(an_alert(alert_id), a_transition(alert_id), None)


@asynccontextmanager
async def writing(store: ScriptedStore) -> AsyncIterator[StoreWriter]:
    writer = StoreWriter(
        store=store,
        journal=MemoryJournal(),
        registry=Registry([]),
        now=lambda: T0,
        retry_s=0.001,
    )
    await store.open()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        task = group.create_task(writer.write_transitions())
        yield writer
        task.cancel()
    await store.close()


async def test_a_change_the_database_will_never_take_does_not_hold_up_the_others(
    tmp_path: Path,
) -> None:
    store = ScriptedStore(tmp_path / "t.db", RowRefused("field type conflict"))
    async with writing(store) as writer:
        writer.put([a_change("a1"), a_change("a2")])
        await until(lambda: len(store.taken) > 0)
    assert store.taken == ["a2"]
    assert writer.n_refused == 1


@pytest.mark.parametrize("trouble", [StoreUnavailable("away"), StoreRefused("wrong password")])
async def test_changes_wait_in_order_while_the_database_is_away(
    tmp_path: Path, trouble: StorageError
) -> None:
    store = ScriptedStore(tmp_path / "t.db", trouble, trouble)
    async with writing(store) as writer:
        writer.put([a_change("a1"), a_change("a2")])
        await until(lambda: len(store.taken) > 1)
    assert store.taken == ["a1", "a2"]
    assert writer.n_refused == 0
    assert writer.has_written


async def test_the_oldest_changes_make_room_and_are_counted(tmp_path: Path) -> None:
    store = ScriptedStore(tmp_path / "t.db")
    async with writing(store) as writer:
        writer.put([a_change(f"a{n}") for n in range(10_002)])
        assert writer.n_dropped == 2
        await until(lambda: len(store.taken) > 0)
    assert store.taken[0] == "a2"


def test_sensors_that_nothing_warns_of_are_counted_by_quantity() -> None:
    found = load_district(EXAMPLE).without_rule()
    assert found["water_level/flow_m3s"] == 6  # one is derived from a rating curve
    assert "crane/moment_pct" not in found
    assert not [name for name in found if "battery" in name or "radius" in name]

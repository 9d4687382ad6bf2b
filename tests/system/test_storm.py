"""Five thousand alerts in less than a minute: real judging, journal, delivery and receiver.

The clock is the wall's, because the mark for red alerts is about the wall; only the waits after the
storm are moved.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from pydantic import SecretStr

from alerting.channels.http import HttpConfig
from alerting.channels.webhook import Webhook, WebhookConfig
from alerting.deliver import Deliverer
from alerting.engine import Engine, EngineConfig, Parts
from alerting.escalate import Escalator
from alerting.gather.rules import SHORT_WAITS, GatherRules, StormRules
from alerting.model import Alert, NoticeState, Recipient, Severity
from sensors.model import Position, Report
from storage.journal import SqlJournal
from tests.builders import judge, sensor
from tests.contract.receiver import Received, Receiver, receiving
from tests.fakes import ListAside
from tests.unit.alerting.test_engine import DESIGN, Desk, OneRecipient

N_ALERTS = 5_000
N_AREAS = 10
RED_EVERY_TH = 50
N_BLOCKS = 60
RULES = StormRules()


class WallClock:
    """The wall's clock, moved ahead by hand once the storm has passed."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Three(OneRecipient):
    """Three people, all of them told of everything."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.three = [
            Recipient(id=f"p{n}", name=f"Person {n}", channel="webhook", address=f"{url}/p{n}")
            for n in range(3)
        ]

    def recipients(self, alert: Alert, now: datetime) -> Sequence[Sequence[Recipient]]:
        del alert, now
        return [[person] for person in self.three]


@dataclass
class Told:
    """What arrived, for whom, and when which alert was first named."""

    bodies: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    named_at: dict[tuple[str, str], float] = field(default_factory=dict)

    def take(self, received: Received) -> bytes:
        body = json.loads(received.body)
        person = received.path.rpartition("/")[2]
        self.bodies.setdefault(person, []).append(body)
        named = [body["alert"]["id"]]
        if body["batch"] is not None:
            named += [each["alert_id"] for each in body["batch"]["worst"]]
        for alert_id in named:
            self.named_at.setdefault((person, alert_id), monotonic())
        return b"ok"


def area(alert: Alert) -> str:
    return f"street {int(alert.sensor.device[2:]) % N_AREAS}"


def block_of(first: int, count: int, now: datetime) -> list[Report]:
    """Two readings of each gauge, too high by now."""
    found = []
    for n in range(first, first + count):
        stage_m = 5.5 if n % RED_EVERY_TH == 0 else 3.2
        for ago_s in (2, 1):
            at = now - timedelta(seconds=ago_s)
            found.append(
                Report("site", f"D-{n}", "water_level", "", at, now, {"stage_m": stage_m}, {})
            )
    return found


@dataclass
class Here:
    engine: Engine
    journal: SqlJournal
    deliverer: Deliverer
    clock: WallClock
    told: Told

    async def quiet(self) -> None:
        async with asyncio.timeout(60):
            while self.deliverer.status().waiting or self.deliverer.status().under_way:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def move(self, seconds: float) -> None:
        self.clock.ahead += timedelta(seconds=seconds)
        await self.engine.tick(is_listening=False)
        await self.quiet()


async def storm(here: Here) -> dict[str, float]:
    """Let everything come; gives when each block's alerts were handed over, by device."""
    handed: dict[str, float] = {}
    share = -(-N_ALERTS // N_BLOCKS)
    for number in range(N_BLOCKS):
        first = number * share
        block = block_of(first, min(share, N_ALERTS - first), here.clock.now())
        handed.update((report.device, monotonic()) for report in block)
        await here.engine.take(number + 1, block)
        await here.engine.tick(is_listening=False)
    return handed


@pytest.mark.slow
async def test_five_thousand_alerts_in_a_minute(tmp_path: Path) -> None:
    told = Told()
    async with receiving() as receiver:
        receiver.reply_to = told.take
        await _storm_and_after(tmp_path, receiver, told)


async def _storm_and_after(tmp_path: Path, receiver: Receiver, told: Told) -> None:
    gauges = [
        replace(
            sensor("stage_m", design=DESIGN, device=f"D-{n}", every_s=1.0),
            position=Position(23.0, 113.0 + n / 1e5),
        )
        for n in range(N_ALERTS)
    ]
    journal = SqlJournal(f"sqlite:///{tmp_path / 'journal.db'}")
    await journal.open()
    clock, router = WallClock(), Three(receiver.url)
    webhook = Webhook(
        config=WebhookConfig(
            secret=SecretStr("x" * 32), http=HttpConfig(allowed_hosts=("127.0.0.1",))
        ),
        now=clock.now,
    )
    deliverer = Deliverer(journal=journal, channels={"webhook": webhook}, clock=clock)
    parts = Parts(
        journal=journal,
        cards=Desk(),
        router=router,
        deliverer=deliverer,
        escalator=Escalator(router=router, clock=clock),
        clock=clock,
        aside=ListAside(),
    )
    gathering = GatherRules(waits=SHORT_WAITS, storm=RULES, area_of=area)
    engine = Engine(judge=judge(*gauges), parts=parts, config=EngineConfig(gathering=gathering))
    here = Here(engine, journal, deliverer, clock, told)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(deliverer.run())
        began = monotonic()
        handed = await storm(here)
        took_s = monotonic() - began
        assert took_s < 60, "the storm itself took longer than its minute"
        await _until_red(here)
        await _check_red(here, handed)
        _check_policy(told, took_s)
        await _check_nothing_lost(here)
        await deliverer.stop()
        running.cancel()
    await webhook.close()
    await journal.close()


async def _until_red(here: Here) -> None:
    """Go on ticking by the wall until every red alert was named to everybody."""
    n_wanted = 3 * N_ALERTS // RED_EVERY_TH
    reds = {
        alert.id
        for alert in await here.journal.alerts(firing_only=True, limit=N_ALERTS)
        if alert.severity is Severity.EXTREME
    }
    async with asyncio.timeout(20):
        while sum(alert_id in reds for _, alert_id in here.told.named_at) < n_wanted:
            await here.engine.tick(is_listening=False)
            await asyncio.sleep(0.2)


async def _check_red(here: Here, handed: dict[str, float]) -> None:
    alerts = await here.journal.alerts(firing_only=True, limit=N_ALERTS)
    assert len(alerts) == N_ALERTS, "every alert is in the record"
    waited = [
        here.told.named_at[f"p{person}", alert.id] - handed[alert.sensor.device]
        for alert in alerts
        if alert.severity is Severity.EXTREME
        for person in range(3)
    ]
    assert len(waited) == 3 * N_ALERTS // RED_EVERY_TH
    assert max(waited) < 10.0, f"a red alert was named after {max(waited):.1f} s"


def _check_policy(told: Told, took_s: float) -> None:
    """Nobody got more than ten, and then as many messages as the policy has summaries.

    One alert that waits alone for a summary is told by itself in its place.
    """
    n_red = took_s / RULES.red_every.total_seconds() + 5
    n_area = N_AREAS * (1 + took_s / RULES.every.total_seconds())
    for person, bodies in told.bodies.items():
        found = Counter(str(body["reason"]) for body in bodies)
        n_told = found["first"] + found["severity_rose"] + found["group"] + found["storm"]
        assert n_told <= RULES.most + n_red + n_area, person
        assert found["storm"] > 0, person


async def _check_nothing_lost(here: Here) -> None:
    """What still waits is told in the next summaries; then every alert was told to everybody."""
    await here.move(RULES.every.total_seconds())
    await here.move(RULES.every.total_seconds())
    assert await here.journal.held() == []
    entries = [
        (alert.id, await here.journal.outbox(alert.id))
        for alert in await here.journal.alerts(firing_only=True, limit=N_ALERTS)
    ]
    for alert_id, found in entries[:: N_ALERTS // 200]:
        sent = {e.notice.recipient.id for e in found if e.state is NoticeState.SENT}
        assert sent == {"p0", "p1", "p2"}, alert_id
    done = (NoticeState.GATHERED, NoticeState.SENT)
    for alert_id, found in entries:
        own = {e.notice.recipient.id for e in found if e.state in done and not e.notice.batch}
        assert own == {"p0", "p1", "p2"}, alert_id

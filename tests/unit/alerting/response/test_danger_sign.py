"""A danger sign that a device reports with its kind is told once, and names the kind at once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerting.model import NoticeState, NotifyReason, Severity
from alerting.render import SmsForm, render_sms, render_text
from alerting.tell.inhibit import Inhibitors
from alerting.tell.load import load_inhibitions
from alerting.tell.teller import TellRules
from tests.builders import judge, report, sensor
from tests.unit.alerting.test_engine import World, world
from tests.unit.alerting_delivery.values import make_alert

TABLE, _ = load_inhibitions()
TELLING = TellRules(inhibitions=TABLE)
KIND = {"en": "Structural crack in a neighbouring building", "zh": "周边建筑结构开裂"}
FORMWORK = {"en": "Pole bent or broken", "zh": "立杆弯曲或断裂"}


def signs(kind: str) -> list:  # type: ignore[type-arg]
    return [sensor(name, kind) for name in ("danger_sign", "danger_kind")]


async def seen(here: World, kind: str, at_s: float, **values: float) -> None:
    await here.feed(report(at_s, values, kind=kind))


@pytest.mark.parametrize(
    ("kind", "code", "names"), [("pit", 3.0, KIND), ("formwork", 23.0, FORMWORK)]
)
async def test_one_sign_is_one_message_that_names_its_kind(
    kind: str, code: float, names: dict[str, str]
) -> None:
    async with world(judge(*signs(kind)), telling=TELLING) as here:
        await seen(here, kind, 0, danger_sign=1.0, danger_kind=code)
        (notice,) = await here.told(1)
        await here.quiet()
        assert len(here.channel.notices) == 1
        alerts = {a.sensor.quantity: a for a in await here.journal.alerts(firing_only=True)}
        (entry,) = await here.journal.outbox(alerts["danger_sign"].id)
    assert entry.state is NoticeState.MUTED
    assert "it is the same danger sign, told with its kind" in entry.last_error
    assert notice.alert.severity is Severity.EXTREME
    for language, words in names.items():
        assert words in render_sms(notice, language, SmsForm())[0]
        text = render_text(notice, language)
        assert words in text
        assert "at or above 1" not in text
        assert "达到或超过" not in text


async def test_a_sign_without_a_kind_is_told_and_its_kind_after_it() -> None:
    async with world(judge(*signs("pit")), telling=TELLING) as here:
        await seen(here, "pit", 0, danger_sign=1.0, danger_kind=0.0)
        (first,) = await here.told(1)
        assert first.alert.sensor.quantity == "danger_sign"
        await seen(here, "pit", 30, danger_sign=1.0, danger_kind=3.0)
        notices = await here.told(2)
    assert KIND["en"] in render_text(notices[-1], "en")


async def test_a_sign_of_another_time_is_told_by_itself() -> None:
    async with world(judge(*signs("pit")), telling=TELLING) as here:
        await seen(here, "pit", 0, danger_sign=0.0, danger_kind=3.0)
        await here.told(1)
        here.clock.time += timedelta(hours=1)
        await seen(here, "pit", 3600, danger_sign=1.0, danger_kind=3.0)
        notices = await here.told(2)
    assert notices[-1].alert.sensor.quantity == "danger_sign"


async def test_who_signs_it_off_is_not_told_of_it_again() -> None:
    async with world(judge(*signs("pit")), telling=TELLING) as here:
        await seen(here, "pit", 0, danger_sign=1.0, danger_kind=3.0)
        (notice,) = await here.told(1)
        for n in range(1, 6):
            await seen(here, "pit", 60.0 * n, danger_sign=0.0, danger_kind=0.0)
        await here.engine.sign_off(notice.alert.id, "Ann Example", "walked the wall, it is dry")
        for _ in range(3):
            await here.engine.tick()
        await here.quiet()
        assert await here.journal.alerts(firing_only=True) == []
        told = [each.reason for each in here.channel.notices]
    assert told == [NotifyReason.FIRST, NotifyReason.CLEARED]


async def test_who_signs_off_against_what_is_read_is_told_with_that() -> None:
    async with world(judge(*signs("pit")), telling=TELLING) as here:
        await seen(here, "pit", 0, danger_sign=1.0, danger_kind=3.0)
        (notice,) = await here.told(1)
        await here.engine.sign_off(notice.alert.id, "Ann Example", "false report, looked myself")
        end = (await here.told(2))[-1]
        acts = await here.journal.actions(notice.alert.id)
    (deed,) = [each for each in acts if each.action == "sign_off"]
    assert deed.detail == "3 at 2026-06-01T00:00:00+00:00"
    assert "false report, looked myself (the readings were not calm)" in render_text(end, "en")
    assert "（当时测值尚未平稳）" in render_text(end, "zh")


async def test_signs_at_two_points_of_a_device_are_two_events() -> None:
    sensors = [
        sensor("danger_kind", "pit", point="NORTH"),
        sensor("danger_sign", "pit", point="SOUTH"),
    ]
    async with world(judge(*sensors), telling=TELLING) as here:
        await here.feed(report(0, {"danger_kind": 3.0}, kind="pit", point="NORTH"))
        (north,) = await here.told(1)
        await here.feed(report(100, {"danger_sign": 1.0}, kind="pit", point="SOUTH"))
        await here.engine.tick()
        _, south = await here.told(2)
        assert south.alert.sensor.point == "SOUTH"
        await here.engine.sign_off(north.alert.id, "Ann", "north wall: false report")
        standing = [alert.sensor.point for alert in await here.journal.alerts(firing_only=True)]
    assert standing == ["SOUTH"]


def test_a_district_may_not_hide_what_is_extreme(tmp_path: Path) -> None:
    (tmp_path / "inhibitions.yaml").write_text(
        "inhibitions:\n"
        "  - name: own\n"
        "    why: I say so\n"
        "    same_event_within: 60\n"
        "    when: {hazards: [river_flood]}\n"
        "    hides: {hazards: [ponding]}\n"
    )
    table, faults = load_inhibitions(tmp_path)
    (fault,) = faults
    assert "own would hide extreme alerts, which only the program's own may" in str(fault)
    assert fault.line == 4
    assert "own" not in [line.name for line in table.lines]


def test_what_hides_an_extreme_alert_is_no_less_severe() -> None:
    kind, sign = (
        replace(make_alert(Severity.EXTREME), id=name, rule_id=f"pit_danger_{name}")
        for name in ("kind", "sign")
    )
    for severity, is_hidden in ((Severity.EXTREME, True), (Severity.SEVERE, False)):
        inhibitors = Inhibitors(TABLE)
        inhibitors.follow(replace(kind, severity=severity))
        assert (inhibitors.why_hidden(sign) is not None) is is_hidden
        assert inhibitors.why_hidden(sign, lambda _: True) is None

"""The desk of orders over a real engine and delivery: who is told, and what an outage changes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from alerting.errors import DeedRefused, JournalError, JournalRefused
from alerting.model import Alert, Mark, Notice, NotifyReason
from alerting.ports import Effects
from alerting.render import SmsForm, render_sms, render_text, sms_fields
from alerting.render.speech import render_speech
from alerting.tasks.book import TaskBook
from alerting.tasks.deadline import built_in
from alerting.tasks.model import EventKind as K
from alerting.tasks.model import StockLine, Task, TaskState, Tier
from gis_link import model as gis
from gis_link.loaders import Resources
from gis_link.shelf import Shelf
from groundwatch.drill_end import recall_orders
from groundwatch.order_reply import OrderReplies
from groundwatch.task_desk import Act, NewOrder, OpenOrders, TaskDesk, TaskParts, UnknownResponder
from groundwatch.task_notices import status_line
from tests.builders import judge, report
from tests.fakes import MemoryJournal
from tests.unit.alerting.test_engine import Desk, OneRecipient, World, stage, world

HERE = gis.Position(23.23, 113.27)
TEAM = gis.Team(
    id="T7", name="Helong Rescue (example)", capabilities=frozenset({"boat_rescue"}), strength=8,
    on_duty=True, phone="+86 000 0000 0199", position=HERE,
)  # fmt: skip
DEPOT = gis.Depot(
    id="D3", name="Helong Yard (example)", position=HERE, keeper="Ke Shili",
    phone="+86 000 0000 0188",
    stock=(gis.Stock(item="woven_bag", quantity=300.0, unit="条", reserved=50.0),),
)  # fmt: skip
RESOURCES = Resources(teams=Shelf(gis.Team, [TEAM]), depots=Shelf(gis.Depot, [DEPOT]))


@dataclass
class Yard:
    """An alert that stands, and the desk that gives orders about it."""

    world: World
    desk: TaskDesk
    alert: Alert

    async def order(self, **changes: object) -> Task:
        values: dict[str, object] = {
            "alert_id": self.alert.id,
            "responder": "T7",
            "what": "Bring boats to the dyke",
            "actor": "Duty officer",
            **changes,
        }
        return await self.desk.order(NewOrder(**values))  # type: ignore[arg-type]

    async def say(self, task: Task, kind: K, note: str = "") -> Task:
        return await self.desk.act(task.id, Act(kind=kind, actor="Leader", note=note))

    def told(self, reason: NotifyReason) -> list[Notice]:
        return [each for each in self.world.channel.notices if each.reason is reason]

    async def settled(self) -> None:
        await self.world.quiet()


def desk_over(here: World, *, channel: str = "list", language: str = "en") -> TaskDesk:
    router = OneRecipient()
    parts = TaskParts(
        journal=here.journal,
        delivery=here.deliverer,
        people=here.engine.people,
        router=router,
        roads_of=router.roads_of,
        cards=Desk(),
        resources=lambda: RESOURCES,
        deadlines=built_in(),
        now=here.clock.now,
        channel=channel,
        language=language,
    )
    return TaskDesk(parts, TaskBook())


@asynccontextmanager
async def yard(
    *, channel: str = "list", language: str = "en", journal: MemoryJournal | None = None
) -> AsyncIterator[Yard]:
    async with world(judge(stage()), journal=journal) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await here.told(1)
        (alert,) = await here.journal.alerts(firing_only=True)
        yield Yard(here, desk_over(here, channel=channel, language=language), alert)


async def test_the_responder_is_told_what_until_when_and_how_to_answer() -> None:
    async with yard() as here:
        line = StockLine(depot="D3", item="woven_bag", quantity=200.0)
        task = await here.order(items=(line,))
        await here.settled()
    (notice,) = here.told(NotifyReason.ORDER)
    assert (notice.recipient.name, notice.recipient.address) == (TEAM.name, TEAM.phone)
    assert notice.task == notice.alert.id == task.id
    what, by, take = notice.remarks
    assert what == "Bring boats to the dyke"
    assert by == "accept by 06-01 08:20"
    assert take == f"take 200 woven bags at {DEPOT.name} (D3)"


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_each_road_says_how_to_answer_over_it(language: str) -> None:
    async with yard(language=language) as here:
        task = await here.order()
        await here.settled()
    (notice,) = here.told(NotifyReason.ORDER)
    accept = {"en": "answer: accept", "zh": "回复：接受"}[language]
    call = {"en": "Answer: tell the duty office", "zh": "回复：请告知值班室"}[language]
    heard = "".join(render_sms(notice, language, SmsForm(hears_answers=True)))
    assert f"{accept} {task.id[2:6]}" in heard
    fields = sms_fields(notice, language, longest=70, hears_answers=True)
    assert fields["answer"].startswith(accept)
    deaf = "".join(render_sms(notice, language, SmsForm()))
    assert accept not in deaf
    assert {"en": "; tell the duty office", "zh": "；请告知值班室"}[language] in deaf
    letter = render_text(notice, language)
    assert accept not in letter
    assert call in letter
    linked = render_text(replace(notice, ack_link="https://gw.example/o/t"), language)
    assert call not in linked
    assert "https://gw.example/o/t" in linked


async def test_news_of_an_order_has_its_own_time_and_not_that_of_the_reading() -> None:
    async with yard() as here:
        task = await here.order()
        here.world.clock.time += timedelta(minutes=40)
        await here.say(task, K.DECLINED, "no boat left")
        await here.settled()
    (notice,) = here.told(NotifyReason.ORDER_NEWS)
    said = "".join(render_sms(notice, "en", SmsForm()))
    assert "06-01 08:45" in said
    assert "06-01 08:05" not in said
    letter = render_text(notice, "en")
    assert "Time: 2026-06-01 08:45" in letter
    assert "Taken: 2026-06-01 08:05" in letter
    assert "At 08:45." in render_speech(notice, "en")


async def test_it_is_said_in_the_reader_s_language_and_marked() -> None:
    async with yard(language="zh") as here:
        line = StockLine(depot="D3", item="woven_bag", quantity=200.0)
        await here.order(mark=Mark.EXERCISE, items=(line,))
        await here.settled()
    (notice,) = here.told(NotifyReason.ORDER)
    assert notice.remarks[1] == "请于06-01 08:20前接受"
    assert notice.remarks[2] == f"领取{DEPOT.name} (D3)的编织袋200条"
    assert notice.mark is Mark.EXERCISE


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Not taken: order t-"), ("zh", f"未受理：{TEAM.name}已到场")],
)
async def test_an_answer_that_is_not_taken_is_told_so_in_its_language(
    language: str, said: str
) -> None:
    async with yard(language=language) as here:
        task = await here.order()
        await here.say(task, K.ON_SCENE)
        replies = OrderReplies(desk=here.desk, is_known=lambda _: False)
        answered = await replies.reply(TEAM.phone, "拒绝 车坏了")
    assert answered is not None
    assert answered.text.startswith(said)


async def test_an_acknowledged_or_ended_alert_takes_no_order_on_its_way_back() -> None:
    async with yard() as here:
        here.world.channel.refused.add("T7")
        task = await here.order()
        await here.world.engine.people.acknowledge(here.alert.id, "Duty officer")
        await here.settled()
        entries = await here.world.journal.outbox(task.id)
    assert [entry.state.value for entry in entries] == ["failed"]  # tried, not cancelled


async def test_an_order_taken_back_is_told_with_the_reason() -> None:
    async with yard() as here:
        task = await here.order()
        await here.say(task, K.RECALLED, "water falls")
        await here.settled()
    (notice,) = here.told(NotifyReason.ORDER_OVER)
    assert notice.remarks == ("no longer needed: water falls",)


async def test_an_order_taken_back_before_it_left_does_not_leave() -> None:
    async with yard() as here:
        here.world.channel.refused.add("T7")
        here.world.channel.is_busy = True
        task = await here.order()
        await here.say(task, K.RECALLED, "water falls")
        entries = await here.world.journal.outbox(task.id)
    states = {entry.notice.reason: entry.state.value for entry in entries}
    assert states[NotifyReason.ORDER] == "cancelled"
    assert states[NotifyReason.ORDER_OVER] != "cancelled"


class PickyJournal(MemoryJournal):
    """Never takes another event of one order."""

    refuses = ""

    async def record(self, effects: Effects) -> None:
        if any(event.task_id == self.refuses for event in effects.task_events):
            raise JournalRefused("no place for this (test)")
        await super().record(effects)


async def test_one_order_that_cannot_be_recalled_keeps_no_other_from_it_after_a_drill() -> None:
    journal = PickyJournal()
    async with yard(journal=journal) as here:
        first, second = await here.order(), await here.order(responder="D3")
        journal.refuses = first.id
        drills = here.world.engine.drills
        drills.ended.append(here.alert.id)
        await recall_orders(drills, here.desk)
        still_owed = list(drills.ended)
        states = [(await here.desk.task(task.id)).state for task in (first, second)]
        journal.refuses = ""
        await recall_orders(drills, here.desk)
    assert states == [TaskState.SENT, TaskState.RECALLED]
    assert (still_owed, list(drills.ended)) == ([here.alert.id], [])


async def test_those_on_duty_hear_of_what_they_must_act_on() -> None:
    async with yard() as here:
        task = await here.order()
        await here.say(task, K.DECLINED, "no boat left")
        await here.settled()
    (notice,) = here.told(NotifyReason.ORDER_NEWS)
    assert notice.recipient.id == "p1"
    assert notice.remarks[0] == f"{TEAM.name}: declined: no boat left"


async def test_a_late_order_is_told_once_and_again_for_the_next_leg() -> None:
    async with yard() as here:
        task = await here.order()
        here.world.clock.time += timedelta(minutes=16)
        for _ in range(3):
            await here.desk.tick(here.world.clock.now())
        await here.say(task, K.ACCEPTED)
        here.world.clock.time += timedelta(minutes=61)
        await here.desk.tick(here.world.clock.now())
        await here.settled()
        line = status_line(await here.desk.task(task.id), built_in())
    said = [notice.remarks[0] for notice in here.told(NotifyReason.ORDER_NEWS)]
    assert said == [f"{TEAM.name}: not accepted in time", f"{TEAM.name}: not on scene in time"]
    assert "accepted, not accepted in time, not on scene in time" in line.en


async def test_with_the_journal_away_nothing_is_promised_and_what_is_late_is_told() -> None:
    async with yard() as here:
        task = await here.order()
        await here.settled()
        here.world.journal.is_away = True
        with pytest.raises(JournalError):
            await here.order(responder="D3")
        with pytest.raises(JournalError):
            await here.say(task, K.ACCEPTED)
        assert (await here.desk.task(task.id)).state is TaskState.SENT
        here.world.clock.time += timedelta(minutes=16)
        await here.desk.tick(here.world.clock.now())
        await here.settled()
        assert len(here.told(NotifyReason.ORDER_NEWS)) == 1
        here.world.journal.is_away = False
        await here.world.engine.tick()
        kinds = [event.kind for event in await here.desk.events(task.id)]
    assert kinds == [K.ORDERED, K.OVERDUE]


async def test_without_a_channel_those_on_duty_are_asked_to_call() -> None:
    async with yard(channel="") as here:
        task = await here.order()
        await here.settled()
    assert task.order.roads == ()
    assert here.told(NotifyReason.ORDER) == []
    (notice,) = here.told(NotifyReason.ORDER_NEWS)
    assert f"call {TEAM.phone} and pass the order on: Bring boats" in notice.remarks[1]


async def test_a_person_of_the_responder_s_id_is_told_over_their_own_roads() -> None:
    async with yard(channel="") as here:
        renamed = replace_team("p2")
        here.desk._parts = replace(here.desk._parts, resources=lambda: renamed)  # noqa: SLF001
        task = await here.order(responder="p2")
        await here.settled()
    assert [road.id for road in task.order.roads] == ["p2"]
    assert len(here.told(NotifyReason.ORDER)) == 1


def replace_team(team_id: str) -> Resources:
    team = gis.Team(
        id=team_id, name=TEAM.name, capabilities=TEAM.capabilities, strength=8, on_duty=True,
        phone=TEAM.phone, position=HERE,
    )  # fmt: skip
    return Resources(teams=Shelf(gis.Team, [team]))


class TestStock:
    async def test_what_open_orders_take_cannot_be_taken_again(self) -> None:
        async with yard() as here:
            line = StockLine(depot="D3", item="woven_bag", quantity=200.0)
            task = await here.order(items=(line,))
            (held,) = OpenOrders(here.desk.book).reserved()
            assert (held.order, held.holder, held.quantity) == (task.id, here.alert.id, 200.0)
            with pytest.raises(DeedRefused, match="has 50 woven bags left, 60 woven bags asked"):
                await here.order(responder="D3", items=(replace(line, quantity=60.0),))
            twice = (replace(line, quantity=30.0),) * 2
            with pytest.raises(DeedRefused, match="has 50 woven bags left, 60 woven bags asked"):
                await here.order(responder="D3", items=twice)
            await here.say(task, K.RECALLED, "not needed")
            assert OpenOrders(here.desk.book).reserved() == []
            await here.order(responder="D3", items=(replace(line, quantity=250.0),))

    @pytest.mark.parametrize(("depot", "item"), [("D9", "woven_bag"), ("D3", "boat")])
    async def test_what_is_not_there_cannot_be_taken(self, depot: str, item: str) -> None:
        async with yard() as here:
            line = StockLine(depot=depot, item=item, quantity=1.0)
            with pytest.raises(DeedRefused, match="has 0 "):
                await here.order(items=(line,))


async def test_nobody_is_ordered_who_is_not_there() -> None:
    async with yard() as here:
        with pytest.raises(UnknownResponder) as caught:
            await here.order(responder="T8")
    assert caught.value.near == ("T7",)


async def test_a_restart_takes_up_what_is_open_with_its_stock() -> None:
    journal = MemoryJournal()
    async with yard(journal=journal) as here:
        line = StockLine(depot="D3", item="woven_bag", quantity=200.0)
        task = await here.order(items=(line,))
        await here.say(task, K.ACCEPTED)
        again = desk_over(here.world)
        await again.restore()
        assert (await again.task(task.id)).state is TaskState.ACCEPTED
        assert again.book.taken("D3", "woven_bag") == 200.0
        act = Act(kind=K.HANDED_OVER, actor="Street", note="big", detail="district")
        assert (await again.act(task.id, act)).owner is Tier.DISTRICT

"""The contract of `alerting.ports.Channel`, on every channel with every option (`roads`)."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from alerting.deliver.step import Policy, next_step, taken
from alerting.errors import DeliveryError
from alerting.model import Mark, OutboxEntry
from storage.journal import document
from tests.contract.roads import ROADS, Road, error_of
from tests.unit.alerting_delivery.values import NOW, make_card, make_notice

SLOW = {"gsm modem"}  # the library waits for its modem, and for each command again
EVERY = [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in ROADS]


@pytest.fixture(params=EVERY)
async def road(request: pytest.FixtureRequest) -> AsyncIterator[Road]:
    async with ROADS[request.param]() as opened:
        yield opened


class TestEveryChannel:
    def test_its_name_is_the_word_routes_use(self, road: Road) -> None:
        assert road.channel.name == road.to.channel

    async def test_a_taken_notice_gives_a_receipt_and_arrives(self, road: Road) -> None:
        notice = make_notice(to=road.to, card=make_card(), remarks=("said beside it",))
        receipt = await road.channel.send(notice)
        assert (receipt.notice_id, receipt.at) == (notice.id, NOW)
        for said in road.says:
            assert said in road.arrived()

    async def test_the_recipients_language_is_used(self, road: Road) -> None:
        await road.channel.send(make_notice(to=replace(road.to, language="zh")))
        assert road.says_zh in road.arrived()

    @pytest.mark.parametrize("mark", [Mark.EXERCISE, Mark.TEST])
    async def test_what_is_not_meant_says_so(self, road: Road, mark: Mark) -> None:
        await road.channel.send(make_notice(to=road.to))
        meant = road.arrived()
        await road.channel.send(replace(make_notice(to=road.to, n=1), mark=mark))
        assert mark.value not in meant.lower().replace('"exercise"', "")
        assert mark.value in road.arrived().lower()

    async def test_a_passing_failure_may_be_tried_again_and_then_works(self, road: Road) -> None:
        road.break_it()
        notice = make_notice(to=road.to)
        error = await error_of(road.channel, notice)
        assert error.retryable
        assert error.reason.startswith(f"{road.channel.name}: ")
        assert (await road.channel.send(notice)).notice_id == notice.id

    async def test_many_at_once_all_arrive_whole(self, road: Road) -> None:
        people = [replace(road.to, id=f"person-{n}") for n in range(road.many)]
        notices = [make_notice(to=person) for person in people]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(road.channel.send(notice)) for notice in notices]
        assert {task.result().notice_id for task in tasks} == {notice.id for notice in notices}
        assert road.arrived().count(road.each) >= road.many

    async def test_no_secret_shows_anywhere(
        self, road: Road, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither in logs, errors and what caused them, nor in what is shown or kept of them."""
        caplog.set_level(logging.DEBUG)
        notice = make_notice(to=road.to)
        receipt = await road.channel.send(notice)
        road.break_it()
        broken = await error_of(road.channel, make_notice(to=road.to, n=1))
        arrived = road.arrived()
        ruined_to = road.ruin()
        ruined = await error_of(road.channel, make_notice(to=ruined_to, n=2))
        assert not ruined.retryable
        shown = [repr(receipt), repr(road.channel), shown_of(road.channel), caplog.text]
        shown += [arrived, *told_by(broken), *told_by(ruined), kept_of(road, broken, ruined)]
        for text in shown:
            for secret in road.secrets:
                assert secret not in text


def shown_of(value: object, depth: int = 4) -> str:
    """Give the repr of a value and of what it holds, as a debugger or a crash report would."""
    texts = [repr(value)]
    if isinstance(value, SecretStr):
        return texts[0]  # it never prints itself; what it hides is its own affair
    if depth and hasattr(value, "__dict__"):
        texts += [shown_of(part, depth - 1) for part in vars(value).values()]
    return "\n".join(texts)


def kept_of(road: Road, *errors: DeliveryError) -> str:
    """Give what the journal keeps of notices this road failed, and of one it took."""
    entry = OutboxEntry(notice=make_notice(to=road.to), due_at=NOW)
    kept = [next_step(entry, error, NOW, Policy()).entry for error in errors] + [taken(entry, NOW)]
    texts = [document.encode(each) for each in kept]
    if road.is_secret_in_address:  # the journal must know where to send it
        texts = [json.dumps(json.loads(text)["entry"]["last_error"]) for text in texts]
    return "\n".join(texts)


def told_by(error: BaseException) -> list[str]:
    """Give everything an error and its causes say."""
    texts: list[str] = []
    at: BaseException | None = error
    while at is not None:
        texts += [str(at), repr(at)]
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return texts

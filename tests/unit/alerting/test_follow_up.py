"""Every changed card of a standing alert reaches systems, each under an id of its own."""

from dataclasses import replace

import pytest

from alerting.model import Card, Notice, NotifyReason
from tests.builders import judge, report
from tests.unit.alerting.test_engine import OneRecipient, World, stage, world


@pytest.fixture(autouse=True)
def _a_system_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OneRecipient, "person", replace(OneRecipient.person, is_system=True))


async def changed(here: World, *shortfall: str) -> int:
    standing = here.channel.notices[0].alert
    return await here.engine.follow_up.send(standing, Card(shortfall=shortfall))


def cards(notices: list[Notice]) -> list[Notice]:
    return [notice for notice in notices if notice.reason is NotifyReason.CARD]


async def test_cards_changed_while_the_journal_catches_up_are_all_sent() -> None:
    async with world(judge(stage())) as here:
        await here.feed(report(0, {"stage_m": 3.2}), report(300, {"stage_m": 3.2}))
        await here.told(1)
        assert await changed(here, "no pump") == 1
        here.journal.is_away = True
        await here.feed(report(600, {"stage_m": 4.2}), report(900, {"stage_m": 4.2}))
        here.journal.is_away = False
        assert here.engine.n_unrecorded
        assert await changed(here, "no pump", "no boat") == 1
        assert await changed(here, "no boat") == 1
        sent = cards(await here.told(5))
        await here.engine.tick()
        assert not here.engine.n_unrecorded
        kept = cards([entry.notice for entry in await here.journal.outbox(sent[0].alert.id)])
    shortfalls = [notice.card.shortfall for notice in sent if notice.card is not None]
    assert shortfalls == [("no pump",), ("no pump", "no boat"), ("no boat",)]
    assert len({notice.id for notice in sent}) == 3
    assert {notice.id for notice in kept} == {notice.id for notice in sent}

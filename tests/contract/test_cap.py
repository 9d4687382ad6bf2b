"""What the CAP channel adds to the contract: the right message for each notice, over real HTTP."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from alerting.cap.check import faults_of
from alerting.cap.read import read_message, tree_of
from alerting.cap.signature import Signer, verified
from alerting.cap.values import MEDIA_TYPE, Message
from alerting.channels.cap import CapChannel, CapRoadConfig
from alerting.channels.http import HttpConfig
from alerting.errors import DeliveryError
from alerting.model import Mark, Notice, NotifyReason, Transition
from alerting.model import TransitionKind as Step
from groundwatch.cap_desk import Ground
from groundwatch.cap_kept import KeptMessages
from tests.contract.receiver import receiving
from tests.contract.roads import TO, Recorded, cap_desk, error_of
from tests.unit.alerting_cap.values import alert_after, key_and_certificate, past
from tests.unit.alerting_delivery.values import NOW, make_card, make_notice


def notice_about(steps: list[Transition], **changes: object) -> Notice:
    notice = make_notice(alert_after(steps), to=replace(TO, channel="cap"))
    return replace(notice, transition=steps[-1], **changes)  # type: ignore[arg-type]


async def said(record: Recorded, notice: Notice) -> Message:
    return await cap_desk(record).message_for(notice)


async def test_the_request_is_a_signed_message_with_the_notice_id_as_key() -> None:
    key, certificate = key_and_certificate("ec")
    writer = Signer(key, certificate)
    notice = make_notice()
    async with receiving() as receiver:
        http = HttpConfig(allowed_hosts=("127.0.0.1",))
        desk = cap_desk(Recorded(), writer)
        config = CapRoadConfig(http=http)
        async with CapChannel(
            messages=desk, writer=writer, config=config, now=lambda: NOW
        ) as channel:
            to = replace(TO, channel="cap", address=receiver.url)
            await channel.send(replace(notice, recipient=to))
    request = receiver.received[0]
    assert request.headers["content-type"] == MEDIA_TYPE
    assert request.headers["idempotency-key"] == notice.id
    body = verified(tree_of, request.body, certificate.decode())
    assert faults_of(read_message(body).message) == []


async def test_an_update_names_what_the_record_knows() -> None:
    steps = past(Step.RAISED, Step.UPGRADED)
    message = await said(Recorded(*steps[:1]), notice_about(steps))
    assert message.kind == "Update"
    assert [each.identifier for each in message.references] == ["gw.alert-1.1"]


async def test_the_message_of_a_notice_is_that_of_the_feed() -> None:
    steps = past(Step.RAISED, Step.UPGRADED)
    record, alert = Recorded(*steps), alert_after(steps)
    issued = await cap_desk(record).issued(alert, steps[-1].detected_at)
    assert await said(record, notice_about(steps)) == issued[-1].message


async def test_a_message_once_given_out_stays_as_it_was_though_its_site_is_renamed() -> None:
    steps = past(Step.RAISED, Step.UPGRADED)
    record, alert = Recorded(*steps[:1]), alert_after(steps[:1])
    old = replace(cap_desk(record), ground=Ground([], {alert.site: "Old Yard"}))
    (first,) = await old.issued(alert, steps[0].detected_at)
    assert "Old Yard" in first.message.infos[0].areas[0].description
    record.steps = list(steps)
    new = replace(
        cap_desk(record),
        ground=Ground([], {alert.site: "New Yard"}),
        kept=KeptMessages(record=record),
    )
    again, second = await new.issued(alert_after(steps), steps[-1].detected_at)
    assert again.message == first.message
    assert "New Yard" in second.message.infos[0].areas[0].description
    assert await new.message_for(notice_about(steps)) == second.message


async def test_while_the_record_is_away_a_message_goes_out_all_the_same() -> None:
    steps = past(Step.RAISED)
    record = Recorded(*steps)
    record.is_away = True
    message = await said(record, notice_about(steps))
    assert message.identifier == "gw.alert-1.1"
    assert record.given == {}


async def test_a_card_that_follows_is_an_update() -> None:
    steps = past(Step.RAISED)
    notice = notice_about(steps, reason=NotifyReason.CARD, card=make_card())
    message = await said(Recorded(*steps), notice)
    assert (message.kind, message.identifier) == ("Update", "gw.alert-1.1.card")


@pytest.mark.parametrize("reason", [NotifyReason.REPEAT, NotifyReason.RENEWED])
async def test_a_reminder_says_the_newest_again(reason: NotifyReason) -> None:
    steps = past(Step.RAISED)
    early = [replace(steps[0], detected_at=NOW - timedelta(hours=30))]
    notice = notice_about(early, reason=reason)
    assert (await said(Recorded(*early), notice)).identifier == "gw.alert-1.1.r2"


async def test_without_the_record_a_warning_goes_out_and_says_so() -> None:
    record = Recorded()
    record.is_away = True
    steps = past(Step.RAISED, Step.UPGRADED)
    message = await said(record, notice_about(steps))
    assert faults_of(message) == []
    assert "the record is away" in message.note


async def test_an_order_is_no_message() -> None:
    notice = notice_about(past(Step.RAISED), task="t-1")
    with pytest.raises(DeliveryError, match="an order is no message of CAP"):
        await said(Recorded(), notice)


async def test_without_the_record_an_end_waits() -> None:
    record = Recorded()
    record.is_away = True
    channel = CapChannel(
        messages=cap_desk(record),
        writer=cap_desk(record).writer,
        config=CapRoadConfig(),
        now=lambda: NOW,
    )
    error = await error_of(channel, notice_about(past(Step.RAISED, Step.CLEARED)))
    await channel.close()
    assert error.retryable
    assert "the journal is away" in error.reason


async def test_an_exercise_has_identifiers_of_its_own() -> None:
    steps = past(Step.RAISED)
    message = await said(Recorded(*steps), notice_about(steps, mark=Mark.EXERCISE))
    assert (message.status, message.identifier) == ("Exercise", "gw.alert-1.1.exercise")


def test_an_address_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(ValueError, match="http"):
        CapRoadConfig(url=SecretStr("ftp://x/y"))

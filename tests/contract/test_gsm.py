"""What a GSM modem adds to the contract of channels: real libGammu at a serial line."""

import asyncio
import threading
from dataclasses import dataclass, field, replace

import pytest
from pydantic import SecretStr

from alerting.channels.gammu_door import GammuModem, ModemFailed, is_installed
from alerting.channels.sms_gsm import GsmConfig, SmsGsm
from tests.contract.modem import stand_in
from tests.contract.roads import PHONE, TO, error_of
from tests.unit.alerting_delivery.values import NOW, make_card, make_notice

SMS_TO = replace(TO, channel="sms", address=PHONE)
needs_gammu = pytest.mark.skipif(not is_installed(), reason="python-gammu is not installed")


@needs_gammu
async def test_a_message_in_parts_arrives_as_one() -> None:
    with stand_in() as modem:
        channel = SmsGsm(config=GsmConfig(name="sms", device=modem.path), now=lambda: NOW)
        notice = make_notice(to=replace(SMS_TO, language="zh"), card=make_card())
        receipt = await channel.send(notice)
        await channel.close()
    assert receipt.reference == "1 2 3 4"
    assert {pdu.coding for pdu in modem.pdus} == {8}
    assert [pdu.udh[4:] for pdu in modem.pdus] == [bytes([4, n]) for n in (1, 2, 3, 4)]
    assert len({pdu.udh[3] for pdu in modem.pdus}) == 1
    assert modem.texts().startswith("橙色警报：风速，")


@needs_gammu
def test_a_wrong_pin_is_tried_once_because_three_lock_the_card() -> None:
    with stand_in(pin="1234") as modem:
        door = GammuModem(device=modem.path, connection="at115200", pin=SecretStr("9999"))
        for _ in range(2):
            with pytest.raises(ModemFailed) as caught:
                door.send(PHONE, ["x"], is_plain=True, reference=1)
            assert not caught.value.may_pass
            assert "9999" not in str(caught.value)
        door.close()
    assert modem.n_pins == 1


@needs_gammu
async def test_a_modem_that_is_not_there_may_come_back() -> None:
    config = GsmConfig(name="sms", device="/dev/there-is-no-such-modem")
    channel = SmsGsm(config=config, now=lambda: NOW)
    error = await error_of(channel, make_notice(to=SMS_TO))
    await channel.close()
    assert error.retryable


@dataclass
class SlowModem:
    """A modem that waits until it is let go; keeps what it sent."""

    sent: list[str] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)

    def send(self, number: str, parts: tuple[str, ...], *, is_plain: bool, reference: int) -> str:
        del number, is_plain, reference
        assert self.go.wait(20)
        self.sent.append("".join(parts))
        return str(len(self.sent))

    def close(self) -> None:
        self.go.set()


def slow() -> tuple[SlowModem, SmsGsm]:
    modem = SlowModem()
    config = GsmConfig(name="sms", device="/dev/null")
    return modem, SmsGsm(config=config, now=lambda: NOW, modem=modem)


async def test_a_notice_that_is_tried_again_while_it_is_under_way_goes_out_once() -> None:
    modem, channel = slow()
    notice = make_notice(to=SMS_TO)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await channel.send(notice)
    modem.go.set()
    assert (await channel.send(notice)).reference == "1"
    assert (await channel.send(notice)).reference == "1"
    await channel.close()
    assert len(modem.sent) == 1


async def test_what_has_not_begun_is_taken_back_when_its_notice_is() -> None:
    modem, channel = slow()
    people = [replace(SMS_TO, id=f"person-{n}") for n in range(3)]

    async def everybody() -> None:
        async with asyncio.timeout(0.2), asyncio.TaskGroup() as group:
            for person in people:
                group.create_task(channel.send(make_notice(to=person)))

    with pytest.raises(TimeoutError):
        await everybody()
    modem.go.set()
    await channel.close()
    assert len(modem.sent) == 1


async def test_more_than_a_modem_can_send_is_refused_for_now() -> None:
    modem, channel = slow()
    people = [replace(SMS_TO, id=f"person-{n}") for n in range(51)]
    async with asyncio.TaskGroup() as group:
        sending = [group.create_task(channel.send(make_notice(to=one))) for one in people[:50]]
        await asyncio.sleep(0)
        error = await error_of(channel, make_notice(to=people[50]))
        assert error.retryable
        assert "50 messages wait" in error.reason
        modem.go.set()
    assert len({task.result().notice_id for task in sending}) == 50
    await channel.close()


@pytest.mark.parametrize(
    "options", [{"pin": SecretStr("12")}, {"pin": SecretStr("abcd")}, {"connection": "fbus"}]
)
def test_settings_that_cannot_work_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"4 to 8 digits|at115200"):
        GsmConfig(name="sms", device="/dev/ttyUSB0", **options)  # type: ignore[arg-type]

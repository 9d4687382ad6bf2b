"""What SMPP adds to the contract of channels, against a centre that speaks it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from alerting.channels.sms_smpp import SmppConfig, SmsSmpp
from alerting.render.gsm import gsm_octets, gsm_size, is_gsm
from tests.contract.roads import PHONE, TO, error_of
from tests.contract.smsc import Centre, centre
from tests.unit.alerting_delivery.values import NOW, HandClock, make_card, make_notice

PASSWORD = "smpp-pw1"
SMS_TO = replace(TO, channel="sms", address=PHONE)


def channel_to(found: Centre, clock: HandClock | None = None, **options: object) -> SmsSmpp:
    config = SmppConfig(
        name="sms",
        host="127.0.0.1",
        port=found.port,
        system_id="groundwatch",
        password=SecretStr(PASSWORD),
        source="Groundwatch",
        **options,  # type: ignore[arg-type]
    )
    ticks = clock or HandClock()
    return SmsSmpp(config=config, now=lambda: NOW, monotonic=lambda: ticks.at.timestamp())


async def test_a_chinese_message_goes_in_parts_of_67_with_one_reference() -> None:
    async with centre(PASSWORD) as found:
        channel = channel_to(found)
        notice = make_notice(to=replace(SMS_TO, language="zh"), card=make_card())
        receipt = await channel.send(notice)
        await channel.close()
    assert {part.coding for part in found.parts} == {8}
    assert len({part.udh[3] for part in found.parts}) == 1
    assert [part.udh[4:] for part in found.parts] == [bytes([4, n]) for n in (1, 2, 3, 4)]
    assert all(len(part.octets) <= 134 for part in found.parts)
    assert found.texts().startswith("橙色警报：风速，")
    assert receipt.reference == "part-1 part-2 part-3 part-4"
    assert {part.to for part in found.parts} == {"8600000000101"}


async def test_an_english_message_in_the_alphabet_is_one_part() -> None:
    async with centre(PASSWORD) as found:
        channel = channel_to(found)
        await channel.send(make_notice(to=SMS_TO))
        await channel.close()
    (part,) = found.parts
    assert (part.coding, part.udh) == (0, b"")


async def test_one_session_serves_many_and_is_asked_after_a_rest() -> None:
    clock = HandClock()
    async with centre(PASSWORD) as found:
        channel = channel_to(found, clock)
        for _ in range(3):
            await channel.send(make_notice(to=SMS_TO))
        assert (found.n_binds, found.n_enquired) == (1, 0)
        clock.at += timedelta(minutes=1)
        await channel.send(make_notice(to=SMS_TO))
        assert (found.n_binds, found.n_enquired) == (1, 1)
        found.cut()
        clock.at += timedelta(minutes=1)
        await channel.send(make_notice(to=SMS_TO))
        assert found.n_binds == 2
        await channel.close()


async def test_what_the_centre_asks_in_between_is_answered() -> None:
    async with centre(PASSWORD) as found:
        channel = channel_to(found)
        found.script.append("late")
        await channel.send(make_notice(to=SMS_TO))
        await channel.send(make_notice(to=SMS_TO))
        assert found.n_answered == 1
        await channel.close()


@pytest.mark.parametrize(
    ("status", "retryable", "wait_s"),
    [(0x58, True, 5.0), (0x14, True, 10.0), (0x08, True, None), (0x0B, False, None),
     (0x0A, False, None), (0xFF, False, None)],
)  # fmt: skip
async def test_a_status_says_whether_to_try_again(
    status: int, retryable: bool, wait_s: float | None
) -> None:
    async with centre(PASSWORD) as found:
        channel = channel_to(found)
        found.script.append(status)
        error = await error_of(channel, make_notice(to=SMS_TO))
        await channel.close()
    assert (error.retryable, error.retry_after_s) == (retryable, wait_s)
    assert f"0x{status:02X}" in error.reason


@pytest.mark.parametrize("trick", ["drop", "silent"])
async def test_a_line_that_breaks_is_not_used_again(trick: str) -> None:
    async with centre(PASSWORD) as found:
        channel = channel_to(found, timeout_s=0.3)
        found.script.append(trick)
        assert (await error_of(channel, make_notice(to=SMS_TO))).retryable
        assert (await channel.send(make_notice(to=SMS_TO))).notice_id
        assert found.n_binds == 2
        await channel.close()


async def test_a_wrong_password_is_final_and_nobody_listening_is_not() -> None:
    async with centre("another") as found:
        channel = channel_to(found)
        error = await error_of(channel, make_notice(to=SMS_TO))
        assert "0x0E: invalid password" in error.reason
        assert not error.retryable
        await channel.close()
    assert (await error_of(channel_to(found), make_notice(to=SMS_TO))).retryable


@given(st.text(alphabet="@£$_ÅΔ abcXYZ019äöüà^{}[]~|€\\\f\n", max_size=300))
def test_the_alphabet_has_one_octet_a_unit(text: str) -> None:
    assert is_gsm(text)
    octets = gsm_octets(text)
    assert len(octets) == gsm_size(text)
    assert max(octets, default=0) < 0x80


@pytest.mark.parametrize(
    ("sign", "octets"),
    [("@", b"\x00"), ("$", b"\x02"), ("_", b"\x11"), ("A", b"A"), ("z", b"z"), ("ä", b"\x7b"),
     ("à", b"\x7f"), ("€", b"\x1b\x65"), ("[", b"\x1b\x3c"), ("Δ", b"\x10"), ("¿", b"\x60")],
)  # fmt: skip
def test_codes_are_those_of_the_standard(sign: str, octets: bytes) -> None:
    assert gsm_octets(sign) == octets


@pytest.mark.parametrize(
    "options", [{"password": SecretStr("longer-than-eight")}, {"source": "a name too long"}]
)
def test_settings_the_protocol_has_no_room_for_are_refused(options: dict[str, object]) -> None:
    given = {
        "name": "sms",
        "host": "smsc.example",
        "system_id": "gw",
        "password": SecretStr("x"),
        "source": "+8600000000100",
        **options,
    }
    with pytest.raises(ValueError, match=r"SMPP has room|the source is"):
        SmppConfig(**given)  # type: ignore[arg-type]

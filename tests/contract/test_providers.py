"""What providers' codes mean for us, and settings of theirs that cannot be used."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import SecretStr

from alerting.channels.bot import BotConfig
from alerting.channels.sms_aliyun import AliyunConfig
from alerting.channels.sms_http import SmsHttpConfig
from alerting.channels.success import Expression
from alerting.channels.wecom import WeCom
from tests.contract.receiver import receiving
from tests.contract.roads import (
    ROADS,
    SECRET,
    TO,
    TOKEN,
    Opened,
    aliyun_road,
    bot_road,
    error_of,
    tencent_road,
)
from tests.contract.vendors import WeComRobot
from tests.unit.alerting_delivery.values import NOW, make_card, make_notice


@pytest.mark.parametrize(
    ("road", "wait_s"),
    [
        (ROADS["wecom, over its rate"], 60.0),
        (ROADS["dingtalk, busy"], 60.0),
        (ROADS["aliyun, over its rate"], 60.0),
        (ROADS["tencent, over its rate"], 30.0),
    ],
)
async def test_a_rate_says_how_long_to_wait(road: Callable[[], Opened], wait_s: float) -> None:
    async with road() as opened:
        opened.break_it()
        error = await error_of(opened.channel, make_notice(to=opened.to))
    assert (error.retryable, error.retry_after_s) == (True, wait_s)


@pytest.mark.parametrize("road", [aliyun_road, tencent_road])
async def test_a_limit_of_the_day_is_final_so_that_the_next_road_is_taken(
    road: Callable[..., Opened],
) -> None:
    async with road(failing="day") as opened:
        opened.break_it()
        error = await error_of(opened.channel, make_notice(to=opened.to))
    assert not error.retryable


@pytest.mark.parametrize("reply", [b"", b"<html>", b"[]", b'{"errcode": 0, "err'])
async def test_an_answer_that_cannot_be_read_is_asked_for_again(reply: bytes) -> None:
    async with receiving(reply=reply) as receiver:
        config = BotConfig(name="group", url=SecretStr(f"{receiver.url}?key={TOKEN}"))
        channel = WeCom(config=config, now=lambda: NOW)
        error = await error_of(channel, make_notice(to=replace(TO, channel="group")))
        await channel.close()
    assert error.retryable


async def test_a_wrong_secret_is_final() -> None:
    robot = WeComRobot(TOKEN, "")
    async with bot_road(WeCom, robot) as opened:
        robot.token = "another-token"
        error = await error_of(opened.channel, make_notice(to=opened.to))
    assert not error.retryable
    assert "93000" in error.reason


async def test_a_long_notice_keeps_its_first_lines() -> None:
    robot = WeComRobot(TOKEN, "")
    async with bot_road(WeCom, robot) as opened:
        notice = make_notice(to=opened.to, card=make_card(), remarks=("long " * 1000,))
        await opened.channel.send(notice)
    assert robot.texts[0].startswith("[ORANGE] New alert")
    assert robot.texts[0].endswith("…")
    assert robot.called == [["00000000101"]]


GOOD = '{"to": "{to}", "text": "{text}"}'


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"body": '{"to": "{to}", "text": {text}}'}, "no JSON"),
        ({"body": '{"to": "{to}"}'}, "{text} or {colour}"),
        ({"body": '{"to": "{to}", "text": "{txt}"}'}, "there is no slot {txt}"),
        ({"body": '{"to": "{to}", "text": "{text}", "p": "{secret}"}'}, "no secret is set"),
        ({"body": GOOD, "success": "json.code = 0"}, "cannot be read"),
        ({"body": GOOD, "headers": {"X": "{text}"}}, "headers may have"),
        ({"url": SecretStr("http://{to}.example/?t={text}&to={to}")}, "host of the address"),
        ({"url": SecretStr("ftp://x.example/{to}{text}")}, "allowed: http, https"),
    ],
)
def test_settings_of_http_that_cannot_work_are_refused(
    options: dict[str, object], why: str
) -> None:
    given = {"name": "sms", "url": SecretStr("http://sms.example/send"), **options}
    with pytest.raises(ValueError, match=why.replace("{", r"\{")) as caught:
        SmsHttpConfig(**given)  # type: ignore[arg-type]
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("params", "why"), [({"a": "txt"}, "no piece 'txt'"), ({"a": "what"}, "exercises from alerts")]
)
def test_variables_of_templates_that_cannot_work_are_refused(
    params: dict[str, str], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        AliyunConfig(
            name="sms",
            key_id="x",
            key_secret=SecretStr(SECRET),
            sign_name="示例",
            template="SMS_1",
            params=params,
        )


@pytest.mark.parametrize(
    ("expression", "status", "text", "holds"),
    [
        ("status == 200", 200, "", True),
        ("status != 200", 200, "", False),
        ("status in [200, 202]", 202, "", True),
        ('text contains "OK"', 200, "0 OK 17", True),
        ('text contains "OK"', 200, "error", False),
        ("json.code == 0", 200, '{"code": 0}', True),
        ("json.code == 0", 200, '{"code": "0"}', False),
        ("json.code == 0", 200, "not json", False),
        ("json.code != 0", 200, "not json", True),
        ("json.a.0.b in [1, 2]", 200, '{"a": [{"b": 2}]}', True),
        ("json.a.3.b in [1, 2]", 200, '{"a": [{"b": 2}]}', False),
        ("status == 200 and json.code == 0", 500, '{"code": 0}', False),
        ('json.m == "a and b" and status == 200', 200, '{"m": "a and b"}', True),
        ('json.m contains "x"', 200, '{"m": 3}', False),
    ],
)
def test_an_expression_holds_or_not(expression: str, status: int, text: str, holds: bool) -> None:
    assert Expression.of(expression).holds(status, text) is holds

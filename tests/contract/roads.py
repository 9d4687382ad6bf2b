"""Every channel with every option, each with a real far end, for the conformance suite.

A road is opened by its name in `ROADS`. Its `says` is what must reach the far end of a full notice,
`each` what stands in it once a notice, `secrets` what may show nowhere.
"""

import io
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import pytest
import trustme
from pydantic import SecretStr

from alerting.cap.message import CapConfig
from alerting.cap.sign import Unsigned, Writer
from alerting.cap.signature import Signer
from alerting.channels.bot import BotConfig
from alerting.channels.cap import CapChannel, CapRoadConfig
from alerting.channels.console import Console
from alerting.channels.dingtalk import DingTalk
from alerting.channels.email import Email, EmailConfig, Security
from alerting.channels.feishu import Feishu
from alerting.channels.gammu_door import is_installed
from alerting.channels.http import HttpConfig
from alerting.channels.sms_aliyun import Aliyun, AliyunConfig
from alerting.channels.sms_gsm import GsmConfig, SmsGsm
from alerting.channels.sms_http import SmsHttp, SmsHttpConfig
from alerting.channels.sms_smpp import SmppConfig, SmsSmpp
from alerting.channels.sms_tencent import Tencent, TencentConfig
from alerting.channels.voice import Voice, VoiceConfig
from alerting.channels.webhook import Webhook, WebhookConfig
from alerting.channels.wecom import WeCom
from alerting.errors import DeliveryError, JournalError
from alerting.model import Alert, Notice, OutboxEntry, Recipient, Transition
from alerting.ports import Channel
from groundwatch.cap_desk import CapDesk, Ground
from groundwatch.cap_kept import KeptMessages
from tests.contract.mail import Mailbox, post_office
from tests.contract.modem import stand_in
from tests.contract.receiver import Receiver, receiving
from tests.contract.smsc import centre
from tests.contract.vendors import (
    AliyunGateway,
    DingTalkRobot,
    FeishuRobot,
    PlainGateway,
    TencentGateway,
    Vendor,
    VoiceGateway,
    WeComRobot,
)
from tests.unit.alerting_cap.values import key_and_certificate
from tests.unit.alerting_delivery.values import NOW

SECRET = "correct-horse-battery-staple"
TOKEN = "tok3n-in-the-address"
TO = Recipient(id="room", name="Duty Room", channel="webhook", address="")
WHOLE = ("21.4", "JGJ 196", "huanghe-tower", "T7 (example)", "said beside it")


@dataclass(kw_only=True)
class Road:
    """One channel under test with the far end it writes to."""

    channel: Channel
    to: Recipient
    break_it: Callable[[], None]
    arrived: Callable[[], str]
    ruin: Callable[[], Recipient]
    says: tuple[str, ...] = WHOLE
    says_zh: str = "风速"
    each: str = "gust of 21.4 m/s, twice in a row"
    secrets: tuple[str, ...] = (SECRET, TOKEN)
    is_secret_in_address: bool = False
    many: int = 40


Opened = AbstractAsyncContextManager[Road]


async def error_of(channel: Channel, notice: Notice) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await channel.send(notice)
    return caught.value


@asynccontextmanager
async def webhook(
    *, secret: str | None = SECRET, name: str = "webhook", **options: object
) -> AsyncIterator[Webhook]:
    http = HttpConfig(**{"allowed_hosts": ("127.0.0.1",), **options})  # type: ignore[arg-type]
    config = WebhookConfig(name=name, secret=SecretStr(secret) if secret else None, http=http)
    async with Webhook(config=config, now=lambda: NOW) as channel:
        yield channel


@asynccontextmanager
async def webhook_road(*, secret: str | None = SECRET) -> AsyncIterator[Road]:
    async with receiving() as receiver, webhook(secret=secret) as channel:
        to = replace(TO, address=receiver.url + f"/{TOKEN}?key={TOKEN}")
        bad = replace(TO, address=f"http://user:{SECRET}@127.0.0.1:1/{TOKEN}?key={TOKEN}")
        yield Road(
            channel=channel,
            to=to,
            break_it=partial(receiver.script.append, "reset"),
            arrived=partial(bodies, receiver),
            ruin=lambda: bad,
            is_secret_in_address=True,
        )


@asynccontextmanager
async def webhook_in_settings() -> AsyncIterator[Road]:
    async with receiving() as receiver:
        url = SecretStr(f"{receiver.url}/{TOKEN}?key={TOKEN}")
        config = WebhookConfig(name="office", url=url, secret=SecretStr(SECRET))
        async with Webhook(config=config, now=lambda: NOW) as channel:
            yield Road(
                channel=channel,
                to=replace(TO, channel="office"),
                break_it=partial(receiver.script.append, "reset"),
                arrived=partial(bodies, receiver),
                ruin=partial(refusing, receiver, replace(TO, channel="office")),
            )


def bodies(receiver: Receiver) -> str:
    return "\n".join(request.body.decode() for request in receiver.received)


def refusing(receiver: Receiver, to: Recipient) -> Recipient:
    """Let the far end refuse the next request for good."""
    receiver.script.append("403")
    return to


class TornStream(io.StringIO):
    """A pipe whose reader goes away for one write."""

    is_torn = False

    def tear(self) -> None:
        self.is_torn = True

    def write(self, text: str, /) -> int:
        if self.is_torn:
            self.is_torn = False
            raise BrokenPipeError(32, "Broken pipe")
        return super().write(text)


@asynccontextmanager
async def console_road() -> AsyncIterator[Road]:
    stream = TornStream()
    to = replace(TO, channel="console", address="+86 000 0000 0101")
    channel = Console(stream=stream, now=lambda: NOW)

    def close() -> Recipient:
        stream.close()
        return to

    said = ""

    def arrived() -> str:
        nonlocal said
        said = said if stream.closed else stream.getvalue()
        return said

    yield Road(channel=channel, to=to, break_it=stream.tear, arrived=arrived, ruin=close)
    await channel.close()


Bot = type[WeCom] | type[DingTalk] | type[Feishu]
Robot = WeComRobot | DingTalkRobot | FeishuRobot
PHONE = "+86 000 0000 0101"
SMS = ("ORANGE", "21.4", "huanghe-tower", "T7 (example)")
PIECES = {"a": "colour", "b": "what", "c": "where", "d": "value", "e": "taken", "f": "near"}


@asynccontextmanager
async def vendor_road(
    vendor: Vendor,
    make: Callable[[Receiver], Channel],
    *,
    to: Recipient,
    failing: str = "reset",
    ruining: str = "refuse",
    **more: object,
) -> AsyncIterator[Road]:
    """Open a channel to a vendor; `failing` is how it fails for a while: `reset`, `503`, `busy`."""
    async with receiving(reply_to=vendor.reply) as receiver:
        channel = make(receiver)

        def break_it() -> None:
            (vendor if failing in ("busy", "day") else receiver).script.append(failing)

        def ruin() -> Recipient:
            (vendor if ruining == "refuse" else receiver).script.append(ruining)
            return to

        yield Road(
            channel=channel,
            to=to,
            break_it=break_it,
            arrived=vendor.arrived,
            ruin=ruin,
            **more,  # type: ignore[arg-type]
        )
        await channel.close()  # type: ignore[attr-defined]


def bot_road(kind: Bot, robot: Robot, *, failing: str = "reset") -> Opened:
    def make(receiver: Receiver) -> Channel:
        url = SecretStr(f"http://127.0.0.1:{receiver.port}{robot.path}")
        secret = SecretStr(robot.secret) if robot.secret else None
        config = BotConfig(name="group", url=url, secret=secret)
        return kind(config=config, now=lambda: NOW)

    to = replace(TO, channel="group", address=robot.person)
    return vendor_road(robot, make, to=to, failing=failing)


def aliyun_road(*, failing: str = "reset") -> Opened:
    def make(receiver: Receiver) -> Channel:
        config = AliyunConfig(
            name="sms",
            key_id="example-key-id",
            key_secret=SecretStr(SECRET),
            sign_name="示例预警",
            template="SMS_000000001",
            params=PIECES,
            url=f"http://127.0.0.1:{receiver.port}/",
        )
        return Aliyun(config=config, now=lambda: NOW)

    vendor = AliyunGateway(TOKEN, SECRET, params=tuple(PIECES))
    to = replace(TO, channel="sms", address=PHONE)
    return vendor_road(vendor, make, to=to, failing=failing, says=SMS, each="21.4 m/s")


def tencent_road(*, failing: str = "reset") -> Opened:
    def make(receiver: Receiver) -> Channel:
        config = TencentConfig(
            name="sms",
            key_id="example-key-id",
            key_secret=SecretStr(SECRET),
            app_id="1400000000",
            sign_name="示例预警",
            template="1",
            params=tuple(PIECES.values()),
            longest=35,
            url=f"http://127.0.0.1:{receiver.port}/",
        )
        return Tencent(config=config, now=lambda: NOW)

    vendor = TencentGateway(TOKEN, SECRET, n_params=len(PIECES), longest=35)
    to = replace(TO, channel="sms", address=PHONE)
    return vendor_road(vendor, make, to=to, failing=failing, says=SMS, each="21.4 m/s")


_PLAIN_OPTIONS: Mapping[str, Mapping[str, object]] = {
    "json": {
        "body": '{"to": "{to}", "text": "{text}", "key": "{key}"}',
        "headers": {"X-Password": "{secret}"},
    },
    "form": {"body": "to={to}&text={text}&password={secret}", "body_type": "form"},
    "query": {"method": "GET"},
}


def sms_http_road(kind: str, *, failing: str = "reset") -> Opened:
    def make(receiver: Receiver) -> Channel:
        query = "?to={to}&text={text}&password={secret}" if kind == "query" else ""
        config = SmsHttpConfig(
            name="sms",
            url=SecretStr(f"http://127.0.0.1:{receiver.port}/send{query}"),
            secret=SecretStr(SECRET),
            success="status == 200 and json.code == 0",
            passing="json.code == 8",
            reference="json.data.0.id",
            **_PLAIN_OPTIONS[kind],  # type: ignore[arg-type]
        )
        return SmsHttp(config=config, now=lambda: NOW)

    vendor = PlainGateway(TOKEN, SECRET, body_type=kind)
    to = replace(TO, channel="sms", address=PHONE)
    return vendor_road(vendor, make, to=to, failing=failing, says=SMS, each="21.4 m/s")


class Recorded:
    """A record that holds what it is given; `is_away` makes it answer nothing."""

    def __init__(self, *steps: Transition) -> None:
        self.steps = list(steps)
        self.given: dict[str, str] = {}
        self.is_away = False

    async def alerts(self, **_: object) -> list[Alert]:
        return []

    async def transitions(self, alert_id: str) -> list[Transition]:
        if self.is_away:
            raise JournalError("away")
        return [step for step in self.steps if step.alert_id == alert_id]

    async def outbox(self, alert_id: str) -> list[OutboxEntry]:
        del alert_id
        return []

    async def cap_messages(self, made: Mapping[str, str]) -> dict[str, str]:
        if self.is_away:
            raise JournalError("away")
        for identifier, text in made.items():
            self.given.setdefault(identifier, text)
        return {identifier: self.given[identifier] for identifier in made}


def cap_desk(record: Recorded, writer: Writer | None = None) -> CapDesk:
    return CapDesk(
        record=record,
        ground=Ground([], {}),
        config=CapConfig(sender="gw.example"),
        writer=writer or Unsigned(),
        now=lambda: NOW,
        kept=KeptMessages(record=record),
    )


@asynccontextmanager
async def cap_road(*, is_signed: bool) -> AsyncIterator[Road]:
    key, certificate = key_and_certificate()
    writer = Signer(key, certificate) if is_signed else Unsigned()
    async with receiving() as receiver:
        config = CapRoadConfig(http=HttpConfig(allowed_hosts=("127.0.0.1",)))
        desk = cap_desk(Recorded(), writer)
        async with CapChannel(
            messages=desk, writer=writer, config=config, now=lambda: NOW
        ) as channel:
            to = replace(TO, channel="cap", address=f"{receiver.url}/{TOKEN}?key={TOKEN}")
            bad = replace(to, address=f"http://user:{SECRET}@127.0.0.1:1/{TOKEN}?key={TOKEN}")
            yield Road(
                channel=channel,
                to=to,
                break_it=partial(receiver.script.append, "reset"),
                arrived=partial(bodies, receiver),
                ruin=lambda: bad,
                says_zh="现场自有监测信息",
                secrets=(SECRET, TOKEN, key.decode().splitlines()[3]),
                is_secret_in_address=True,
            )


CALLBACK = "https://gw.example/api/v1/calls/duty"


def voice_road(*, callback: str = CALLBACK, failing: str = "reset") -> Opened:
    def make(receiver: Receiver) -> Channel:
        config = VoiceConfig(
            name="voice",
            url=SecretStr(f"http://127.0.0.1:{receiver.port}/calls/{TOKEN}"),
            secret=SecretStr(SECRET),
            callback=callback,
        )
        return Voice(config=config, now=lambda: NOW)

    says = ("Orange alert", "21.4 metres a second", "limit 20 metres a second", "huanghe-tower")
    return vendor_road(
        VoiceGateway(TOKEN, SECRET),
        make,
        to=replace(TO, channel="voice", address=PHONE),
        failing=failing,
        ruining="403",
        says=says,
        each="21.4 metres a second",
    )


@asynccontextmanager
async def email_road(security: Security, *, is_known: bool = True) -> AsyncIterator[Road]:
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    context = {"starttls": {"starttls": server_side}, "tls": {"tls": server_side}}
    mailbox = Mailbox(password=SECRET if is_known else "")
    async with post_office(mailbox, **context.get(security, {})):
        config = EmailConfig(
            name="mail",
            host="127.0.0.1",
            port=mailbox.port,
            sender="Groundwatch <gw@office.example>",
            security=security,
            user="gw" if is_known else None,
            password=SecretStr(SECRET) if is_known else None,
            tls=trusting,
        )
        channel = Email(config=config, now=lambda: NOW)
        to = replace(TO, channel="mail", address="duty@office.example")

        def ruin() -> Recipient:
            mailbox.script.append(f"550 no such mailbox {SECRET if is_known else chr(33)}")
            return to

        yield Road(
            channel=channel,
            to=to,
            break_it=partial(mailbox.script.append, "451 greylisted, come again"),
            arrived=mailbox.texts,
            ruin=ruin,
            many=20,
        )


@asynccontextmanager
async def smpp_road(failing: str | int) -> AsyncIterator[Road]:
    password = SECRET[:8]
    async with centre(password) as found:
        config = SmppConfig(
            name="sms",
            host="127.0.0.1",
            port=found.port,
            system_id="groundwatch",
            password=SecretStr(password),
            source="+8600000000100",
        )
        channel = SmsSmpp(config=config, now=lambda: NOW)
        to = replace(TO, channel="sms", address=PHONE)

        def ruin() -> Recipient:
            found.script.append(0x0B)
            return to

        yield Road(
            channel=channel,
            to=to,
            break_it=partial(found.script.append, failing),
            arrived=found.texts,
            ruin=ruin,
            says=SMS,
            each="21.4 m/s",
            secrets=(password,),
        )
        await channel.close()


@asynccontextmanager
async def gsm_road() -> AsyncIterator[Road]:
    if not is_installed():
        pytest.skip("python-gammu is not installed")
    pin = "73914628"
    with stand_in(pin=pin) as modem:
        config = GsmConfig(name="sms", device=modem.path, pin=SecretStr(pin))
        channel = SmsGsm(config=config, now=lambda: NOW)
        yield Road(
            channel=channel,
            to=replace(TO, channel="sms", address=PHONE),
            break_it=partial(modem.script.append, "+CMS ERROR: 38"),
            arrived=modem.texts,
            ruin=lambda: replace(TO, channel="sms", address="nobody"),
            says=SMS,
            each="21.4 m/s",
            secrets=(pin,),
            many=2,
        )
        await channel.close()


ROADS: Mapping[str, Callable[[], Opened]] = {
    "webhook, signed": webhook_road,
    "webhook, unsigned": partial(webhook_road, secret=None),
    "webhook, address in the settings": webhook_in_settings,
    "console": console_road,
    "cap, signed": lambda: cap_road(is_signed=True),
    "cap, unsigned": lambda: cap_road(is_signed=False),
    "wecom": lambda: bot_road(WeCom, WeComRobot(TOKEN, "")),
    "wecom, over its rate": lambda: bot_road(WeCom, WeComRobot(TOKEN, ""), failing="busy"),
    "dingtalk, signed": lambda: bot_road(DingTalk, DingTalkRobot(TOKEN, SECRET)),
    "dingtalk, by key word": lambda: bot_road(DingTalk, DingTalkRobot(TOKEN, "")),
    "dingtalk, busy": lambda: bot_road(DingTalk, DingTalkRobot(TOKEN, SECRET), failing="busy"),
    "feishu, signed": lambda: bot_road(Feishu, FeishuRobot(TOKEN, SECRET)),
    "feishu, by key word": lambda: bot_road(Feishu, FeishuRobot(TOKEN, "")),
    "feishu, busy": lambda: bot_road(Feishu, FeishuRobot(TOKEN, SECRET), failing="busy"),
    "feishu, away": lambda: bot_road(Feishu, FeishuRobot(TOKEN, SECRET), failing="503"),
    "aliyun": aliyun_road,
    "aliyun, over its rate": partial(aliyun_road, failing="busy"),
    "tencent": tencent_road,
    "tencent, over its rate": partial(tencent_road, failing="busy"),
    "sms by http, json": partial(sms_http_road, "json"),
    "sms by http, form": partial(sms_http_road, "form"),
    "sms by http, query": partial(sms_http_road, "query"),
    "sms by http, busy": partial(sms_http_road, "json", failing="busy"),
    "voice, to be confirmed": voice_road,
    "voice, only spoken": partial(voice_road, callback=""),
    "voice, without a line": partial(voice_road, failing="busy"),
    "email, starttls and password": partial(email_road, "starttls"),
    "email, tls and password": partial(email_road, "tls"),
    "email, without protection": partial(email_road, "none", is_known=False),
    "smpp, throttled": partial(smpp_road, 0x58),
    "smpp, cut off": partial(smpp_road, "drop"),
    "gsm modem": gsm_road,
}

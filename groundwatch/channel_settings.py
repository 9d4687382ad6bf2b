"""What the settings say of each channel: `[channels.NAME]` with a `kind` and that kind's options.

`NAME` is the word that people files use. Each kind turns its options into the channel's own
configuration, which refuses what can never work, and says which addresses of people it can use.
"""

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from alerting.channels.bot import BotConfig, why_no_mentions
from alerting.channels.dingtalk import DingTalk
from alerting.channels.email import Email, EmailConfig, Security, why_no_mailbox
from alerting.channels.feishu import Feishu
from alerting.channels.gammu_door import ABSENT, is_installed
from alerting.channels.guard import AllowList, why_refused
from alerting.channels.http import HttpConfig
from alerting.channels.phone import why_no_number
from alerting.channels.siren import (
    SOUNDS_S,
    Siren,
    SirenConfig,
    Teller,
    why_no_siren,
)
from alerting.channels.sms_aliyun import Aliyun, AliyunConfig
from alerting.channels.sms_gsm import GsmConfig, SmsGsm
from alerting.channels.sms_http import SmsHttp, SmsHttpConfig
from alerting.channels.sms_smpp import SmppConfig, SmsSmpp
from alerting.channels.sms_tencent import Tencent, TencentConfig
from alerting.channels.voice import Voice, VoiceConfig
from alerting.channels.webhook import Foreign, Webhook, WebhookConfig
from alerting.channels.wecom import WeCom
from alerting.model import Severity
from alerting.ports import Channel
from alerting.render import SmsForm
from groundwatch.secret import Secret
from sensors.wording import matching

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_OWN_SECTION = {
    "console": "it has nothing to set, so leave this section out",
    "webhook": "its `secret` and `allowed_hosts` stand in a section `[webhook]` of their own",
    "cap": "what it needs stands in a section `[cap]` of its own",
}
BUILT_IN = tuple(_OWN_SECTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """How people come back to us: by links under `base_url`, by answers where those are heard."""

    base_url: str = ""
    hears_answers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadParts:
    """What channels are opened with: the clock on the wall, ways back to us, who tells devices.

    `foreign` says what systems of GB/T 35965 know a notice's message by.
    """

    now: Callable[[], datetime]
    back: Back = Back()
    teller: Teller
    foreign: Foreign | None = None


class ChannelEntry(BaseModel):
    """The options of one channel; a subclass for each kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="after")
    def _can_work(self) -> "ChannelEntry":
        self.config("channel", Back())
        return self

    def config(self, name: str, back: Back) -> Any:
        """Give the configuration of the channel; ValueError where it could never work."""
        raise NotImplementedError

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel; nothing connects yet."""
        raise NotImplementedError

    def why_refused(self, address: str) -> str | None:
        """Say why nobody can be reached at an address of the people file; None when they can."""
        raise NotImplementedError


class _Http(ChannelEntry):
    allowed_hosts: tuple[str, ...] = ()
    timeout_s: float = Field(default=10.0, ge=0.5, le=60.0)

    def http(self) -> HttpConfig:
        """Give how requests are made."""
        return HttpConfig(
            allowed_hosts=self.allowed_hosts,
            total_timeout_s=self.timeout_s,
            read_timeout_s=self.timeout_s,
        )


class WebhookEntry(_Http):
    """Signed JSON to an HTTP address: `url`, or that of the person where it has none."""

    kind: Literal["webhook"]
    url: Secret | None = None
    secret: Secret | None = None

    def config(self, name: str, back: Back) -> WebhookConfig:
        """Give the configuration of the channel."""
        del back
        return WebhookConfig(name=name, url=self.url, secret=self.secret, http=self.http())

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return Webhook(config=self.config(name, parts.back), now=parts.now, foreign=parts.foreign)

    def why_refused(self, address: str) -> str | None:
        """Say why an address cannot be posted to."""
        if not address and self.url is not None:
            return None
        return why_refused(address, AllowList.of(self.allowed_hosts))


class _Robot(_Http):
    url: Secret
    secret: Secret | None = None

    def config(self, name: str, back: Back) -> BotConfig:
        """Give the configuration of the channel."""
        return BotConfig(
            name=name, url=self.url, secret=self.secret, base_url=back.base_url, http=self.http()
        )

    def why_refused(self, address: str) -> str | None:
        """Say why an address names nobody of a group."""
        return why_no_mentions(address)


class WeComEntry(_Robot):
    """A group of WeCom; its robot has no secret but its address."""

    kind: Literal["wecom"]
    secret: None = None

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return WeCom(config=self.config(name, parts.back), now=parts.now)


class DingTalkEntry(_Robot):
    """A group of DingTalk; `secret` begins with SEC."""

    kind: Literal["dingtalk"]

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return DingTalk(config=self.config(name, parts.back), now=parts.now)


class FeishuEntry(_Robot):
    """A group of Feishu."""

    kind: Literal["feishu"]

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return Feishu(config=self.config(name, parts.back), now=parts.now)


class _Phone(ChannelEntry):
    def why_refused(self, address: str) -> str | None:
        """Say why an address is no telephone number."""
        return why_no_number(address)


class _Provider(_Http, _Phone):
    """A provider of short messages, which posts what people answer to `replies`."""

    answers: bool = True

    def hears(self, back: Back) -> bool:
        """Say whether an answer to a message of this channel is heard."""
        return self.answers and back.hears_answers


class _OwnNumber(_Phone):
    """Short messages from a number whose answers nobody reads for us, unless `answers` says so."""

    max_parts: int = Field(default=4, ge=1, le=10)
    answers: bool = False

    def form(self, back: Back) -> SmsForm:
        """Give how messages are written."""
        hears = self.answers and back.hears_answers
        return SmsForm(max_parts=self.max_parts, base_url=back.base_url, hears_answers=hears)


class AliyunEntry(_Provider):
    """Short messages of Alibaba Cloud; `params` names the piece that fills each variable."""

    kind: Literal["sms_aliyun"]
    key_id: str = Field(min_length=1, max_length=100)
    key_secret: Secret
    sign_name: str = Field(min_length=1, max_length=60)
    template: str = Field(min_length=1, max_length=60)
    template_en: str = Field(default="", max_length=60)
    params: Mapping[str, str] = {"text": "text"}
    longest: int = Field(default=35, ge=10, le=500)
    url: str = "https://dysmsapi.aliyuncs.com/"

    def config(self, name: str, back: Back) -> AliyunConfig:
        """Give the configuration of the channel."""
        return AliyunConfig(
            name=name,
            key_id=self.key_id,
            key_secret=self.key_secret,
            sign_name=self.sign_name,
            template=self.template,
            template_en=self.template_en,
            params=self.params,
            longest=self.longest,
            url=self.url,
            hears_answers=self.hears(back),
            http=self.http(),
        )

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return Aliyun(config=self.config(name, parts.back), now=parts.now)


class TencentEntry(_Provider):
    """Short messages of Tencent Cloud; `params` names the pieces that fill the variables."""

    kind: Literal["sms_tencent"]
    key_id: str = Field(min_length=1, max_length=100)
    key_secret: Secret
    app_id: str = Field(min_length=1, max_length=40)
    sign_name: str = Field(min_length=1, max_length=60)
    template: str = Field(min_length=1, max_length=60)
    template_en: str = Field(default="", max_length=60)
    params: tuple[str, ...] = ("text",)
    longest: int = Field(default=12, ge=6, le=500)
    region: str = "ap-guangzhou"
    url: str = "https://sms.tencentcloudapi.com/"

    def config(self, name: str, back: Back) -> TencentConfig:
        """Give the configuration of the channel."""
        return TencentConfig(
            name=name,
            key_id=self.key_id,
            key_secret=self.key_secret,
            app_id=self.app_id,
            sign_name=self.sign_name,
            template=self.template,
            template_en=self.template_en,
            params=self.params,
            longest=self.longest,
            region=self.region,
            url=self.url,
            hears_answers=self.hears(back),
            http=self.http(),
        )

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return Tencent(config=self.config(name, parts.back), now=parts.now)


class SmsHttpEntry(_Provider):
    """Short messages of any HTTP service (`alerting.channels.sms_http`)."""

    kind: Literal["sms_http"]
    url: Secret
    method: Literal["GET", "POST", "PUT"] = "POST"
    body: str = ""
    body_type: Literal["json", "form", "text"] = "json"
    headers: Mapping[str, str] = {}
    secret: Secret | None = None
    success: str = "status in [200, 201, 202, 204]"
    passing: str = ""
    reference: str = ""
    max_parts: int = Field(default=4, ge=1, le=10)

    def config(self, name: str, back: Back) -> SmsHttpConfig:
        """Give the configuration of the channel."""
        return SmsHttpConfig(
            name=name,
            url=self.url,
            method=self.method,
            body=self.body,
            body_type=self.body_type,
            headers=self.headers,
            secret=self.secret,
            success=self.success,
            passing=self.passing,
            reference=self.reference,
            form=SmsForm(
                max_parts=self.max_parts,
                base_url=back.base_url,
                hears_answers=self.hears(back),
            ),
            http=self.http(),
        )

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return SmsHttp(config=self.config(name, parts.back), now=parts.now)


class VoiceEntry(_Http, _Phone):
    """A voice service that calls people; it tells `calls/NAME` of our HTTP interface what came."""

    kind: Literal["voice"]
    url: Secret
    secret: Secret
    repeat: int = Field(default=2, ge=1, le=5)
    digit: Annotated[str, matching(r"[0-9*#]", "one key of a telephone: 0 to 9, * or #")] = "1"

    def config(self, name: str, back: Back) -> VoiceConfig:
        """Give the configuration of the channel."""
        return VoiceConfig(
            name=name,
            url=self.url,
            secret=self.secret,
            repeat=self.repeat,
            digit=self.digit,
            callback=f"{back.base_url.rstrip('/')}/api/v1/calls/{name}" if back.base_url else "",
            http=self.http(),
        )

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return Voice(config=self.config(name, parts.back), now=parts.now)


class EmailEntry(ChannelEntry):
    """E-mail through one SMTP server."""

    kind: Literal["email"]
    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=587, gt=0, lt=65536)
    security: Security = "starttls"
    user: str | None = None
    password: Secret | None = None
    sender: str = Field(min_length=3, max_length=320)
    timeout_s: float = Field(default=10.0, ge=0.5, le=60.0)
    tls_ca: Path | None = None

    def config(self, name: str, back: Back) -> EmailConfig:
        """Give the configuration of the channel; the authorities' file must be readable."""
        tls = None
        if self.tls_ca is not None:
            try:
                tls = ssl.create_default_context(cafile=str(self.tls_ca))
            except OSError as error:
                raise ValueError(f"{self.tls_ca} holds no certificates: {error}") from error
        return EmailConfig(
            name=name,
            host=self.host,
            port=self.port,
            security=self.security,
            user=self.user,
            password=self.password,
            sender=self.sender,
            base_url=back.base_url,
            timeout_s=self.timeout_s,
            tls=tls,
        )

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return Email(config=self.config(name, parts.back), now=parts.now)

    def why_refused(self, address: str) -> str | None:
        """Say why an address is no mailbox."""
        return why_no_mailbox(address)


class SmppEntry(_OwnNumber):
    """Short messages through a message centre over SMPP 3.4."""

    kind: Literal["sms_smpp"]
    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=2775, gt=0, lt=65536)
    system_id: str = Field(min_length=1, max_length=15)
    password: Secret
    source: str
    system_type: str = Field(default="", max_length=12)
    tls: bool = False
    timeout_s: float = Field(default=8.0, ge=0.5, le=14.0)

    def config(self, name: str, back: Back) -> SmppConfig:
        """Give the configuration of the channel."""
        return SmppConfig(
            name=name,
            host=self.host,
            port=self.port,
            system_id=self.system_id,
            password=self.password,
            source=self.source,
            system_type=self.system_type,
            tls=ssl.create_default_context() if self.tls else None,
            timeout_s=self.timeout_s,
            form=self.form(back),
        )

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return SmsSmpp(config=self.config(name, parts.back), now=parts.now)


class GsmEntry(_OwnNumber):
    """Short messages by a GSM modem at this machine, through libGammu."""

    kind: Literal["sms_gsm"]
    device: str = Field(min_length=1, max_length=200)
    connection: str = "at115200"
    pin: Secret | None = None

    def config(self, name: str, back: Back) -> GsmConfig:
        """Give the configuration of the channel; the library must be installed."""
        if not is_installed():
            raise ValueError(ABSENT)
        return GsmConfig(
            name=name,
            device=self.device,
            connection=self.connection,
            pin=self.pin,
            form=self.form(back),
        )

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return SmsGsm(config=self.config(name, parts.back), now=parts.now)


class SirenEntry(ChannelEntry):
    """Sirens on site, told by command; `seconds` says how long one sounds, by severity."""

    kind: Literal["siren"]
    seconds: Mapping[Literal["minor", "moderate", "severe", "extreme"], float] = {}
    trial_s: float = 2.0

    def config(self, name: str, back: Back) -> SirenConfig:
        """Give the configuration of the channel."""
        del back
        given = {Severity.of(word): seconds for word, seconds in self.seconds.items()}
        return SirenConfig(name=name, sounds_s={**SOUNDS_S, **given}, trial_s=self.trial_s)

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return Siren(config=self.config(name, parts.back), teller=parts.teller, now=parts.now)

    def why_refused(self, address: str) -> str | None:
        """Say why an address names no device."""
        return why_no_siren(address)


def _check_name(name: str) -> str:
    if name in BUILT_IN:
        raise ValueError(
            f"the channel `{name}` is always there: {_OWN_SECTION[name]}; a further channel needs"
            " another name, for example `[channels.office]`"
        )
    if not _NAME.fullmatch(name):
        raise ValueError(f"`{name[:40]}` is no name: small letters, digits and _, a letter first")
    return name


ENTRIES: tuple[type[ChannelEntry], ...] = (
    WebhookEntry,
    WeComEntry,
    DingTalkEntry,
    FeishuEntry,
    AliyunEntry,
    TencentEntry,
    SmsHttpEntry,
    VoiceEntry,
    EmailEntry,
    SmppEntry,
    GsmEntry,
    SirenEntry,
)

AnyEntry = Annotated[
    WebhookEntry
    | WeComEntry
    | DingTalkEntry
    | FeishuEntry
    | AliyunEntry
    | TencentEntry
    | SmsHttpEntry
    | VoiceEntry
    | EmailEntry
    | SmppEntry
    | GsmEntry
    | SirenEntry,
    Field(discriminator="kind"),
]
Channels = dict[Annotated[str, AfterValidator(_check_name)], AnyEntry]


def kind_of(entry: type[ChannelEntry]) -> str:
    """Give the word that chooses a kind."""
    found: str = entry.model_fields["kind"].annotation.__args__[0]  # type: ignore[union-attr]
    return found

"""What the settings say of channels of short messages: providers, message centres, modems."""

import ssl
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from alerting.channels.gammu_door import ABSENT, is_installed
from alerting.channels.sms_aliyun import Aliyun, AliyunConfig
from alerting.channels.sms_gsm import GsmConfig, SmsGsm
from alerting.channels.sms_http import SmsHttp, SmsHttpConfig
from alerting.channels.sms_smpp import SmppConfig, SmsSmpp
from alerting.channels.sms_tencent import Tencent, TencentConfig
from alerting.ports import Channel
from alerting.render import SmsForm
from groundwatch.channel_entry import Back, OverHttp, RoadParts, ToPhone
from groundwatch.secret import Secret


class _Provider(OverHttp, ToPhone):
    """A provider of short messages, which posts what people answer to `replies`."""

    answers: bool = True
    """Whether what people answer comes to `[replies]`."""

    def hears(self, back: Back) -> bool:
        """Say whether an answer to a message of this channel is heard."""
        return self.answers and back.hears_answers


class _OwnNumber(ToPhone):
    """Short messages from a number whose answers nobody reads for us, unless `answers` says so."""

    max_parts: int = Field(default=4, ge=1, le=10)
    """How many parts a message may have."""
    answers: bool = False
    """Whether something brings what people answer to `[replies]`."""

    def form(self, back: Back) -> SmsForm:
        """Give how messages are written."""
        hears = self.answers and back.hears_answers
        return SmsForm(max_parts=self.max_parts, base_url=back.base_url, hears_answers=hears)


class AliyunEntry(_Provider):
    """Short messages of Alibaba Cloud; `params` names the piece that fills each variable."""

    kind: Literal["sms_aliyun"]
    """Short messages of Alibaba Cloud."""
    key_id: str = Field(min_length=1, max_length=100)
    """Id of the access key."""
    key_secret: Secret
    """Secret of the access key."""
    sign_name: str = Field(min_length=1, max_length=60)
    """Signature that the provider approved."""
    template: str = Field(min_length=1, max_length=60)
    """Id of the template of Chinese messages."""
    template_en: str = Field(default="", max_length=60)
    """Id of the template of English ones; without it that of Chinese ones."""
    params: Mapping[str, str] = {"text": "text"}
    """Which piece of the notice fills each variable of the template."""
    longest: int = Field(default=35, ge=10, le=500)
    """How many signs the provider allows in one variable."""
    url: str = "https://dysmsapi.aliyuncs.com/"
    """Address of the service."""

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
    """Short messages of Tencent Cloud."""
    key_id: str = Field(min_length=1, max_length=100)
    """Id of the access key."""
    key_secret: Secret
    """Secret of the access key."""
    app_id: str = Field(min_length=1, max_length=40)
    """Id of the application of short messages."""
    sign_name: str = Field(min_length=1, max_length=60)
    """Signature that the provider approved."""
    template: str = Field(min_length=1, max_length=60)
    """Id of the template of Chinese messages."""
    template_en: str = Field(default="", max_length=60)
    """Id of the template of English ones; without it that of Chinese ones."""
    params: tuple[str, ...] = ("text",)
    """Which pieces of the notice fill the variables of the template, in order."""
    longest: int = Field(default=12, ge=6, le=500)
    """How many signs the provider allows in one variable."""
    region: str = "ap-guangzhou"
    """Region of the service."""
    url: str = "https://sms.tencentcloudapi.com/"
    """Address of the service."""

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
    """Short messages of any HTTP service."""
    url: Secret
    """Address of the service; a template."""
    method: Literal["GET", "POST", "PUT"] = "POST"
    """Method of the request."""
    body: str = ""
    """What is sent; a template with {to} and {text}."""
    body_type: Literal["json", "form", "text"] = "json"
    """How slots in the body are escaped."""
    headers: Mapping[str, str] = {}
    """Headers of the request; templates."""
    secret: Secret | None = None
    """What {secret} in the templates stands for."""
    success: str = "status in [200, 201, 202, 204]"
    """When an answer means that the message was taken."""
    passing: str = ""
    """When an answer means that it is worth trying again."""
    reference: str = ""
    """Where the answer has the provider's number of the message."""
    max_parts: int = Field(default=4, ge=1, le=10)
    """How many parts a message may have."""

    @property
    def sends_secret(self) -> bool:
        """Say whether the secret stands anywhere in what is sent."""
        templates = (self.url.get_secret_value(), self.body, *self.headers.values())
        return any("{secret}" in each for each in templates)

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


class SmppEntry(_OwnNumber):
    """Short messages through a message centre over SMPP 3.4."""

    kind: Literal["sms_smpp"]
    """Short messages through a message centre over SMPP 3.4."""
    host: str = Field(min_length=1, max_length=253)
    """Name or address of the centre."""
    port: int = Field(default=2775, gt=0, lt=65536)
    """Port of the centre."""
    system_id: str = Field(min_length=1, max_length=15)
    """Who logs in."""
    password: Secret
    """What `system_id` logs in with."""
    source: str
    """Number or name that messages come from."""
    system_type: str = Field(default="", max_length=12)
    """What the centre calls our kind of system, where it asks."""
    tls: bool = False
    """Whether the connection is encrypted."""
    timeout_s: float = Field(default=8.0, ge=0.5, le=14.0)
    """How long one attempt may take."""

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
    """Short messages by a GSM modem at this machine."""
    device: str = Field(min_length=1, max_length=200)
    """The modem, for example /dev/ttyUSB0."""
    connection: str = "at115200"
    """How libGammu speaks to it."""
    pin: Secret | None = None
    """What opens the card."""

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

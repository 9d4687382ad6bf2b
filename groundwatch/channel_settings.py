"""What the settings say of each channel: `[channels.NAME]` with a `kind` and that kind's options.

`NAME` is the word that people files use. Each kind turns its options into the channel's own
configuration, which refuses what can never work, and says which addresses of people it can use.
"""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from alerting.channels.bot import BotConfig, why_no_mentions
from alerting.channels.dingtalk import DingTalk
from alerting.channels.email import Email, EmailConfig, Security, why_no_mailbox
from alerting.channels.feishu import Feishu
from alerting.channels.guard import AllowList, why_refused
from alerting.channels.siren import (
    SOUNDS_S,
    Siren,
    SirenConfig,
    why_no_siren,
)
from alerting.channels.voice import Voice, VoiceConfig
from alerting.channels.webhook import Webhook, WebhookConfig
from alerting.channels.wecom import WeCom
from alerting.model import Severity
from alerting.ports import Channel
from groundwatch.channel_entry import Back, ChannelEntry, OverHttp, RoadParts, ToPhone
from groundwatch.secret import Secret
from groundwatch.sms_settings import AliyunEntry, GsmEntry, SmppEntry, SmsHttpEntry, TencentEntry
from sensors.wording import matching

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_OWN_SECTION = {
    "console": "it has nothing to set, so leave this section out",
    "webhook": "its `secret` and `allowed_hosts` stand in a section `[webhook]` of their own",
    "cap": "what it needs stands in a section `[cap]` of its own",
}
BUILT_IN = tuple(_OWN_SECTION)


class WebhookEntry(OverHttp):
    """Signed JSON to an HTTP address: `url`, or that of the person where it has none."""

    kind: Literal["webhook"]
    """Signed JSON to an HTTP address."""
    url: Secret | None = None
    """Where it is posted; without it to the address of the person."""
    secret: Secret | None = None
    """What signs it, 16 signs at least; without it nothing is signed."""

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


class _Robot(OverHttp):
    url: Secret
    """Address of the group's robot, with its token."""
    secret: Secret | None = None
    """What the robot wants requests signed with."""

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
    """A group of WeCom (企业微信)."""
    secret: None = None
    """A robot of WeCom has none but its address."""

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return WeCom(config=self.config(name, parts.back), now=parts.now)


class DingTalkEntry(_Robot):
    """A group of DingTalk; `secret` begins with SEC."""

    kind: Literal["dingtalk"]
    """A group of DingTalk (钉钉)."""

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return DingTalk(config=self.config(name, parts.back), now=parts.now)


class FeishuEntry(_Robot):
    """A group of Feishu."""

    kind: Literal["feishu"]
    """A group of Feishu (飞书)."""

    def open(self, name: str, parts: RoadParts) -> Channel:
        """Make the channel."""
        return Feishu(config=self.config(name, parts.back), now=parts.now)


class VoiceEntry(OverHttp, ToPhone):
    """A voice service that calls people; it tells `calls/NAME` of our HTTP interface what came."""

    kind: Literal["voice"]
    """A voice service that calls people."""
    url: Secret
    """Address of the service."""
    secret: Secret
    """What signs our requests and its answers."""
    repeat: int = Field(default=2, ge=1, le=5)
    """How often the text is spoken."""
    digit: Annotated[str, matching(r"[0-9*#]", "one key of a telephone: 0 to 9, * or #")] = "1"
    """Key that acknowledges."""

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
    """E-mail through one SMTP server."""
    host: str = Field(min_length=1, max_length=253)
    """Name or address of the server."""
    port: int = Field(default=587, gt=0, lt=65536)
    """Port of the server; 465 is usual with `security` tls."""
    security: Security = "starttls"
    """How the connection is encrypted."""
    user: str | None = None
    """Who logs in at the server."""
    password: Secret | None = None
    """What `user` logs in with."""
    sender: str = Field(min_length=3, max_length=320)
    """Whom messages are from."""
    timeout_s: float = Field(default=10.0, ge=0.5, le=60.0)
    """How long one attempt may take."""
    tls_ca: Path | None = None
    """PEM file of the authorities that may vouch for the server, in place of the system's."""

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


class SirenEntry(ChannelEntry):
    """Sirens on site, told by command; `seconds` says how long one sounds, by severity."""

    kind: Literal["siren"]
    """Sirens on site, told by command."""
    seconds: Mapping[Literal["minor", "moderate", "severe", "extreme"], float] = {}
    """How long a siren sounds, by severity."""
    trial_s: float = 2.0
    """How long it sounds in exercises and tests."""

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

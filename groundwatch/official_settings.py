"""Settings of official messages: who is believed, where they are fetched, how long they hold."""

from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from alerting.cap.official import OfficialRules, built_in_topics
from alerting.channels.guard import AllowList, why_unusable

MAX_FEEDS = 20


class OfficialSettings(BaseModel):
    """Which official messages of CAP are taken.

    Of `senders`, where any are named, no other is believed. With `certificate` (PEM) only messages
    signed by it are. `feeds` are asked every `every_s` seconds: addresses of an Atom or RSS feed or
    of a single message. A message without `expires` holds `unnamed_valid_h`, none more than
    `most_valid_h`. `allowed_hosts` is as for webhooks; the hosts of `feeds` need not be named.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    senders: tuple[str, ...] = Field(default=(), max_length=100)
    """Senders that are believed; without any every one is."""
    certificate: Path | None = None
    """PEM file of the certificate that messages must be signed by."""
    feeds: tuple[SecretStr, ...] = Field(default=(), max_length=MAX_FEEDS)
    """Addresses of Atom or RSS feeds, or of single messages, to fetch."""
    every_s: float = Field(default=60.0, ge=5.0, le=86_400.0)
    """How often feeds are fetched."""
    allowed_hosts: tuple[str, ...] = ()
    """Further hosts that feeds may lead to; those of `feeds` need not be named."""
    unnamed_valid_h: float = Field(default=24.0, gt=0.0, le=168.0)
    """How long a message without `expires` holds."""
    most_valid_h: float = Field(default=168.0, gt=0.0, le=720.0)
    """How long any message holds at most."""

    @field_validator("feeds")
    @classmethod
    def _are_addresses(cls, feeds: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for feed in feeds:
            wrong = why_unusable(feed.get_secret_value())
            if wrong is not None:
                raise ValueError(wrong)
        return feeds

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        AllowList.of(hosts)
        return hosts

    @field_validator("certificate")
    @classmethod
    def _can_be_read(cls, path: Path | None) -> Path | None:
        if path is not None:
            try:
                text = path.read_text(encoding="ascii")
            except (OSError, UnicodeDecodeError) as error:
                raise ValueError(f"{path} cannot be read as a PEM certificate") from error
            if "BEGIN CERTIFICATE" not in text:
                raise ValueError(f"{path} holds no PEM certificate")
        return path

    def rules(self, own_sender: str) -> OfficialRules:
        """Say how messages are taken."""
        return OfficialRules(
            topics=built_in_topics(),
            own_sender=own_sender,
            senders=self.senders,
            unnamed_valid=timedelta(hours=self.unnamed_valid_h),
            most_valid=timedelta(hours=self.most_valid_h),
        )

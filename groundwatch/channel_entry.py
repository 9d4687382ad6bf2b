"""What every kind of channel has among its options, and what channels are opened with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerting.channels.http import HttpConfig
from alerting.channels.phone import why_no_number
from alerting.channels.siren import (
    Teller,
)
from alerting.channels.webhook import Foreign
from alerting.ports import Channel


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

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

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


class OverHttp(ChannelEntry):
    """Options of a channel that is reached over HTTP."""

    allowed_hosts: tuple[str, ...] = ()
    """Hosts and networks it may go to beside that of `url`; without any the public internet."""
    timeout_s: float = Field(default=10.0, ge=0.5, le=60.0)
    """How long one attempt may take."""

    def http(self) -> HttpConfig:
        """Give how requests are made."""
        return HttpConfig(
            allowed_hosts=self.allowed_hosts,
            total_timeout_s=self.timeout_s,
            read_timeout_s=self.timeout_s,
        )


class ToPhone(ChannelEntry):
    """A channel whose addresses are telephone numbers."""

    def why_refused(self, address: str) -> str | None:
        """Say why an address is no telephone number."""
        return why_no_number(address)

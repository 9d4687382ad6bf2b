"""Settings of the Common Alerting Protocol, and the parts they make."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from alerting.cap.form import FORBIDDEN
from alerting.cap.gbt35965 import Agency
from alerting.cap.hazards import HazardsRefused, built_in, load_hazards
from alerting.cap.message import CapConfig
from alerting.cap.sign import KeyRefused, Unsigned, Writer
from alerting.channels.cap import CapRoadConfig
from alerting.channels.guard import AllowList
from alerting.channels.http import HttpConfig


class Gbt35965Settings(BaseModel):
    """The issuing unit by GB/T 35965: area by GB/T 2260, agency, its unit, and two more signs."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    area: str = Field(min_length=1, max_length=20)
    """Area of the issuing unit by GB/T 2260."""
    agency: str = Field(min_length=1, max_length=20)
    """The agency that issues, as the standard writes it."""
    unit: str = Field(default="000", max_length=20)
    """Number of the unit within the agency."""
    tail: str = Field(default="00", max_length=20)
    """Two more signs at the end."""

    @model_validator(mode="after")
    def _is_sender(self) -> "Gbt35965Settings":
        self.sender()
        return self

    def sender(self) -> Agency:
        """Give the issuing unit; ValueError where it has not the form."""
        return Agency(area=self.area, agency=self.agency, unit=self.unit, tail=self.tail)


class CapSettings(BaseModel):
    """How our messages of the Common Alerting Protocol are sent.

    `sender` is unique in the world, usually a name of the Internet. Without `key` and
    `certificate` (PEM) messages are not signed. `valid_h: 0` leaves `expires` out. `status: Test`
    is for trials. `hazards` is a table of one's own in place of the one that comes with the
    program. The feed holds what stands and what began within `feed_days`. The channel `cap` posts
    messages to people's addresses, or to `url`; `allowed_hosts` is as for webhooks. With
    `gbt35965` messages and webhooks carry the identifiers under which systems of that standard
    know them.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    sender: str = Field(default="groundwatch.invalid", min_length=1, max_length=100)
    """Who we are, unique in the world: usually a name of the Internet."""
    sender_name: str = Field(default="Groundwatch site monitoring", min_length=1, max_length=100)
    """Who we are, in English words."""
    sender_name_zh: str = Field(default="Groundwatch现场监测", min_length=1, max_length=100)
    """Who we are, in Chinese words."""
    status: Literal["Actual", "Test"] = "Actual"
    """`Test` marks every message as a trial."""
    scope: Literal["Public", "Restricted", "Private"] = "Restricted"
    """For whom messages are."""
    restriction: str = Field(
        default="for the emergency office and the people of the site",
        min_length=1,
        max_length=300,
    )
    """In words for whom messages of `scope` Restricted are."""
    valid_h: float = Field(default=24.0, ge=0.0, le=720.0)
    """How long a message holds; 0 leaves `expires` out."""
    base_url: str = Field(default="", max_length=300)
    """Where messages can be looked at again, for links in them."""
    key: Path | None = None
    """PEM file of the key that signs; with `certificate`."""
    key_password: SecretStr | None = None
    """What opens `key`, where it is locked."""
    certificate: Path | None = None
    """PEM file of the certificate of `key`."""
    hazards: Path | None = None
    """File of a table of hazards of one's own, in place of the program's."""
    feed_days: int = Field(default=7, ge=1, le=90)
    """How far back the feed reaches beyond what stands."""
    url: SecretStr | None = None
    """Where messages are posted; without it to people's addresses."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts and networks that messages may go to; without any the public internet alone."""
    gbt35965: Gbt35965Settings | None = None
    """The issuing unit of GB/T 35965; with it messages carry that standard's identifiers."""

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        AllowList.of(hosts)
        return hosts

    @field_validator("sender")
    @classmethod
    def _is_sender(cls, text: str) -> str:
        if FORBIDDEN.search(text):
            raise ValueError("a sender of CAP holds no space, comma, `<` or `&`")
        return text

    @field_validator("base_url")
    @classmethod
    def _is_url(cls, text: str) -> str:
        if text and not text.startswith(("http://", "https://")):
            raise ValueError("it starts with http:// or https://")
        return text

    @model_validator(mode="after")
    def _can_be_used(self) -> "CapSettings":
        """Refuse keys and tables that cannot be used before anything starts."""
        self.writer()
        self.config()
        self.road()
        return self

    def writer(self) -> Writer:
        """Make what writes messages; ValueError where the key cannot be used."""
        if self.key is None and self.certificate is None:
            return Unsigned()
        if self.key is None or self.certificate is None:
            raise ValueError("`key` and `certificate` belong together; one of them is missing")
        password = self.key_password.get_secret_value().encode() if self.key_password else None
        from alerting.cap.signature import Signer

        try:
            return Signer(_content(self.key), _content(self.certificate), password)
        except KeyRefused as error:
            raise ValueError(f"{self.key}, {self.certificate}: {error}") from error

    def road(self) -> CapRoadConfig:
        """Say how messages are posted; ValueError where the address cannot be used."""
        return CapRoadConfig(url=self.url, http=HttpConfig(allowed_hosts=self.allowed_hosts))

    def config(self) -> CapConfig:
        """Say how messages are worded; ValueError where the table of hazards cannot be used."""
        try:
            hazards = built_in() if self.hazards is None else load_hazards(self.hazards)
        except HazardsRefused as error:
            raise ValueError(str(error)) from error
        return CapConfig(
            sender=self.sender,
            sender_name=self.sender_name,
            sender_name_zh=self.sender_name_zh,
            status=self.status,
            scope=self.scope,
            restriction=self.restriction,
            valid=timedelta(hours=self.valid_h) if self.valid_h else None,
            base_url=self.base_url,
            hazards=hazards,
        )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error

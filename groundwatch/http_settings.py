"""Settings of the HTTP interface: where it listens, and who may look and act."""

import ipaddress
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from groundwatch.secret import Secret
from sensors.wording import matching


class KeySettings(BaseModel):
    """One way in: `look` reads everything, `act` also acknowledges, orders, silences and edits."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    secret: Annotated[Secret, Field(min_length=24)]
    """What is sent as `Authorization: Bearer …`."""
    may: Literal["look", "act"] = "look"
    """`look` reads everything, `act` also acknowledges, orders, silences and edits."""


_KEY_NAME = "a name of 1 to 40 letters, digits, _ and -, without blanks"
_URL = "an address people reach, http://… or https://…, or nothing"
KeyName = Annotated[str, matching(r"[A-Za-z0-9_-]{1,40}", _KEY_NAME)]


class HttpSettings(BaseModel):
    """Where the HTTP interface listens, and who is let in.

    It answers under addresses, `localhost` and the machine's own name; `names` are further host
    names, for example that of a proxy in front. Any other is refused, so that no foreign page can
    reach it through a browser. `public_url` is where people reach it, for links in their messages.

    Without `keys` whoever reaches it may do everything; that is refused on an address other
    machines reach, unless `open` says that something in front of it knows the people.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 is every one of this machine."""
    port: int = Field(default=8420, ge=0, lt=65536)
    """Port to listen on; 0 is any that is free."""
    names: tuple[str, ...] = ()
    """Further host names it answers to, for example that of a proxy in front."""
    public_url: Annotated[str, Field(max_length=200), matching(r"(https?://\S+)?", _URL)] = ""
    """Where people reach it, for links in their messages; without it there are none."""
    keys: dict[KeyName, KeySettings] = {}
    """Who is let in; without any whoever reaches it."""
    open: bool = False
    """That something in front knows the people, so that keys are not needed on an address others
    reach.
    """

    @model_validator(mode="after")
    def _is_guarded(self) -> "HttpSettings":
        if self.keys or self.open or _is_loopback(self.host):
            return self
        raise ValueError(
            f"everybody who reaches {self.host} could acknowledge and silence alerts; give keys, as"
            ' in [http.keys.desk] secret = {file = "/run/secrets/desk"}, may = "act", or say'
            " `open = true` under [http] where a proxy in front lets only your people through"
        )

    @model_validator(mode="after")
    def _are_apart(self) -> "HttpSettings":
        names: dict[str, str] = {}
        for name, key in self.keys.items():
            other = names.setdefault(key.secret.get_secret_value(), name)
            if other != name:
                raise ValueError(f"the keys {other} and {name} have the same secret")
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"

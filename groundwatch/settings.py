"""Settings: one TOML file, then the environment (`GROUNDWATCH_…`), then the command line.

The only reader of files of settings, and of the environment but for `environment`. Everything is
checked before anything is connected to; secrets are kept in one type that never prints itself.
"""

import re
import tomllib
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.exceptions import SettingsError as NotReadable

from alerting.channels.guard import AllowList, check_network
from groundwatch.cap_settings import CapSettings, Gbt35965Settings
from groundwatch.channel_settings import BUILT_IN, ENTRIES, Channels, kind_of
from groundwatch.heartbeat_settings import HeartbeatSettings
from groundwatch.http_settings import HttpSettings, KeySettings
from groundwatch.idle_settings import Idle, idle_settings
from groundwatch.listen import Listen, host_and_port
from groundwatch.official_settings import OfficialSettings
from groundwatch.secret import Secret
from groundwatch.task_settings import TaskSettings
from groundwatch.toml_lines import line_at, lines_of
from groundwatch.travel_settings import TravelSettings
from sensors.wording import Written, words_of_value

_FILE = "_file"
INFLUX_VERSIONS: dict[str, Literal["auto", 1, 2, 3]] = {"auto": "auto", "1": 1, "2": 2, "3": 3}
_PASSWORD = re.compile(r"[0-9A-Fa-f]{4}")


class SettingsError(ValueError):
    """Something a person wrote cannot be used; the text says what, where and what is allowed."""


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class MqttSettings(_Section):
    """Where readings come from. Without a host the program runs a broker of its own."""

    host: str | None = None
    """Name or address of a broker that is there already; without one the program starts its own."""
    port: int = Field(default=1883, gt=0, lt=65536)
    """Port of the broker at `host`; 8883 is usual with `tls_ca`."""
    version: Literal[5, 311] = 311
    """Version of MQTT to speak: 311 is 3.1.1."""
    client_id: str = "groundwatch"
    """Name of the session at the broker; two programs at one broker need two."""
    user: str | None = None
    """Who logs in at the broker."""
    password: SecretStr | None = None
    """What `user` logs in with."""
    tls_ca: Path | None = None
    """PEM file of the authorities that may vouch for the broker; it turns encryption on."""
    tls_cert: Path | None = None
    """PEM file of our own certificate, for brokers that ask for one; with `tls_key`."""
    tls_key: Path | None = None
    """PEM file of the key of `tls_cert`."""
    max_in_flight: int = Field(default=4000, gt=0, lt=65536)
    """How many messages may be under way and not yet acknowledged."""
    broker: Literal["auto", "mosquitto", "amqtt"] = "auto"
    """Which broker the program starts without `host`; auto takes mosquitto where there is one."""
    broker_port: int = Field(default=0, ge=0, lt=65536)
    """Port of the program's own broker; 0 is that of the last run, or a free one."""


class InfluxSettings(_Section):
    """Where readings go. Without this section they go to the embedded store."""

    url: str
    """Address of the database, without user and password."""
    database: str = "groundwatch"
    """Database of 1.x and 3, bucket of 2.x."""
    org: str = ""
    """Organisation that owns the bucket; InfluxDB 2 needs it."""
    version: Literal["auto", "1", "2", "3"] = "auto"
    """Which InfluxDB is there; auto asks it."""
    user: str | None = None
    """Who logs in at InfluxDB 1.x."""
    password: SecretStr | None = None
    """What `user` logs in with."""
    token: SecretStr | None = None
    """What lets us into InfluxDB 2.x and 3."""

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        from storage.influx.config import InfluxConfig  # a second that nobody else waits for

        InfluxConfig(url=url)
        return url

    @model_validator(mode="after")
    def _fits_version(self) -> "InfluxSettings":
        """Refuse what a server of the version given would refuse."""
        from storage.influx.config import InfluxConfig

        user = "" if self.token else self.user or ""  # both is said elsewhere
        config = InfluxConfig(url=self.url, org=self.org, user=user)
        if fault := config.why_not_version(INFLUX_VERSIONS[self.version]):
            raise ValueError(f"with `version` {self.version}: {fault}")
        return self


class RepliesSettings(_Section):
    """Who may bring people's answers and receipts: who signs, or calls from these networks."""

    secret: Annotated[Secret, Field(min_length=16)] | None = None
    """What signs answers and receipts that come to `POST /api/v1/replies`."""
    networks: tuple[str, ...] = ()
    """Networks from which answers and receipts are taken unsigned, as those of a provider."""

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            check_network(network)
        return networks

    @property
    def hears(self) -> bool:
        """Say whether anybody's answers are heard."""
        return self.secret is not None or bool(self.networks)


class WebhookSettings(_Section):
    """How webhooks are signed, and which hosts they may go to.

    Empty, that is the public internet; hosts of a network of one's own must be named.
    """

    secret: Annotated[Secret, Field(min_length=16)] | None = None
    """What signs our webhooks; without it nothing is signed."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts and networks that webhooks may go to; without any the public internet alone."""

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        AllowList.of(hosts)
        return hosts


class StationSettings(_Section):
    """Where stations connect to us, and how many may.

    `idle_s` seconds without a byte end a connection; stations send keep-alives more often.
    """

    listen: str
    """Address and port to listen on, for example 0.0.0.0:5651."""
    password: SecretStr | None = None
    """What stations must send; without one any password is taken."""
    max_connections: int = Field(default=1000, ge=1, le=20_000)
    """How many stations may be connected at once."""
    idle_s: float = Field(default=900.0, ge=10.0, le=86_400.0)
    """After so long without a byte a connection is ended; stations send keep-alives more often."""

    @field_validator("listen")
    @classmethod
    def _is_place(cls, text: str) -> str:
        host_and_port(text)
        return text

    @property
    def place(self) -> Listen:
        """Give the address, port and bounds."""
        return Listen(*host_and_port(self.listen), self.max_connections, self.idle_s)


class Sl651Settings(StationSettings):
    """The door of SL 651 stations; the password is theirs, four hexadecimal digits.

    A station is told to stay on the line after its last report unless `stay_online` is false.
    """

    stay_online: bool = True
    """Whether a station is told to stay on the line after its last report."""

    @field_validator("password")
    @classmethod
    def _is_password(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not _PASSWORD.fullmatch(secret.get_secret_value()):
            raise ValueError("a password of SL 651 is four hexadecimal digits")
        return secret


class Hj212Settings(StationSettings):
    """The door of HJ 212 stations; the password is what they send as PW."""


class TellingSettings(_Section):
    """What this installation sets over the district's response.yaml (`company`, `storm`).

    A wait of 0 is none, and `storm_most` 0 means that there are no storms.
    """

    minor_wait_s: float | None = Field(default=None, ge=0, le=300)
    """How long a blue alert waits for company before it is told; 0 is not at all."""
    moderate_wait_s: float | None = Field(default=None, ge=0, le=120)
    """How long a yellow alert waits for company; 0 is not at all."""
    severe_wait_s: float | None = Field(default=None, ge=0, le=30)
    """How long an orange alert waits for company; 0 is not at all."""
    storm_most: int | None = Field(default=None, ge=0, le=1000)
    """Above so many alerts for one person within a span a storm begins; 0 is never."""


class ModelSettings(_Section):
    """Where models are kept and the key that seals their files."""

    key: SecretStr | None = None
    """What seals the files of models; without one a key is made in the state directory."""
    train_at_hour_utc: int = Field(default=18, ge=0, le=23)
    """At which hour of UTC models are trained anew; 18 is 2 in the morning in China."""
    enabled: bool = True
    """Whether models of what is usual are trained and asked."""


def _check_topic(topic: str) -> str:
    """Refuse what is no filter of MQTT, or would hear the native topics twice."""
    levels = topic.split("/")
    is_filter = 0 < len(topic) <= 200 and "#" not in topic[:-1] and levels[0] != "$share"
    if not is_filter or any(
        sign in level and level != sign for level in levels for sign in ("+", "#")
    ):
        raise ValueError(
            f"'{topic[:60]}' is no topic filter; + stands for one level, # at the end for the rest"
        )
    if levels[0] in ("#", "+", "gw"):
        raise ValueError(f"'{topic[:60]}' would hear the native topics gw/1/… as well")
    return topic


Topic = Annotated[str, AfterValidator(_check_topic)]


class DoorSettings(_Section):
    """A foreign format that is heard; without topics on its usual ones."""

    topics: tuple[Topic, ...] = ()
    """Topic filters to hear it on; without any the usual ones of the format."""


class YunzhuSettings(DoorSettings):
    """云筑; signatures are checked where a secret is set."""

    secret: SecretStr | None = None
    """What the platform signs with; without it signatures are not checked."""
    bit_order: Literal["list", "reversed"] = "list"
    """Whether bits of status words stand as the interface lists them, or the other way round."""


class DoorsSettings(_Section):
    """Which foreign formats are heard: those whose section is there."""

    senml: DoorSettings | None = None
    """SenML (RFC 8428)."""
    sparkplug: DoorSettings | None = None
    """Sparkplug B."""
    chirpstack: DoorSettings | None = None
    """ChirpStack v4, LoRaWAN."""
    frigate: DoorSettings | None = None
    """Frigate, what cameras see."""
    yunzhu: YunzhuSettings | None = None
    """云筑 (Yunzhu)."""
    regulator: DoorSettings | None = None
    """The regulator's platform."""
    crane_alarm: DoorSettings | None = None
    """Alarms of crane platforms."""


class PrivateSettings(_Section):
    """The key by which what identifies a person is hashed before it is kept."""

    key: SecretStr | None = Field(default=None, min_length=16)
    """What hashes what identifies a person; without one a key is made in the state directory."""


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix="GROUNDWATCH_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    sites: Path = Path("sites")
    """Directory of site files."""
    state: Path = Path("var")
    """Directory that the program writes to: log, journal, embedded store, models."""
    packs: Path | None = None
    """Directory of rule packs of one's own; without it `packs` in that of site files."""
    resources: Path | None = None
    """Directory of teams, depots and cameras; without it `resources` in that of site files."""
    journal: str | None = None
    """Database of alerts, sqlite:///… or postgresql://…; without it a file in `state`."""
    clock: Literal["system", "event"] = "system"
    """`system` judges silence by the wall clock, `event` by the newest reading, for replays."""
    language: Literal["en", "zh"] = "en"
    """Language of people who name none."""
    log_max_bytes: int = Field(default=2 * 1024**3, ge=1024 * 1024)
    """How much the log may hold before nothing more is acknowledged."""
    retention_days: int | None = Field(default=None, ge=1)
    """For how long the embedded store keeps readings; without it for ever."""
    mqtt: MqttSettings = MqttSettings()
    influx: InfluxSettings | None = None
    http: HttpSettings = HttpSettings()
    webhook: WebhookSettings = WebhookSettings()
    replies: RepliesSettings = RepliesSettings()
    cap: CapSettings = CapSettings()
    travel: TravelSettings = TravelSettings()
    channels: Channels = {}
    official: OfficialSettings = OfficialSettings()
    tasks: TaskSettings = TaskSettings()
    sl651: Sl651Settings | None = None
    hj212: Hj212Settings | None = None
    models: ModelSettings = ModelSettings()
    telling: TellingSettings = TellingSettings()
    doors: DoorsSettings = DoorsSettings()
    private: PrivateSettings = PrivateSettings()
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    _idle: tuple[str, ...] = ()

    @property
    def idle(self) -> tuple[str, ...]:
        """Say of each setting that was given and does nothing where it stands, why, what to do."""
        return self._idle

    @field_validator("journal")
    @classmethod
    def _is_journal(cls, url: str | None) -> str | None:
        if url is not None:
            from storage.journal.connect import journal_url  # a second that nobody else waits for

            journal_url(url)
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the command line win over the environment, and that over the file."""
        del dotenv_settings, file_secret_settings
        given = dict(init_settings())
        file = InitSettingsSource(settings_cls, init_kwargs=given.pop(_FILE, {}))
        return InitSettingsSource(settings_cls, init_kwargs=given), env_settings, file

    @property
    def resources_dir(self) -> Path:
        """Give the directory of teams, depots and cameras: beside the sites unless named."""
        return self.resources or self.sites / "resources"

    @property
    def journal_url(self) -> str:
        """Give the journal's database URL."""
        return self.journal or f"sqlite:///{self.state / 'journal.db'}"

    @property
    def retention(self) -> timedelta | None:
        """Give for how long the embedded store keeps readings."""
        return timedelta(days=self.retention_days) if self.retention_days else None


def load_settings(path: Path | None = None, *, is_demo: bool = False, **given: Any) -> Settings:
    """Read settings; `given` are those of the command line (None is not given).

    A demonstration is not stopped by what is said of a broker that it does not use.

    Raises:
        SettingsError: the file cannot be read or a setting is wrong; every fault is named.
    """
    file: dict[str, Any] = {}
    text = ""
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
            file = tomllib.loads(text)
        except OSError as error:
            raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: not a TOML file: {error}") from error
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    values[_FILE] = file
    where = str(path) if path is not None else "command line or environment"
    try:
        settings = Settings(**values)
    except NotReadable as error:
        raise SettingsError(
            f"environment: {error}; name one setting a variable, as in GROUNDWATCH_MQTT__HOST"
        ) from error
    except ValidationError as error:
        lines = lines_of(text)
        found = error.errors(include_url=False)
        faults = [_fault(fault, where, lines) for fault in found if not _is_beside(fault)]
        raise SettingsError("\n".join(faults)) from error
    return _with_idle(settings, where, lines_of(text), is_demo=is_demo)


def _with_idle(
    settings: Settings, where: str, lines: dict[tuple[str, ...], int], *, is_demo: bool
) -> Settings:
    """Keep what is said of settings without effect, or refuse those that somebody relies on."""
    unused = "mqtt" if is_demo and settings.mqtt.host is None else None
    idle = idle_settings(settings)
    said = [_said(each, where, lines) for each in idle]
    if any(each.is_relied_on and each.loc[0] != unused for each in idle):
        raise SettingsError("\n".join(said))
    settings._idle = tuple(said)  # noqa: SLF001 - of this module, and set once
    return settings


def _said(idle: Idle, where: str, lines: dict[tuple[str, ...], int]) -> str:
    line = line_at(lines, [*idle.loc])
    place = where if line is None else f"{where}:{line}"
    return f"{place}: `{'.'.join(idle.loc)}`: {idle.why}; {idle.fix}"


def channels_named(path: Path) -> frozenset[str] | None:
    """Name the channels that settings speak of, whatever is wrong with them; None if unreadable."""
    try:
        file = tomllib.loads(path.read_text(encoding="utf-8"))
        variables = EnvSettingsSource(Settings)()
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, NotReadable):
        return None
    sections = (each.get("channels") for each in (file, variables))
    return frozenset(name for each in sections if isinstance(each, dict) for name in each)


def _is_beside(fault: ErrorDetails) -> bool:
    """Say whether a fault is in a section that should not be there at all, which another says."""
    loc = fault["loc"]
    return loc[:1] == ("channels",) and not {*loc[1:2]}.isdisjoint(BUILT_IN) and "[key]" not in loc


def _fault(fault: ErrorDetails, where: str, lines: dict[tuple[str, ...], int]) -> str:
    loc = _place(fault)
    line = line_at(lines, loc)
    return f"{where if line is None else f'{where}:{line}'}: {_sentence(fault, loc)}"


def _place(fault: ErrorDetails) -> list[str]:
    """Give where a setting stands, without the word that chose among kinds of channels."""
    loc = [str(part) for part in fault["loc"] if part != "[key]"]
    kinds = {kind_of(entry) for entry in ENTRIES}
    return loc[:2] + loc[3:] if loc[:1] == ["channels"] and loc[2:3] and loc[2] in kinds else loc


def _sentence(fault: ErrorDetails, loc: list[str]) -> str:
    """Say what is wrong with one setting, and what is allowed; values are not repeated."""
    name = ".".join(loc)
    kinds = [kind_of(entry) for entry in ENTRIES]
    if fault["type"] == "union_tag_not_found":
        return f"`{name}.kind` is missing; allowed: {', '.join(kinds)}"
    if fault["type"] == "union_tag_invalid":
        return f"`{name}.kind`: there is no such kind of channel; allowed: {', '.join(kinds)}"
    if fault["type"] == "extra_forbidden":
        known = _settings_of([str(part) for part in fault["loc"]][:-1])
        near = get_close_matches(loc[-1], known, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        return f"there is no setting `{name}`; allowed: {', '.join(known)}{hint}"
    if fault["type"] == "missing":
        return f"`{name}` is missing"
    return f"`{name}`: {words_of_value(fault, Written.TOML, shows=False)}"


def _settings_of(section: list[str]) -> list[str]:
    """Name the settings of a section, or those outside every section."""
    model: type[BaseModel] | None = Settings
    if section[:1] == ["channels"]:
        return sorted(next(e for e in ENTRIES if kind_of(e) == section[2]).model_fields)
    if section[:2] == ["http", "keys"]:
        return sorted(KeySettings.model_fields)
    if section:
        model = SECTIONS.get(".".join(section[:2])) or SECTIONS.get(section[0])
    return sorted(model.model_fields) if model is not None else []


SECTIONS: dict[str, type[BaseModel]] = {
    "mqtt": MqttSettings,
    "influx": InfluxSettings,
    "http": HttpSettings,
    "webhook": WebhookSettings,
    "replies": RepliesSettings,
    "cap": CapSettings,
    "cap.gbt35965": Gbt35965Settings,
    "travel": TravelSettings,
    "official": OfficialSettings,
    "tasks": TaskSettings,
    "sl651": Sl651Settings,
    "hj212": Hj212Settings,
    "models": ModelSettings,
    "telling": TellingSettings,
    "private": PrivateSettings,
    "heartbeat": HeartbeatSettings,
    "doors": DoorsSettings,
    **dict.fromkeys((f"doors.{name}" for name in DoorsSettings.model_fields), DoorSettings),
    "doors.yunzhu": YunzhuSettings,
}

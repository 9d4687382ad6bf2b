"""What may be set about the MQTT door, checked before anything is connected; and its status."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ingest.errors import SourceError

DEFAULT_FILTERS = (
    "gw/1/+/+/telemetry",
    "gw/1/+/+/status",
    "gw/1/+/+/event",
    "gw/1/+/+/command/reply",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsConfig:
    """Files for an encrypted connection, all PEM; without `ca` the system's own list is used.

    `cert` and `key` are given together, for brokers that ask the client for a certificate. The
    broker's certificate and host name are always checked.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        if (self.cert is None) != (self.key is None):
            raise SourceError("TLS: give both `cert` and `key`, or neither")

    def context(self) -> ssl.SSLContext:
        """Load the files.

        Raises:
            SourceError: a file is missing, unreadable or not what it should be.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as fault:
            raise SourceError(f"TLS: cannot use the `ca` file {self.ca}: {fault}") from fault
        if self.cert is not None:
            try:
                context.load_cert_chain(self.cert, self.key)
            except (OSError, ssl.SSLError) as fault:
                files = f"`cert` {self.cert} with `key` {self.key}"
                raise SourceError(f"TLS: cannot use {files}: {fault}") from fault
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttConfig:
    """How to reach a broker, as whom, what to ask for, and how much may be under way.

    `max_in_flight` messages (and `max_in_flight_bytes` of payload) may be received and not yet
    acknowledged; then reading stops until some are. It should be at least the rate in messages per
    second times the time owning takes, times four. `version` 5 or 311 (MQTT 3.1.1).
    """

    host: str
    port: int = 1883
    version: Literal[5, 311] = 311
    client_id: str = "groundwatch"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: TlsConfig | None = None
    filters: tuple[str, ...] = DEFAULT_FILTERS
    keepalive_s: int = 30
    session_expiry_s: int = 7 * 24 * 3600
    max_in_flight: int = 4000
    max_in_flight_bytes: int = 64 * 1024 * 1024
    max_batch: int = 1000
    connect_timeout_s: float = 5.0
    first_pause_s: float = 0.25
    longest_pause_s: float = 30.0

    def __post_init__(self) -> None:
        faults = list(self._faults())
        if faults:
            raise SourceError("MQTT settings: " + "; ".join(faults))

    def _faults(self) -> list[str]:
        checks = (
            (bool(self.host), "`host` is empty"),
            (0 < self.port < 65536, f"`port` {self.port} is not within 1 to 65535"),
            (self.version in (5, 311), f"`version` {self.version} is neither 5 nor 311"),
            (bool(self.client_id), "`client_id` is empty, so the broker could not keep a session"),
            (self.password is None or self.user is not None, "`password` without `user`"),
            (bool(self.filters), "`filters` is empty"),
            (5 <= self.keepalive_s < 65536, f"`keepalive_s` {self.keepalive_s} is not 5 to 65535"),
            (
                0 < self.max_in_flight < 65536,
                f"`max_in_flight` {self.max_in_flight} is not within 1 to 65535",
            ),
            (self.max_in_flight_bytes > 0, "`max_in_flight_bytes` is not positive"),
            (self.max_batch > 0, "`max_batch` is not positive"),
            (self.connect_timeout_s > 0, "`connect_timeout_s` is not positive"),
            (
                0 < self.first_pause_s <= self.longest_pause_s,
                "`first_pause_s` is not between 0 and `longest_pause_s`",
            ),
        )
        return [text for good, text in checks if not good]

    @property
    def place(self) -> str:
        """Name the broker for people: `host:port`, with `(TLS)` where it applies."""
        return f"{self.host}:{self.port}" + (" (TLS)" if self.tls else "")

"""Where an InfluxDB is and how to speak to it; checked before anything is connected."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

Version = Literal["auto", 1, 2, 3]

_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxConfig:
    """One database (1.x, 3 Core) or bucket (2.x), and the means to enter it.

    `user` and `password` are for 1.x, `token` for 2.x and 3 (and for 1.x behind a proxy that wants
    one). `gzip` None means: unless the server is on this machine, where it costs more than it
    saves. `window` bounds the span of one query; None is no bound on 1.x and 2.x, and 72 hours on
    3 Core, which refuses wider ones.

    Raises:
        ValueError: the combination cannot work; the text says which field and why.
    """

    url: str
    database: str = "groundwatch"
    version: Version = "auto"
    org: str = ""
    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    gzip: bool | None = None
    timeout: timedelta = timedelta(seconds=10)
    window: timedelta | None = None
    max_requests_per_write: int = 200

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            shown = f"{parts.scheme}://{parts.hostname or ''}"
            raise ValueError(f"url {shown!r} must be like http://influx.example:8086")
        if parts.username or parts.password:
            raise ValueError("url must not hold a password: use user and password, or token")
        if not self.database or not self.database.isprintable():
            raise ValueError(f"database {self.database!r} must be a printable name")
        if self.version not in ("auto", 1, 2, 3):
            raise ValueError(f"version {self.version!r} must be auto, 1, 2 or 3")
        if self.token and self.password:
            raise ValueError("give either a token or user and password, not both")
        if self.password and not self.user:
            raise ValueError("password without user")
        if fault := self.why_not_version(self.version):
            raise ValueError(fault)
        if self.timeout <= timedelta(0) or self.max_requests_per_write < 1:
            raise ValueError("timeout and max_requests_per_write must be positive")

    def why_not_version(self, version: Version) -> str:
        """Say what is missing to speak with a server of this version, "" when nothing is."""
        if version == 2 and not self.org:
            return "InfluxDB 2 needs org, the organisation that owns the bucket"
        if version in (2, 3) and self.user:
            return f"InfluxDB {version} is entered with a token, not with user and password"
        return ""

    @property
    def wants_gzip(self) -> bool:
        """Say whether bodies are compressed."""
        if self.gzip is not None:
            return self.gzip
        return urlsplit(self.url).hostname not in _LOOPBACK

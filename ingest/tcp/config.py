"""What may be set about a TCP listener, checked before anything is bound."""

from dataclasses import dataclass

from ingest.errors import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpConfig:
    """Where to listen, and the bounds that keep strangers and slow stations from doing harm.

    `idle_s` without a byte end a connection; so do `frame_s` within one frame, and `frame_s` before
    the first one that is sound. `max_in_flight` messages (and `max_in_flight_bytes` of them) may be
    read and not yet acknowledged, `max_per_connection` of one connection; then reading stops. A
    connection of which `max_refused` frames in a row are refused is closed.
    """

    host: str = "0.0.0.0"  # noqa: S104 - stations come from outside
    port: int
    max_connections: int = 1000
    idle_s: float = 900.0
    frame_s: float = 60.0
    max_in_flight: int = 2000
    max_in_flight_bytes: int = 32 * 1024 * 1024
    max_per_connection: int = 64
    max_batch: int = 500
    max_refused: int = 8
    max_unsent_bytes: int = 256 * 1024

    def __post_init__(self) -> None:
        positive = [name for name in self.__dataclass_fields__ if name not in ("host", "port")]
        faults = [f"`{name}` is not positive" for name in positive if getattr(self, name) <= 0]
        if not 0 <= self.port < 65536:
            faults.append(f"port {self.port} is not within 0 to 65535")
        if faults:
            raise SourceError("TCP settings: " + "; ".join(faults))

    @property
    def place(self) -> str:
        """Name the listener for people: `host:port`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

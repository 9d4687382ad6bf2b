"""Where a door of stations listens, as the settings say it."""

from typing import NamedTuple


class Listen(NamedTuple):
    """Address, port and bounds of a listener."""

    host: str
    port: int
    max_connections: int
    idle_s: float


def host_and_port(text: str) -> tuple[str, int]:
    """Read `host:port`, also `[::]:5651`.

    Raises:
        ValueError: it is something else; the text says what is needed.
    """
    host, colon, port = text.strip().rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_host = bool(bare) and (":" not in bare or bare != host)
    if not (colon and is_host and port.isascii() and port.isdecimal() and int(port) < 65536):
        raise ValueError('address and port are needed, as in "0.0.0.0:5651" or "[::]:5651"')
    return bare, int(port)

"""What systemd is told: that the program is up, that it still turns, that it stops.

With `Type=notify` and `WatchdogSec=` a program that hangs is ended and started again. The protocol
is a datagram to the socket that NOTIFY_SOCKET names (sd_notify(3)).
"""

import logging
import socket

_LOG = logging.getLogger(__name__)


class ServiceManager:
    """Tells systemd; without a socket it tells nobody."""

    def __init__(self, address: str = "") -> None:
        """Take the socket's path; one that begins with @ is in the abstract namespace."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._why = ""

    def tell(self, words: str) -> None:
        """Send `READY=1`, `WATCHDOG=1` or `STOPPING=1`; a failure is logged once a reason."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as talk:
                talk.settimeout(0)
                talk.sendto(words.encode(), self._address)
        except OSError as error:
            if str(error) != self._why:
                _LOG.warning("systemd is not told", extra={"what": words, "why": str(error)})
            self._why = str(error)

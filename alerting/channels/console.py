"""Channel that writes each notice as text to a stream: a terminal, a file, a pipe to a printer.

The stream is written by a thread of its own, so that a stream nobody reads (a paused terminal, a
full pipe) holds up this channel and nothing else.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TextIO

from alerting.errors import DeliveryError
from alerting.model import Notice, Receipt
from alerting.render import render_text


class Console:
    """Writes whom the notice is for, the rendered notice and a blank line, and flushes.

    Used from several loops or threads at once, whole notices still never mix.
    """

    name = "console"

    def __init__(self, *, stream: TextIO, now: Callable[[], datetime], base_url: str = "") -> None:
        """Write to `stream`, which stays the caller's to close."""
        self._stream = stream
        self._now = now
        self._base_url = base_url
        self._lock = threading.Lock()
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="console")

    async def send(self, notice: Notice) -> Receipt:
        """Write once.

        Raises:
            DeliveryError: the stream is broken (retryable) or closed (final).
        """
        to = f"{notice.recipient.name} {notice.recipient.address}".strip()
        text = render_text(notice, notice.recipient.language, base_url=self._base_url)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writer, self._write, f"→ {to}\n{text}\n\n")
        except OSError as error:
            reason = f"console: cannot write: {error.strerror or type(error).__name__}"
            raise DeliveryError(reason, retryable=True) from error
        except ValueError as error:
            reason = "console: the stream is closed"
            raise DeliveryError(reason, retryable=False) from error
        return Receipt(notice_id=notice.id, at=self._now(), reference="console")

    async def close(self) -> None:
        """Let the writing thread go; what was not begun is given up."""
        self._writer.shutdown(wait=False, cancel_futures=True)

    def _write(self, text: str) -> None:
        with self._lock:
            self._stream.write(_encodable(text, self._stream.encoding))
            self._stream.flush()


def _encodable(text: str, encoding: str | None) -> str:
    """Give the text with signs the stream's encoding lacks written as escapes, not refused."""
    if encoding is None:
        return text
    return text.encode(encoding, "backslashreplace").decode(encoding)

"""Pictures people attach to alerts: files named by their content, bounded in size and kind.

The bytes themselves say what kind they are; what a sender calls them does not count. The same
picture sent twice is one file. The name is what the journal keeps, so a changed file shows.
"""

import hashlib
import os
import re
from pathlib import Path

MAX_BYTES = 5 * 1024 * 1024
_NAME = re.compile(r"[0-9a-f]{64}\.(?:jpg|png|webp)")
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


class PictureError(Exception):
    """A picture cannot be kept or found; the text says what is allowed."""


class Pictures:
    """The pictures of one state directory; at most `max_total_bytes` of them."""

    def __init__(self, directory: Path, *, max_total_bytes: int = 2 * 1024**3) -> None:
        """Name the directory; it is made with the first picture."""
        self._directory = directory
        self._max_total_bytes = max_total_bytes

    def keep(self, body: bytes) -> str:
        """Write a picture so that it lasts, and give its name.

        Raises:
            PictureError: it is too large, not a picture, or there is no room for it.
        """
        name = f"{hashlib.sha256(body).hexdigest()}.{kind_of(body)}"
        path = self._directory / name
        if path.exists():
            return name
        try:
            self._refuse_when_full(len(body))
            self._directory.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise PictureError(f"the picture cannot be kept: {error.strerror or error}") from error
        return name

    def read(self, name: str) -> bytes:
        """Give a picture's bytes.

        Raises:
            PictureError: there is none of that name, or it is not what was kept.
        """
        if not _NAME.fullmatch(name):
            raise PictureError("a picture is named by 64 hex digits and .jpg, .png or .webp")
        try:
            body = (self._directory / name).read_bytes()
        except OSError as error:
            raise PictureError(f"picture {name} is not there") from error
        if hashlib.sha256(body).hexdigest() != name[:64]:
            raise PictureError(f"picture {name} was changed after it was kept")
        return body

    def _refuse_when_full(self, size: int) -> None:
        kept = 0
        if self._directory.is_dir():
            kept = sum(entry.stat().st_size for entry in self._directory.iterdir())
        if kept + size > self._max_total_bytes:
            raise PictureError(
                f"{kept} bytes of pictures are kept and {self._max_total_bytes} may be;"
                " move old ones away"
            )


def kind_of(body: bytes) -> str:
    """Give `jpg`, `png` or `webp` as the first bytes say.

    Raises:
        PictureError: it is too large, or none of these.
    """
    if len(body) > MAX_BYTES:
        raise PictureError(f"it has {len(body)} bytes; at most {MAX_BYTES} are allowed")
    if body.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    raise PictureError("it is not a picture: JPEG, PNG and WebP are allowed")

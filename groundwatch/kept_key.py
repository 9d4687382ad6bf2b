"""Secrets the program makes for itself: a setting, or a file of the state directory."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def kept_key(path: Path, given: str | None = None) -> bytes:
    """Give the key that was set, or the one in a file, made on first use for its owner only.

    Raises:
        OSError: the file cannot be read or made.
    """
    if given is not None:
        return given.encode()
    with suppress(FileExistsError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
    return path.read_bytes().strip()

"""Files that only this installation can have written: text with an HMAC of all its other fields."""

import hashlib
import hmac
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from alerting.detect.errors import Tampered, Unsupported

MAX_BYTES: Final = 16 * 2**20


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed, of a `format` and `version`; `hmac` covers all other fields."""

    format: str
    version: int
    hmac: str = ""


class _Head(msgspec.Struct, frozen=True):
    """What an entry of any version says of itself."""

    format: str
    version: int


SomeSealed = TypeVar("SomeSealed", bound=Sealed)


def sealed(entry: SomeSealed, key: bytes) -> bytes:
    """Give the bytes of an entry with the seal that `unsealed` will ask for."""
    signed = msgspec.structs.replace(entry, hmac=_seal_of(entry, key))
    return msgspec.json.format(msgspec.json.encode(signed), indent=1)


def unsealed(
    path: Path, shape: type[SomeSealed], key: bytes, *, format_is: str, version: int
) -> SomeSealed | None:
    """Read an entry and check its seal; None when there is no such file.

    What says that it is of another version is not looked into further: its seal covers fields that
    this program does not know.

    Raises:
        Tampered: not whole, or not what was sealed.
        Unsupported: of another format or version, or larger than anything this program seals.
        OSError: the file cannot be read.
    """
    raw = read_at_most(path, MAX_BYTES)
    if raw is None:
        return None
    try:
        head = msgspec.json.decode(raw, type=_Head)
        if (head.format, head.version) != (format_is, version):
            raise Unsupported(
                f"{path}: {head.format} version {head.version}, this program reads "
                f"{format_is} version {version}; train again"
            )
        entry = msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Tampered(f"{path}: not a whole manifest: {error}") from error
    if not hmac.compare_digest(_seal_of(entry, key).encode(), entry.hmac.encode()):
        raise Tampered(f"{path}: its signature does not match this installation's model key")
    return entry


def read_at_most(path: Path, max_bytes: int) -> bytes | None:
    """Read a file whole; None when there is none.

    Raises:
        Unsupported: it is larger.
        OSError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(max_bytes + 1)
    except FileNotFoundError:
        return None
    if len(raw) > max_bytes:
        raise Unsupported(f"{path}: larger than {max_bytes} bytes")
    return raw


def _seal_of(entry: Sealed, key: bytes) -> str:
    bare = msgspec.json.encode(msgspec.structs.replace(entry, hmac=""), order="sorted")
    return hmac.new(key, bare, hashlib.sha256).hexdigest()

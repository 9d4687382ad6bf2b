"""The robust detector's memory as bytes: versioned MessagePack, checked whole before it is used."""

import math
from typing import Final

import msgspec

from alerting.detect.errors import CheckpointError

_VERSION = 1
COUNTS: Final = ("n", "block", "hit_bits", "run_n", "run_hits")
NUMBERS: Final = (
    "first_at",
    "last_at",
    "anchor_at",
    "usual_until",
    "run_at",
    "run_since",
    "anchor",
    "centre",
    "spread",
    "pace",
    "swing",
    "low",
    "high",
    "fastest",
    "run_low",
    "run_high",
)


class Checkpoint(msgspec.Struct, frozen=True, array_like=True):
    """A robust detector's whole memory; `counts` and `numbers` are in the order of the tables."""

    version: int
    family: str
    ring: list[float]
    counts: list[int]
    numbers: list[float]


def encode(family: str, ring: list[float], counts: list[int], numbers: list[float]) -> bytes:
    """Give the bytes of one memory."""
    return msgspec.msgpack.encode(Checkpoint(_VERSION, family, ring, counts, numbers))


def decode(blob: bytes, family: str, n_ring: int) -> Checkpoint:
    """Parse the bytes of one memory for a detector of `family` with `n_ring` ring entries.

    Raises:
        CheckpointError: damaged, of another version, family or ring, or not made of numbers.
    """
    try:
        found = msgspec.msgpack.decode(blob, type=Checkpoint)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise CheckpointError(f"a detector's checkpoint cannot be read: {error}") from error
    if found.version != _VERSION:
        raise CheckpointError(f"checkpoint version {found.version}, this program reads {_VERSION}")
    if found.family != family:
        raise CheckpointError(f"checkpoint of family {found.family!r} given to one of {family!r}")
    if (len(found.ring), len(found.counts), len(found.numbers)) != (
        n_ring,
        len(COUNTS),
        len(NUMBERS),
    ):
        raise CheckpointError(f"checkpoint of {len(found.ring)} ring entries, {n_ring} are needed")
    if not all(map(math.isfinite, found.numbers)) or any(map(math.isnan, found.ring)):
        raise CheckpointError("checkpoint holds a value that is not a number")
    return found

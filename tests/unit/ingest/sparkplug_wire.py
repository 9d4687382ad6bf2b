"""A Sparkplug encoder by hand, from the field numbers alone, so that both ends are independent."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, kind: int, body: bytes) -> bytes:
    return varint(number << 3 | kind) + body


def whole(number: int, value: int) -> bytes:
    return field(number, 0, varint(value & (2**64 - 1)))


def text(number: int, value: bytes) -> bytes:
    return field(number, 2, varint(len(value)) + value)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """`value` goes into the field its datatype says; None is a null."""

    name: str | None = None
    alias: int | None = None
    at_ms: int | None = None
    datatype: int | None = None
    value: float | int | bool | str | None = None
    kind: int = 10
    is_historical: bool = False
    unit: str = ""

    def encode(self) -> bytes:
        out = b""
        if self.name is not None:
            out += text(1, self.name.encode())
        if self.alias is not None:
            out += whole(2, self.alias)
        if self.at_ms is not None:
            out += whole(3, self.at_ms)
        if self.datatype is not None:
            out += whole(4, self.datatype)
        if self.is_historical:
            out += whole(5, 1)
        if self.value is None:
            out += whole(7, 1)
        if self.unit:
            value = whole(1, 12) + text(8, self.unit.encode())
            out += text(9, text(1, b"engUnit") + text(2, value))
        return out + self._value()

    def _value(self) -> bytes:
        value, kind = self.value, self.datatype or self.kind
        if value is None:
            return b""
        if isinstance(value, str):
            return text(15, value.encode())
        if kind in (9, 10):
            packed = struct.pack("<f" if kind == 9 else "<d", value)
            return field(12, 5, packed) if kind == 9 else field(13, 1, packed)
        if kind in (4, 8, 13):
            return whole(11, int(value))
        return whole(14 if kind == 11 else 10, int(value) & 0xFFFFFFFF)


def payload(
    metrics: Sequence[Metric] = (), *, seq: int | None = None, at_ms: int | None = None
) -> bytes:
    out = whole(1, at_ms) if at_ms is not None else b""
    for metric in metrics:
        out += text(2, metric.encode())
    return out + (whole(3, seq) if seq is not None else b"")

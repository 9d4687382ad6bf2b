"""Reading CBOR that a stranger sent: looked over before it is decoded, so that it cannot hurt.

The look costs one pass. It bounds nesting and the number of items, checks every length against the
bytes that are there, and lets only plain values through, with decimal fractions (tag 4) besides.
"""

from typing import Any, NamedTuple

import cbor2

MAX_DEPTH = 6
MAX_ITEMS = 200_000
_DECIMAL_FRACTION = 4
_INDEFINITE = 31
_BREAK = 0xFF


class CborError(ValueError):
    """The bytes are no CBOR that is accepted here; the text says why."""


class _Head(NamedTuple):
    major: int
    argument: int
    end: int
    is_indefinite: bool


def loads(payload: bytes) -> Any:
    """Decode one value.

    Raises:
        CborError: it is not well-formed, too deep, or holds something not accepted.
    """
    end = _Look(payload).item(0, 0)
    if end != len(payload):
        raise CborError(f"something follows the end of the message at byte {end}")
    try:
        return cbor2.loads(payload)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as fault:
        raise CborError(str(fault)) from fault


class _Look:
    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._n_items = 0

    def item(self, at: int, depth: int) -> int:
        """Walk over one item; give where it ends."""
        if depth > MAX_DEPTH:
            raise CborError("nested too deeply")
        self._n_items += 1
        if self._n_items > MAX_ITEMS:
            raise CborError(f"more than {MAX_ITEMS} items")
        head = self._head(at)
        if head.major in (2, 3):
            return self._text(head)
        if head.major in (4, 5):
            return self._container(head, depth)
        if head.major == 6:
            if head.argument != _DECIMAL_FRACTION:
                raise CborError(f"tag {head.argument} is not accepted here")
            return self._decimal(head.end, depth)
        if head.is_indefinite:
            raise CborError(f"an end without a beginning at byte {at}")
        return head.end

    def _head(self, at: int) -> _Head:
        payload = self._payload
        if at >= len(payload):
            raise CborError("it ends too early")
        major, info = payload[at] >> 5, payload[at] & 31
        if info < 24:
            return _Head(major, info, at + 1, is_indefinite=False)
        if info == _INDEFINITE:
            return _Head(major, 0, at + 1, is_indefinite=True)
        if info > 27:
            raise CborError(f"byte {payload[at]:#04x} at {at} begins nothing")
        end = at + 1 + (1 << (info - 24))
        if end > len(payload):
            raise CborError("it ends too early")
        return _Head(major, int.from_bytes(payload[at + 1 : end], "big"), end, is_indefinite=False)

    def _text(self, head: _Head) -> int:
        if head.is_indefinite:
            raise CborError("text of indefinite length is not accepted here")
        if head.end + head.argument > len(self._payload):
            raise CborError("it ends too early")
        return head.end + head.argument

    def _container(self, head: _Head, depth: int) -> int:
        at, n_each = head.end, head.major - 3
        if head.is_indefinite:
            while self._payload[at : at + 1] != bytes([_BREAK]):
                for _ in range(n_each):
                    at = self.item(at, depth + 1)
            return at + 1
        if head.argument * n_each > len(self._payload) - at:
            raise CborError("it ends too early")
        for _ in range(head.argument * n_each):
            at = self.item(at, depth + 1)
        return at

    def _decimal(self, at: int, depth: int) -> int:
        """Walk over a decimal fraction: exponent and mantissa, both plain whole numbers."""
        pair = self._head(at)
        if pair.major != 4 or pair.is_indefinite or pair.argument != 2:
            raise CborError("a decimal fraction is an array of exponent and mantissa")
        at = pair.end
        for _ in range(2):
            if self._head(at).major > 1:
                raise CborError("a decimal fraction is an array of exponent and mantissa")
            at = self.item(at, depth + 1)
        return at

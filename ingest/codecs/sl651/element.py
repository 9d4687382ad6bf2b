"""One element of a body: guide byte, definition byte and data; and where the next one begins."""

from typing import NamedTuple

from ingest.codecs.sl651 import bcd, elements

_MAX_SIZE = 8
_MAX_AHEAD = 32  # elements that are looked at to find out whether bytes can be read


class Found(NamedTuple):
    """An element that was read: `number` is None where the station has no value."""

    code: int
    name: str
    data: bytes
    number: float | None
    end: int


def read(data: bytes, at: int) -> Found | str:
    """Read the element at `at`, or say why it cannot be read."""
    code = data[at]
    if code in elements.FIXED_SIZES:
        end = at + 2 + elements.FIXED_SIZES[code]
        if end > len(data):
            return "the body ends within it"
        return Found(code, elements.code_name(code), data[at + 2 : end], None, end)
    if code == elements.VENDOR:
        return _vendor(data, at)
    if code not in elements.ELEMENTS:
        return "no such element is known"
    if at + 1 >= len(data):
        return "the body ends within it"
    return _numbered(data, at, data[at + 1])


def reads_on(data: bytes, at: int) -> bool:
    """Tell whether the bytes from `at` on are elements with usual definitions, to the end."""
    for _ in range(_MAX_AHEAD):
        if at == len(data):
            return True
        code = data[at]
        known = elements.ELEMENTS.get(code)
        if known is not None and data[at + 1 : at + 2] != bytes((known.definition,)):
            return False
        found = _vendor(data, at) if code == elements.VENDOR else _plain(data, at)
        if found is None or isinstance(found, str):
            return False
        at = found.end
    return True


def _plain(data: bytes, at: int) -> Found | None:
    """Read an element without asking what a negative number's size includes."""
    code = data[at]
    known = elements.ELEMENTS.get(code)
    size = elements.FIXED_SIZES.get(code) or (known and elements.size_of(known.definition))
    if not size or at + 2 + size > len(data):
        return None
    held = data[at + 2 : at + 2 + size]
    end = at + 2 + size
    if known is not None and not bcd.is_missing(held) and bcd.number(held, 0) is None:
        return None
    return Found(code, elements.code_name(code), held, None, end)


def _vendor(data: bytes, at: int) -> Found | str:
    """Read a vendor's own element: FF, its code, its definition, its data."""
    if at + 2 >= len(data):
        return "the body ends within it"
    name = "FF" + elements.code_name(data[at + 1])
    size = elements.size_of(data[at + 2])
    end = at + 3 + size
    if end > len(data):
        return "the body ends within it"
    held = data[at + 3 : end]
    number = None if bcd.is_missing(held) else bcd.number(held, elements.decimals_of(data[at + 2]))
    return Found(elements.VENDOR, name, held, number, end)


def _numbered(data: bytes, at: int, defined: int) -> Found | str:
    size = elements.size_of(defined)
    if not 0 < size <= _MAX_SIZE:
        return f"its definition {defined:02X} announces {size} bytes; 1 to {_MAX_SIZE} are possible"
    begin = at + 2
    end = begin + size
    if end > len(data):
        return "the body ends within it"
    held = data[begin:end]
    name = elements.code_name(data[at])
    if bcd.is_missing(held):
        return Found(data[at], name, held, None, end)
    if bcd.is_negative(held) and not reads_on(data, end) and reads_on(data, end + 1):
        end += 1  # a station that does not count the FF byte in the definition
        held = data[begin:end]
    number = bcd.number(held, elements.decimals_of(defined))
    if number is None:
        return f"{held.hex().upper()} is no decimal number"
    return Found(data[at], name, held, number, end)

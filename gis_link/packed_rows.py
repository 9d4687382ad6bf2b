"""Rows of an import by key, packed: a million as dictionaries of text take a gigabyte."""

from array import array
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from gis_link.unload import Text

_PACK: Final = msgspec.msgpack.Encoder()
_UNPACK: Final = msgspec.msgpack.Decoder(list[str])


class PackedRows(Mapping[str, Text]):
    """Rows in the order their keys came first; each is made again when it is asked for.

    Only the fields of `columns` are kept, which are all that a file of the kind can hold.
    """

    def __init__(self, columns: tuple[str, ...]) -> None:
        """Start without rows."""
        self.columns = columns
        self._filled: set[str] = set()
        self._text = bytearray()
        self._place: dict[str, int] = {}
        self._begins, self._ends, self._lines = array("q"), array("q"), array("q")

    @property
    def filled(self) -> list[str]:
        """Give the columns that at least one row fills."""
        return [name for name in self.columns if name in self._filled]

    def put(self, key: str, fields: Text, line: int) -> None:
        """Add a row, or set it in the place of the one with its key; `line` says whence it is."""
        begins = len(self._text)
        self._text += _PACK.encode([fields.get(name, "") for name in self.columns])
        self._filled.update(fields)
        ends, place = len(self._text), self._place.get(key)
        if place is None:
            self._place[key] = len(self._begins)
            self._begins.append(begins)
            self._ends.append(ends)
            self._lines.append(line)
        else:
            self._begins[place], self._ends[place], self._lines[place] = begins, ends, line

    def table(self) -> Iterator[list[str]]:
        """Give the values of every row in the columns that are filled."""
        places = [n for n, name in enumerate(self.columns) if name in self._filled]
        text, decode = memoryview(self._text), _UNPACK.decode
        for begins, ends in zip(self._begins, self._ends, strict=True):
            values = decode(text[begins:ends])
            yield [values[n] for n in places]

    def line_of(self, key: str) -> int:
        """Give the line a row came from in the file that is read; 0 where it came before it."""
        place = self._place.get(key)
        return 0 if place is None else self._lines[place]

    def begin_file(self) -> None:
        """Let every row be one that came before the file that is read now."""
        self._lines = array("q", bytes(8 * len(self._lines)))

    def __getitem__(self, key: str) -> Text:
        """Make the row of a key."""
        place = self._place[key]
        values = _UNPACK.decode(memoryview(self._text)[self._begins[place] : self._ends[place]])
        return {name: text for name, text in zip(self.columns, values, strict=True) if text}

    def __iter__(self) -> Iterator[str]:
        """Give the keys."""
        return iter(self._place)

    def __len__(self) -> int:
        """Give how many rows there are."""
        return len(self._place)

"""Many records in little memory: packed one after the other, made again when one is asked for.

A million resources as Python objects take two gigabytes; packed they take a hundred or two
megabytes, and a look-up makes again only the dozen it chose. A shelf never changes: a change gives
a new shelf that shares the packed records and keeps what is new beside them.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from gis_link.grid import Grid
from gis_link.model import Position


class Record(Protocol):
    """Something with an id and a place that msgspec can pack."""

    @property
    def id(self) -> str:
        """Give its id, unique on its shelf."""
        ...

    @property
    def position(self) -> Position:
        """Give where it is."""
        ...


R = TypeVar("R", bound=Record)
MAX_LOOSE: Final = 1024
_PACK: Final = msgspec.msgpack.Encoder()


class Packed(Generic[R]):
    """The packed part of shelves; its identity says that two shelves share it.

    Records are packed in the order they come and numbered by place on the ground: what is near each
    other has rows near each other, so that arrays by row are read several times faster.
    """

    __slots__ = ("_by_hash", "_decode", "_ends", "_hashes", "_place_of", "_row_of", "_text")

    def __init__(self, kind: type[R], records: Iterable[R]) -> None:
        """Pack the records."""
        text, ends, hashes, at = bytearray(), array("q", [0]), array("q"), array("d")
        for record in records:
            text += _PACK.encode(record)
            ends.append(len(text))
            hashes.append(hash(record.id))
            at.extend((record.position.lat, record.position.lon))
        self._decode: Callable[[memoryview], R] = msgspec.msgpack.Decoder(kind).decode
        self._text = memoryview(text)
        self._ends = ends
        places = _by_ground(np.frombuffer(at, dtype=np.float64).reshape(-1, 2))
        self._place_of = array("i", places.tobytes())
        self._row_of: NDArray[np.int32] = np.empty(len(places), dtype=np.int32)
        self._row_of[places] = np.arange(len(places), dtype=np.int32)
        of_ids: NDArray[np.int64] = np.frombuffer(hashes, dtype=np.int64)
        by_hash = np.argsort(of_ids, kind="stable")
        self._by_hash: NDArray[np.int32] = self._row_of[by_hash]
        self._hashes: NDArray[np.int64] = of_ids[by_hash]

    def __len__(self) -> int:
        """Give how many records there are."""
        return len(self._ends) - 1

    def __iter__(self) -> Iterator[R]:
        """Make every record by row, those that went from a shelf included."""
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, row: int) -> R:
        """Make the record of a row."""
        place = self._place_of[row]
        return self._decode(self._text[self._ends[place] : self._ends[place + 1]])

    def row_at(self, place: int) -> int:
        """Give the row of the record that came at a place."""
        return int(self._row_of[place])

    def row_of(self, record_id: str) -> int | None:
        """Give the row of an id."""
        wanted = hash(record_id)
        at = int(self._hashes.searchsorted(wanted))
        while at < len(self._hashes) and self._hashes[at] == wanted:
            row = int(self._by_hash[at])
            if self[row].id == record_id:
                return row
            at += 1
        return None


def _by_ground(at: NDArray[np.float64]) -> NDArray[np.int32]:
    """Give the places of points (lat, lon), shape (n, 2), in the order of a grid over them."""
    if not len(at):
        return np.empty(0, dtype=np.int32)
    lat, lon = np.nan_to_num(at[:, 0]), np.nan_to_num(at[:, 1])
    return Grid(np.arange(len(at)), lat, lon).ids


def columns(
    records: Iterable[R], dtype: Sequence[tuple[str, str]], row: Callable[[R], tuple[Any, ...]]
) -> dict[str, NDArray[Any]]:
    """Give arrays by name of what `row` says of each record."""
    table = np.fromiter(map(row, records), dtype=np.dtype(list(dtype)))
    return {name: np.ascontiguousarray(table[name]) for name, _ in dtype}


class Shelf(Sequence[R]):
    """Records by row and by id: the packed ones, less those that went, then the loose ones.

    Rows of packed records that went stay numbered, so that what was reckoned of the packed part
    stays right; iterating and `len` pass over them.
    """

    def __init__(self, kind: type[R], records: Iterable[R] = ()) -> None:
        """Pack the records."""
        self.kind = kind
        self.packed = Packed(kind, records)
        self._n_packed = len(self.packed)
        self.loose: tuple[R, ...] = ()
        self.gone: frozenset[int] = frozenset()

    def __len__(self) -> int:
        """Give how many records there are."""
        return len(self.packed) - len(self.gone) + len(self.loose)

    def __iter__(self) -> Iterator[R]:
        """Make every record in turn."""
        for place in range(len(self.packed)):
            row = self.packed.row_at(place)
            if row not in self.gone:
                yield self.packed[row]
        yield from self.loose

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> list[R]: ...
    def __getitem__(self, index: int | slice) -> R | list[R]:
        """Give the record at a place in the order of iteration; `at_row` is quicker."""
        n = len(self.packed)
        if isinstance(index, slice) or self.gone or not 0 <= index < n:
            return list(self)[index]
        return self.packed[self.packed.row_at(index)]

    def __eq__(self, other: object) -> bool:
        """Say whether the same records stand in the same order."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(
            one == another for one, another in zip(self, other, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def at_row(self, row: int) -> R:
        """Give the record of a row, as indexes number them."""
        n = self._n_packed
        return self.packed[row] if row < n else self.loose[row - n]

    def row_of(self, record_id: str) -> int | None:
        """Give the row of an id, None when there is none."""
        for place, record in enumerate(self.loose):
            if record.id == record_id:
                return len(self.packed) + place
        row = self.packed.row_of(record_id)
        return None if row in self.gone else row

    def get(self, record_id: str) -> R | None:
        """Give the record of an id."""
        row = self.row_of(record_id)
        return None if row is None else self.at_row(row)

    def put(self, record: R) -> "Shelf[R]":
        """Give a shelf with this record in the place of the one with its id, or added."""
        n, row = len(self.packed), self.row_of(record.id)
        if row is not None and row >= n:
            place = row - n
            return self._with((*self.loose[:place], record, *self.loose[place + 1 :]), self.gone)
        gone = self.gone if row is None else self.gone | {row}
        return self._with((*self.loose, record), gone)

    def without(self, record_id: str) -> "Shelf[R]":
        """Give a shelf without the record of an id."""
        n, row = len(self.packed), self.row_of(record_id)
        if row is None:
            return self
        if row < n:
            return self._with(self.loose, self.gone | {row})
        place = row - n
        return self._with((*self.loose[:place], *self.loose[place + 1 :]), self.gone)

    def is_untidy(self) -> bool:
        """Say whether so much changed that all should be packed again."""
        return len(self.loose) > MAX_LOOSE or len(self.gone) > MAX_LOOSE + len(self.packed) // 4

    def tidied(self) -> "Shelf[R]":
        """Give the same records, all packed."""
        return Shelf(self.kind, self)

    def _with(self, loose: tuple[R, ...], gone: frozenset[int]) -> "Shelf[R]":
        changed: Shelf[R] = Shelf.__new__(Shelf)
        changed.kind, changed.packed, changed._n_packed = self.kind, self.packed, self._n_packed
        changed.loose, changed.gone = loose, gone
        return changed

"""The states of one rule after each reading of a history, which are nearly always all calm.

A calm sensor keeps a count instead of a list: 10,000 of them at one reading a second would fill
10 MB with references to the one calm state.
"""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar, overload

T = TypeVar("T")


class States(Generic[T]):
    """A list of states that takes no room while every one of them is `calm`, the very object."""

    __slots__ = ("_calm", "_list", "_n")

    def __init__(self, calm: T, states: Iterable[T] = ()) -> None:
        """Take `states` in order."""
        self._calm = calm
        self._n = 0
        self._list: list[T] | None = None
        for state in states:
            self.append(state)

    def __len__(self) -> int:
        """Count the readings."""
        return self._n if self._list is None else len(self._list)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> list[T]: ...
    def __getitem__(self, at: int | slice) -> T | list[T]:
        """Give the state after one reading, or after some of them."""
        if self._list is not None:
            return self._list[at]
        if isinstance(at, slice):
            return [self._calm] * len(range(*at.indices(self._n)))
        if not -self._n <= at < self._n:
            raise IndexError(at)
        return self._calm

    def __setitem__(self, at: int, state: T) -> None:
        """Set the state after one reading."""
        if self._list is not None or state is not self._calm:
            self._listed()[at] = state
        elif not -self._n <= at < self._n:
            raise IndexError(at)

    def __delitem__(self, at: int | slice) -> None:
        """Forget some; what is left may all be calm again."""
        if self._list is None:
            self._n -= len(range(self._n)[at]) if isinstance(at, slice) else 1
            return
        states = self._list
        del states[at]
        if all(state is self._calm for state in states):
            self._n, self._list = len(states), None

    def __iter__(self) -> Iterator[T]:
        """Go through them in order."""
        return iter(self[:])

    def is_calm_from(self, first: int) -> bool:
        """Say whether no state from index `first` on is another than calm."""
        if self._list is None:
            return True
        return all(state is self._calm for state in self._list[first:])

    def last(self, otherwise: T) -> T:
        """Give the state after the newest reading, `otherwise` where there is none."""
        if self._list is None:
            return self._calm if self._n else otherwise
        return self._list[-1] if self._list else otherwise

    def append(self, state: T) -> None:
        """Add the state after a newer reading."""
        if self._list is None and state is self._calm:
            self._n += 1
        else:
            self._listed().append(state)

    def insert(self, at: int, state: T) -> None:
        """Insert the state after a reading before the newest."""
        if self._list is None and state is self._calm:
            self._n += 1
        else:
            self._listed().insert(at, state)

    def _listed(self) -> list[T]:
        if self._list is None:
            self._list = [self._calm] * self._n
        return self._list

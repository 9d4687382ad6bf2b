"""Stock that is promised: what orders under way have put aside, so that no two count on it.

The look-up asks `Reservations`; whoever gives orders implements it. `HeldStock` keeps them in
memory and refuses to promise more than there is.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol


class Reserved(NamedTuple):
    """A quantity of one item of one depot that is promised.

    `order` names the order it is promised to, `holder` the alert the order serves: a look-up for
    that alert still sees it as its own.
    """

    order: str
    holder: str
    depot: str
    item: str
    quantity: float


class Reservations(Protocol):
    """Tells what is promised now."""

    @property
    def version(self) -> int:
        """Give a number that is another one after every change."""
        ...

    def reserved(self) -> Iterable[Reserved]:
        """Give everything that is promised now, once for each order, depot and item."""
        ...


class NotEnoughError(Exception):
    """A depot cannot promise so much; nothing was put aside."""

    def __init__(self, wanted: Reserved, left: float) -> None:
        """Say what was wanted and what there is."""
        super().__init__(
            f"depot {wanted.depot} has {left:g} of {wanted.item} left, {wanted.quantity:g} asked:"
            " ask for less, or another depot"
        )
        self.left = left


class HeldStock:
    """Reservations in memory; `in_stock` gives what a depot has of an item before any promise."""

    def __init__(self, in_stock: Callable[[str, str], float]) -> None:
        """Start with nothing promised."""
        self._in_stock = in_stock
        self._held: dict[tuple[str, str, str], Reserved] = {}
        self._version = 0

    @property
    def version(self) -> int:
        """Give a number that is another one after every change."""
        return self._version

    def reserved(self) -> Iterable[Reserved]:
        """Give everything that is promised now."""
        return tuple(self._held.values())

    def left(self, depot: str, item: str, *, besides: str = "") -> float:
        """Give what may still be promised, not counting what the order `besides` has."""
        promised = sum(
            each.quantity
            for each in self._held.values()
            if (each.depot, each.item) == (depot, item) and each.order != besides
        )
        return max(0.0, self._in_stock(depot, item) - promised)

    def reserve(self, wanted: Reserved) -> None:
        """Promise a quantity; a second promise for the same order, depot and item replaces it.

        Raises:
            NotEnoughError: less is left; nothing was changed.
            ValueError: the quantity is not above 0.
        """
        if not wanted.quantity > 0.0:
            raise ValueError(f"a reservation of {wanted.quantity:g} is none: ask for more than 0")
        left = self.left(wanted.depot, wanted.item, besides=wanted.order)
        if wanted.quantity > left:
            raise NotEnoughError(wanted, left)
        self._held[wanted.order, wanted.depot, wanted.item] = wanted
        self._version += 1

    def release(self, order: str) -> list[Reserved]:
        """Take back everything promised to an order; gives what that was."""
        gone = [each for each in self._held.values() if each.order == order]
        for each in gone:
            del self._held[each.order, each.depot, each.item]
        self._version += bool(gone)
        return gone

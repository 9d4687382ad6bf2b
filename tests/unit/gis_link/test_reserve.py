"""No two orders are promised the same stock, whatever is reserved and released in which order."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gis_link.reserve import HeldStock, NotEnoughError, Reserved

IN_STOCK = {("D1", "pump"): 5.0, ("D2", "pump"): 2.0, ("D1", "cable"): 100.0}


def held_stock() -> HeldStock:
    return HeldStock(lambda depot, item: IN_STOCK.get((depot, item), 0.0))


def test_more_than_is_left_is_refused_and_says_how_much_there_is() -> None:
    held = held_stock()
    held.reserve(Reserved("O1", "A1", "D1", "pump", 4.0))
    with pytest.raises(NotEnoughError, match="depot D1 has 1 of pump left, 2 asked"):
        held.reserve(Reserved("O2", "A2", "D1", "pump", 2.0))
    assert held.left("D1", "pump") == 1.0


def test_a_second_promise_to_the_same_order_replaces_the_first() -> None:
    held = held_stock()
    held.reserve(Reserved("O1", "A1", "D1", "pump", 4.0))
    held.reserve(Reserved("O1", "A1", "D1", "pump", 5.0))
    assert [each.quantity for each in held.reserved()] == [5.0]


@pytest.mark.parametrize("quantity", [0.0, -1.0, float("nan")])
def test_nothing_is_no_reservation(quantity: float) -> None:
    with pytest.raises(ValueError, match="ask for more than 0"):
        held_stock().reserve(Reserved("O1", "A1", "D1", "pump", quantity))


def test_releasing_tells_what_it_was_and_only_a_change_changes_the_version() -> None:
    held = held_stock()
    wanted = Reserved("O1", "A1", "D1", "pump", 4.0)
    held.reserve(wanted)
    version = held.version
    assert held.release("nobody") == []
    assert held.version == version
    assert held.release("O1") == [wanted]
    assert held.version != version
    assert held.left("D1", "pump") == 5.0


class NoTwoOrders(RuleBasedStateMachine):
    """Orders come and go; what is promised never exceeds what there is."""

    def __init__(self) -> None:
        super().__init__()
        self.held = held_stock()
        self.promised: dict[tuple[str, str, str], float] = {}

    @rule(
        order=st.sampled_from(["O1", "O2", "O3"]),
        of=st.sampled_from([*IN_STOCK, ("D9", "pump")]),
        quantity=st.sampled_from([0.5, 1.0, 2.0, 4.0, 99.0]),
    )
    def reserve(self, order: str, of: tuple[str, str], quantity: float) -> None:
        others = sum(n for (o, *o_of), n in self.promised.items() if o != order and (*o_of,) == of)
        wanted = Reserved(order, "A", *of, quantity)
        if quantity <= IN_STOCK.get(of, 0.0) - others:
            self.held.reserve(wanted)
            self.promised[order, *of] = quantity
        else:
            with pytest.raises(NotEnoughError):
                self.held.reserve(wanted)

    @precondition(lambda self: self.promised)
    @rule(order=st.sampled_from(["O1", "O2", "O3"]))
    def release(self, order: str) -> None:
        gone = self.held.release(order)
        assert {(e.order, e.depot, e.item) for e in gone} == {
            k for k in self.promised if k[0] == order
        }
        self.promised = {key: n for key, n in self.promised.items() if key[0] != order}

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        said = {(e.order, e.depot, e.item): e.quantity for e in self.held.reserved()}
        assert said == self.promised
        for of, there in IN_STOCK.items():
            assert sum(n for (_, *o_of), n in said.items() if (*o_of,) == of) <= there


NoTwoOrders.TestCase.settings = settings(max_examples=60, deadline=None)
TestNoTwoOrders = NoTwoOrders.TestCase

"""A shelf gives back what was put on it, and a change leaves the shelf before it as it was."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gis_link.model import Camera, Depot, Facility, FacilityKind, Preset, Ptz, Team
from gis_link.shelf import MAX_LOOSE, Shelf
from tests.unit.gis_link.builders import HERE, NOW, camera, crowd, depot, stock, team

IDS = [f"T{n}" for n in range(8)]


def test_every_kind_comes_back_as_it_was() -> None:
    teams, depots, cameras = crowd(200)
    ptz = Ptz(from_deg=300, to_deg=60, presets=(Preset("gate", 10.5),), tele_hfov_deg=6)
    school = Facility(id="S", name="School", kind=FacilityKind.SCHOOL, position=HERE, is_open=True)
    kept: list[tuple[Any, list[Any]]] = [
        (Team, [*teams, team("old", 5, "medical", as_of=NOW, base=HERE)]),
        (Depot, [*depots, depot("bare", 5), depot("full", 6, stock("cable", 0.5, reserved=0.25))]),
        (
            Camera,
            [*cameras, camera(HERE, id="ptz", ptz=ptz), Camera(id="c", name="", position=HERE)],
        ),
        (Facility, [school]),
    ]
    for kind, records in kept:
        assert list(Shelf(kind, records)) == records
        assert Shelf(kind, records) == records


def test_a_record_is_found_by_its_id() -> None:
    shelf = Shelf(Team, [team(each, n, "medical") for n, each in enumerate(IDS)])
    found = shelf.get("T5")
    assert found is not None
    assert found.id == "T5"
    assert shelf.get("nobody") is None
    assert shelf.without("T5").get("T5") is None
    assert shelf.without("nobody") is shelf


def test_what_changed_too_much_is_untidy_until_it_is_packed_again() -> None:
    shelf: Shelf[Team] = Shelf(Team)
    for n in range(MAX_LOOSE + 1):
        assert not shelf.is_untidy()
        shelf = shelf.put(team(f"T{n}", n, "medical"))
    assert shelf.is_untidy()
    tidy = shelf.tidied()
    assert tidy == shelf
    assert not tidy.is_untidy()
    assert tidy.loose == ()


@pytest.mark.parametrize("index", [0, 1, -1])
def test_a_shelf_is_read_like_a_list(index: int) -> None:
    teams = [team(each, 5, "medical") for each in IDS[:3]]
    assert Shelf(Team, teams)[index] == teams[index]
    assert Shelf(Team, teams)[1:] == teams[1:]
    with pytest.raises(IndexError):
        Shelf(Team, teams)[3]


class ShelfLikeADict(RuleBasedStateMachine):
    """Whatever is put and taken, a shelf holds what a dict of the same would."""

    def __init__(self) -> None:
        super().__init__()
        first = [team(each, 5, "medical") for each in IDS[:5]]
        self.shelf = Shelf(Team, first)
        self.held = {each.id: each for each in first}
        self.before = (self.shelf, dict(self.held))

    @rule(name=st.sampled_from(IDS), metres=st.floats(0, 1000))
    def put(self, name: str, metres: float) -> None:
        record = team(name, metres, "drainage")
        self.before = (self.shelf, dict(self.held))
        self.shelf = self.shelf.put(record)
        self.held[name] = record

    @rule(name=st.sampled_from(IDS))
    def take(self, name: str) -> None:
        self.before = (self.shelf, dict(self.held))
        self.shelf = self.shelf.without(name)
        self.held.pop(name, None)

    @rule()
    def tidy(self) -> None:
        self.shelf = self.shelf.tidied()

    @invariant()
    def holds_the_same(self) -> None:
        for shelf, held in (self.before, (self.shelf, self.held)):
            assert {each.id: each for each in shelf} == held
            assert len(shelf) == len(held)
            assert all(shelf.get(name) == held.get(name) for name in IDS)
            rows = {name: shelf.row_of(name) for name in IDS}
            assert all((row is None) == (name not in held) for name, row in rows.items())
            assert all(
                shelf.at_row(row).id == name for name, row in rows.items() if row is not None
            )


ShelfLikeADict.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestShelfLikeADict = ShelfLikeADict.TestCase


@given(st.integers(0, 40))
def test_length_is_counted(n: int) -> None:
    assert len(Shelf(Team, [team(f"T{i}", i, "medical") for i in range(n)])) == n

"""Who and what is chosen for a hazard, why, and what is said when it is not to be had."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_link.match import Match, Matcher
from gis_link.model import Depot, Position, Team
from gis_link.need import BUILT_IN, CAPABILITIES, ITEMS, ItemNeed, Need, NeedTable
from gis_link.reach import StraightLine, Travel, TravelTime
from gis_link.reserve import HeldStock, Reserved
from gis_link.scene import Danger, Scene
from gis_link.shelf import Shelf
from tests.unit.gis_link.builders import (
    HAZARDS,
    HERE,
    NOW,
    away,
    crowd,
    depot,
    scattered,
    stock,
    team,
)

MODERATE, SEVERE, EXTREME = 2, 3, 4


def table(**need: object) -> NeedTable:
    return NeedTable(hazards={"test": Need(hazard="test", **need)})  # type: ignore[arg-type]


PUMPS = table(supplies=(ItemNeed("pump_truck", (0, 1, 2, 4)),))
CABLE = table(supplies=(ItemNeed("cable", (0, 100, 200, 300)),))
DRAINERS = table(primary=("drainage",), n_teams=(1, 1, 1, 2))


def match(
    needs: NeedTable,
    teams: Sequence[Team] = (),
    depots: Sequence[Depot] = (),
    severity: int = EXTREME,
    hazard: str = "test",
) -> Match:
    return matcher(needs, teams, depots).match(hazard, Scene(HERE, severity, NOW))


def matcher(
    needs: NeedTable,
    teams: Sequence[Team] = (),
    depots: Sequence[Depot] = (),
    reach: TravelTime | None = None,
) -> Matcher:
    return Matcher.of(Shelf(Team, teams), Shelf(Depot, depots), needs, reach)


def chosen(found: Match) -> list[str]:
    return [pick.team.name for pick in found.teams]


def drainers(*metres: float) -> list[Team]:
    return [team(f"D{m:g}", m, "drainage") for m in metres]


def test_primary_teams_come_before_support_then_the_soonest() -> None:
    needs = table(primary=("drainage",), support=("medical",))
    teams = [team("near medic", 100, "medical"), *drainers(2_000, 900)]
    assert chosen(match(needs, teams)) == ["D900", "D2000", "near medic"]


def test_every_capability_is_covered_before_one_is_doubled() -> None:
    needs = table(primary=("drainage", "geotech"), support=("medical",), n_teams=(1, 1, 1, 3))
    teams = [
        *drainers(100, 200, 300, 400, 500),
        team("G", 9_000, "geotech"),
        team("M", 9_500, "medical"),
    ]
    found = match(needs, teams)
    assert {"G", "D100", "D200"} <= set(chosen(found))
    assert len(found.teams) == 5
    assert found.teams[-1].why.startswith("support: medical")


def test_a_team_that_can_do_two_things_is_chosen_once() -> None:
    needs = table(primary=("drainage", "geotech"))
    found = match(needs, [team("both", 500, "drainage", "geotech")], severity=MODERATE)
    assert chosen(found) == ["both"]
    assert found.teams[0].why == (
        "primary: drainage and geotechnical; inside the 1 km ring; on duty, 10 people"
    )


def test_fresher_positions_win_between_equals() -> None:
    old = team("old", 500, "drainage", as_of=NOW - timedelta(hours=3))
    assert chosen(match(DRAINERS, [old, team("z fresh", 500, "drainage")])) == ["z fresh", "old"]


@pytest.mark.parametrize(
    ("metres", "ring"),
    [
        (999, "inside the 1 km ring"),
        (1_001, "inside the 3 km ring"),
        (4_999, "inside the 5 km ring"),
        (9_999, "inside the 10 km ring"),
        (10_001, "beyond 10 km, for want of nearer"),
    ],
)
def test_each_team_says_in_which_ring_it_is(metres: float, ring: str) -> None:
    assert ring in match(DRAINERS, drainers(metres)).teams[0].why


def test_an_old_position_is_said_to_be_old() -> None:
    gone = team("gone", 500, "drainage", as_of=NOW - timedelta(hours=9), base=away(3_000))
    [pick] = match(DRAINERS, [gone]).teams
    assert pick.fresh == "as of 9 h ago"
    assert "last position is old: ask where they are (base 3.0 km away)" in pick.why


def test_old_positions_come_last_and_are_named_when_nobody_else_is_there() -> None:
    old = team("old", 100, "drainage", as_of=NOW - timedelta(hours=9))
    resting = team("resting", 900, "drainage", on_duty=False)
    assert chosen(match(DRAINERS, [old, *drainers(9_000, 9_500)])) == ["D9000", "D9500"]
    found = match(DRAINERS, [old, resting, *drainers(9_000)])
    assert chosen(found) == ["D9000", "resting", "old"]
    assert found.shortfall == (
        "needs 2 drainage teams, 1 on duty within 10 km; position old, ask where they are: "
        "old 100 m; off duty, to be called in: resting 900 m; none more within 50 km",
    )


def test_nobody_is_sent_from_inside_the_danger_area() -> None:
    teams = [*drainers(150, 400, 12_000), team("far", 12_500, "drainage")]
    teams.append(team("of no use", 200, "medical"))
    depots = [depot(f"S{m}", m, stock("pump_truck", 4)) for m in (150, 400, 12_000)]
    depots.append(depot("of no use", 200, stock("lamp", 4)))
    box = shapely.box(away(11_000).lon, HERE.lat - 0.1, away(12_400).lon, HERE.lat + 0.1)
    scene = Scene(HERE, EXTREME, NOW, Danger(300.0, box))
    found = matcher(DRAINERS, teams).match("test", scene)
    assert chosen(found) == ["D400", "far"]
    assert found.shortfall == (
        "needs 2 drainage teams, 1 on duty within 10 km; left out inside the danger area: 1; "
        "nearest next: far 12.5 km",
    )
    found = matcher(PUMPS, (), depots).match("test", scene)
    assert [pick.depot.name for pick in found.supplies] == ["S400"]
    wider = scene._replace(danger=Danger(500.0, box))
    [said] = matcher(PUMPS, (), depots).match("test", wider).shortfall[:1]
    assert said == (
        "needs 4 pump trucks, 0 within 10 km; left out inside the danger area: 2; "
        "none known anywhere else"
    )


def test_a_hazard_keeps_its_own_circle_clear() -> None:
    needs = table(primary=("drainage",), danger_m=(0, 0, 0, 200))
    assert chosen(match(needs, drainers(100, 300), severity=EXTREME)) == ["D300"]
    assert chosen(match(needs, drainers(100, 300), severity=SEVERE)) == ["D100", "D300"]


def test_what_other_orders_have_reserved_is_not_counted_twice() -> None:
    depots = [depot(f"S{m}", m, stock("pump_truck", 3)) for m in (100, 200, 300)]
    held = HeldStock(lambda _depot, _item: 3.0)
    look = Matcher.of(Shelf(Team), Shelf(Depot, depots), PUMPS, reservations=held)

    def lines(holder: str) -> dict[str, float]:
        found = look.match("test", Scene(HERE, EXTREME, NOW, holder=holder))
        return {pick.depot.name: pick.lines[0].available for pick in found.supplies}

    assert lines("A-1") == {"S100": 3.0, "S200": 3.0}
    held.reserve(Reserved("O-1", "A-1", "S100", "pump_truck", 2.0))
    held.reserve(Reserved("O-2", "A-2", "S200", "pump_truck", 3.0))
    assert lines("A-1") == {"S100": 3.0, "S300": 3.0}
    assert lines("A-3") == {"S100": 1.0, "S300": 3.0}
    held.release("O-2")
    assert lines("A-3") == {"S100": 1.0, "S200": 3.0}


def test_reserved_everywhere_is_a_shortage() -> None:
    held = HeldStock(lambda _depot, _item: 4.0)
    stores = Shelf(Depot, [depot("S", 100, stock("pump_truck", 4))])
    look = Matcher.of(Shelf(Team), stores, PUMPS, reservations=held)
    held.reserve(Reserved("O", "other", "S", "pump_truck", 3.0))
    assert look.match("test", Scene(HERE, EXTREME, NOW)).shortfall == (
        "needs 4 pump trucks, 1 within 10 km; none known anywhere else",
    )


def test_a_team_known_only_by_its_base_says_so() -> None:
    waiting = team("waiting", 500, "drainage", as_of=None, base=away(500))
    assert match(DRAINERS, [waiting]).teams[0].fresh == "at base, no live position"
    lost = team("lost", 500, "drainage", as_of=None)
    assert match(DRAINERS, [lost]).teams[0].fresh == "age unknown"


def test_too_few_teams_widen_the_search_and_say_so() -> None:
    found = match(DRAINERS, drainers(3_000, 14_200))
    assert chosen(found) == ["D3000", "D14200"]
    assert found.shortfall == (
        "needs 2 drainage teams, 1 on duty within 10 km; nearest next: D14200 14.2 km",
    )


def test_a_team_off_duty_is_offered_after_those_on_duty() -> None:
    resting = team("resting", 500, "drainage", on_duty=False)
    found = match(DRAINERS, [resting, *drainers(20_000)], severity=MODERATE)
    assert chosen(found) == ["D20000", "resting"]
    assert "OFF DUTY: call in" in found.teams[1].why
    assert found.shortfall == (
        "needs 1 drainage team, 0 on duty within 10 km; off duty, to be called in: resting 500 m; "
        "nearest next: D20000 20.0 km",
    )


def test_the_nearest_known_team_is_named_however_far() -> None:
    found = match(DRAINERS, drainers(63_000), severity=MODERATE)
    assert found.teams == ()
    assert found.shortfall == (
        "needs 1 drainage team, 0 on duty within 10 km; "
        "none more within 50 km, nearest known: D63000 63.0 km",
    )


def test_missing_support_is_said_from_severe_on() -> None:
    needs = table(primary=("drainage",), support=("medical",), n_teams=(1, 1, 1, 1))
    assert match(needs, drainers(100), severity=MODERATE).shortfall == ()
    [said] = match(needs, drainers(100), severity=SEVERE).shortfall
    assert said == "needs 1 medical team, 0 on duty within 10 km; none more within 50 km"


def test_supplies_short_within_reach_are_said_in_words() -> None:
    depots = [
        depot("Near store", 2_000, stock("pump_truck", 1)),
        depot("Renhe store", 14_200, stock("pump_truck", 2)),
    ]
    found = match(PUMPS, depots=depots)
    assert found.shortfall == (
        "needs 4 pump trucks, 1 within 10 km; nearest next: Renhe store 14.2 km (2)",
    )
    assert [pick.depot.name for pick in found.supplies] == ["Near store", "Renhe store"]


@pytest.mark.parametrize(
    ("needs", "depots", "severity", "said"),
    [
        (PUMPS, [], MODERATE, "needs 1 pump truck, 0 within 10 km; none known anywhere else"),
        (
            PUMPS,
            [depot("Far", 63_000, stock("pump_truck", 9))],
            EXTREME,
            "needs 4 pump trucks, 0 within 10 km; "
            "none more within 50 km, nearest known: Far 63.0 km (9)",
        ),
        (
            CABLE,
            [depot("A", 100, stock("cable", 120)), depot("B", 11_000, stock("cable", 50))],
            EXTREME,
            "needs 300 m of cable, 120 m within 10 km; nearest next: B 11.0 km (50 m)",
        ),
    ],
)
def test_shortfall_sentences(
    needs: NeedTable, depots: list[Depot], severity: int, said: str
) -> None:
    assert match(needs, depots=depots, severity=severity).shortfall == (said,)


def test_reserved_and_expired_stock_does_not_count() -> None:
    expired = stock("pump_truck", 5, expires=date(2026, 10, 31))
    depots = [
        depot("half", 100, stock("pump_truck", 3, reserved=2)),
        depot("all reserved", 200, stock("pump_truck", 3, reserved=3)),
        depot("expired", 300, expired),
        depot("last day", 400, stock("pump_truck", 3, expires=date(2026, 11, 1))),
    ]
    found = match(PUMPS, depots=depots)
    lines = {pick.depot.name: pick.lines[0].available for pick in found.supplies}
    assert lines == {"half": 1.0, "last day": 3.0}
    assert found.shortfall == ()


def test_no_more_depots_are_sent_for_than_are_needed() -> None:
    depots = [depot(f"S{m}", m, stock("pump_truck", 2)) for m in range(100, 2_000, 100)]
    found = match(PUMPS, depots=depots)
    assert [pick.depot.name for pick in found.supplies] == ["S100", "S200"]


def test_more_depots_than_a_card_holds_is_said() -> None:
    depots = [depot(f"S{m}", m, stock("cable", 20)) for m in range(100, 2_000, 100)]
    found = match(CABLE, depots=depots)
    assert len(found.supplies) == 6
    assert found.shortfall == ("shown are 6 of 15 depots that hold a part",)


def test_many_small_depots_are_counted_to_the_last() -> None:
    depots = [depot(f"S{m}", m, stock("cable", 1)) for m in range(100, 310)]
    [said] = match(CABLE, depots=depots).shortfall[:1]
    assert said == "needs 300 m of cable, 210 m within 10 km; none known anywhere else"


def test_a_severity_that_asks_for_nothing_shows_where_it_would_come_from() -> None:
    found = match(PUMPS, depots=[depot("store", 100, stock("pump_truck", 9))], severity=1)
    assert [pick.depot.name for pick in found.supplies] == ["store"]
    assert found.shortfall == ()


def test_a_severity_that_asks_for_nothing_misses_nothing() -> None:
    found = match(CABLE, depots=[depot("store", 100, stock("cable", 20))], severity=1)
    assert [pick.depot.name for pick in found.supplies] == ["store"]
    assert found.shortfall == ()
    assert match(CABLE, severity=1).shortfall == (
        "no depot within 50 km holds the supplies that are called for",
    )


def test_stock_says_when_it_was_last_checked() -> None:
    old = stock("pump_truck", 1, checked_at=NOW - timedelta(days=12))
    new = stock("pump_truck", 3, checked_at=NOW)
    [pick] = match(PUMPS, depots=[depot("store", 100, old, new)]).supplies
    assert pick.fresh == "as of 12 d ago"
    assert pick.why == "has 1 of the 1 items needed: pump trucks; inside the 1 km ring"
    [pick] = match(PUMPS, depots=[depot("store", 100, stock("pump_truck", 4))]).supplies
    assert pick.fresh == "age unknown"


def test_an_unknown_hazard_gets_general_help_and_says_so() -> None:
    found = match(BUILT_IN, [team("E", 100, "evacuation")], hazard="meteorite")
    assert chosen(found) == ["E"]
    assert "what meteorite needs is not described: general help is shown" in found.shortfall


@pytest.mark.parametrize("hazard", ["sensor_silent", "anomaly", "system"])
def test_a_hazard_of_the_watching_itself_sends_nobody(hazard: str) -> None:
    found = match(BUILT_IN, drainers(10), hazard=hazard)
    assert found.teams == ()
    [said] = found.shortfall
    assert said == "no team and no supplies are called for: look, and call the chain"


@pytest.mark.parametrize("severity", [0, 5, -1])
def test_a_severity_outside_the_scale_is_refused(severity: int) -> None:
    with pytest.raises(ValueError, match=r"1 \(minor\) to 4 \(extreme\)"):
        match(PUMPS, severity=severity)


metres = st.floats(0.0, 120_000.0)
some_teams = st.lists(
    st.tuples(metres, st.sampled_from(sorted(CAPABILITIES)), st.booleans()), max_size=12
)
some_depots = st.lists(
    st.tuples(metres, st.sampled_from(sorted(ITEMS)), st.integers(0, 50)), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(some_teams, some_depots, st.sampled_from(HAZARDS), st.integers(1, 4))
def test_nothing_is_ever_empty_without_a_word(
    teams: list[tuple[float, str, bool]],
    depots: list[tuple[float, str, int]],
    hazard: str,
    severity: int,
) -> None:
    found = match(
        BUILT_IN,
        [team(f"T{i}", m, c, on_duty=duty) for i, (m, c, duty) in enumerate(teams)],
        [depot(f"S{i}", m, stock(item, n)) for i, (m, item, n) in enumerate(depots)],
        severity,
        hazard,
    )
    said = " ".join(found.shortfall)
    for code in found.need.primary:
        able = [pick for pick in found.teams if code in pick.team.capabilities]
        assert able or f"{CAPABILITIES[code].name} team" in said
    for code, quantity in found.need.items_wanted(severity):
        lines = [line for pick in found.supplies for line in pick.lines if line.item.code == code]
        held = sum(line.available for line in lines)
        assert held >= quantity or ITEMS[code].name in said or ITEMS[code].plural in said
    assert found.teams or found.shortfall
    assert all(pick.distance_m <= 50_000.0 for pick in found.teams)
    assert all(pick.distance_m <= 50_000.0 for pick in found.supplies)
    assert all(pick.why and pick.fresh and pick.travel.how for pick in found.teams)


class Ferry:
    """A `TravelTime` on which the far bank is sooner reached than the near one."""

    def between(
        self, origin: Position, destinations: Sequence[Position], hazard: str
    ) -> list[Travel]:
        del hazard
        return [Travel(1e6 - abs(at.lon - origin.lon) * 1e5, "ferry") for at in destinations]


def test_the_soonest_and_not_the_nearest_comes_first() -> None:
    teams, depots = (
        drainers(500, 5_000),
        [depot(f"S{m}", m, stock("cable", 400)) for m in (500, 5_000)],
    )
    scene = Scene(HERE, EXTREME, NOW)
    assert chosen(matcher(DRAINERS, teams, depots, Ferry()).match("test", scene)) == [
        "D5000",
        "D500",
    ]
    found = matcher(CABLE, (), depots, Ferry()).match("test", scene)
    assert [pick.depot.name for pick in found.supplies] == ["S5000"]


@pytest.mark.parametrize(("hazard", "seconds"), [("wet", 10_000 * 1.4 * 3.6 / 20), ("dry", 1680.0)])
def test_travel_is_slower_on_flooded_roads(hazard: str, seconds: float) -> None:
    reach = StraightLine(lambda word: word == "wet")
    [travel] = reach.between(HERE, [away(10_000)], hazard)
    assert travel.seconds == pytest.approx(seconds, rel=1e-6)
    assert ("flooded roads" if hazard == "wet" else "town roads") in travel.how


@pytest.mark.parametrize(
    "wrong", [{"detour": 0.9}, {"normal_km_per_h": 0}, {"flooded_km_per_h": -1}]
)
def test_an_impossible_speed_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="detour"):
        StraightLine(lambda _: False, **wrong)


def test_floods_slow_the_roads_in_the_built_in_table() -> None:
    flooded = {need.hazard for need in BUILT_IN.hazards.values() if need.flooded}
    assert flooded == {"rainstorm", "river_flood", "ponding", "vehicle_in_water"}


def test_a_table_that_asks_for_the_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="test asks for magic, wand: not described"):
        table(primary=("magic",), supplies=(ItemNeed("wand", (0, 0, 0, 1)),))


class Asked:
    """The straight line through the public door only: it measures every way itself."""

    def __init__(self) -> None:
        self._line = StraightLine(lambda word: BUILT_IN.hazards[word].flooded)

    def between(
        self, origin: Position, destinations: Sequence[Position], hazard: str
    ) -> list[Travel]:
        return self._line.between(origin, destinations, hazard)


def test_knowing_that_roads_are_straight_changes_no_answer() -> None:
    teams, depots, _ = crowd(4_000, seed=11)
    short = matcher(BUILT_IN, teams, depots)
    long = matcher(BUILT_IN, teams, depots, Asked())
    for at in scattered(24, seed=12):
        for n, hazard in enumerate(HAZARDS):
            scene = Scene(at, 1 + n % 4, NOW)
            assert short.match(hazard, scene) == long.match(hazard, scene)

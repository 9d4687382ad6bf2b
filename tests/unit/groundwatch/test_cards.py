"""The card of an alert: golden cards of the example district, and what a desk never does.

The golden cards are the whole of what a duty officer reads. After an intended change, write them
anew with `python -m tests.unit.groundwatch.test_cards` and read the difference.
"""

import asyncio
import math
import re
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Card,
    Provenance,
    Responder,
    Severity,
)
from alerting.ports import CardLookup
from alerting.render.phrases import NOT_CALLED_FOR, card_words
from gis_link import model as gis
from gis_link.closures import Closures
from gis_link.loaders import Resources, load_resources
from gis_link.need import BUILT_IN
from gis_link.shelf import Shelf
from groundwatch.cards import Around, CardDesk
from groundwatch.clock import Clock
from groundwatch.flooded_roads import circle_around
from sensors.model import Position, SensorKey
from tests.unit.gis_link.builders import HAZARDS, crowd, scattered

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "cards"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


class StoppedClock:
    """A clock that always says the same."""

    def now(self) -> datetime:
        return NOW


CLOCK: Clock = StoppedClock()


@cache
def desk() -> CardDesk:
    resources, faults = load_resources(ROOT / "examples" / "baiyun" / "resources")
    assert faults == []
    return CardDesk(resources, CLOCK)


def alert(
    hazard: str,
    position: Position,
    severity: Severity = Severity.SEVERE,
    *,
    site: str = "nowhere",
    kind: AlertKind = AlertKind.LIMIT,
) -> Alert:
    return Alert(
        id="A-1",
        kind=kind,
        state=AlertState.FIRING,
        sensor=SensorKey(site, "DEV-1", "", "quantity"),
        hazard=hazard,
        rule_id="rule",
        pack="pack",
        severity=severity,
        peak=severity,
        position=position,
        started_at=NOW,
        detected_at=NOW,
        severity_at=NOW,
        value=1.0,
        limit=1.0,
        unit="m",
        reason="a reason",
        provenance=Provenance(source="test"),
    )


GOLDEN_CASES = {
    "ponding": alert(
        "ponding", Position(23.1884, 113.2576), Severity.EXTREME, site="baiyun-underpasses"
    ),
    "vehicle_in_water": alert(
        "vehicle_in_water", Position(23.1884, 113.2576), Severity.EXTREME, site="baiyun-underpasses"
    ),
    "no_entry_zone": alert("no_entry_zone", Position(23.23163, 113.27779), site="huanghe-tower"),
    "river_flood": alert("river_flood", Position(23.3329, 113.3012), site="renhe-dyke"),
    "pit_deformation": alert(
        "pit_deformation", Position(23.23651, 113.28962), Severity.EXTREME, site="jiahe-pit"
    ),
    "crane_wind": alert("crane_wind", Position(23.23163, 113.27779), site="huanghe-tower"),
    "formwork_collapse": alert(
        "formwork_collapse", Position(23.29153, 113.34638), Severity.EXTREME, site="taihe-hall"
    ),
    "sensor_silent": alert(
        "river_flood",
        Position(23.2618, 113.3694),
        Severity.MODERATE,
        site="hutian-reservoir",
        kind=AlertKind.BLIND,
    ),
    "rainstorm": alert("rainstorm", Position(23.2724, 113.2913), site="baiyun-rain"),
}


def responders(title: str, entries: Iterable[Responder]) -> Iterable[str]:
    for entry in entries:
        travel = "" if entry.travel_s is None else f" · {entry.travel_s / 60:.0f} min"
        yield f"{title} {entry.id} {entry.name} · {entry.what} · {entry.distance_m:.0f} m{travel}"
        yield f"    {entry.why} · {entry.as_of} · {entry.travel_how}{entry.phone} {entry.link}"
        if entry.items:
            yield "    " + ", ".join(f"{item} {n:g} {unit}" for item, n, unit in entry.items)


def text_of(card: Card) -> str:
    lines = [
        *responders("team", card.teams),
        *responders("supply", card.supplies),
        *responders("camera", card.cameras),
        *(f"call {link.tier} {link.place}: {link.person} {link.phone}" for link in card.chain),
        *(f"short: {sentence}" for sentence in card.shortfall),
        f"missing: {card.missing}",
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", GOLDEN_CASES)
async def test_the_card_is_the_golden_one(name: str) -> None:
    card = await desk().card(GOLDEN_CASES[name])
    assert text_of(card) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


async def test_a_desk_is_a_card_lookup() -> None:
    lookup: CardLookup = desk()
    card = await lookup.card(GOLDEN_CASES["ponding"])
    assert card.looked_up_at == NOW
    assert {link.tier for link in card.chain} == {"district", "street", "village", "site"}
    assert all(team.travel_s and team.travel_how and team.why for team in card.teams)


def test_near_needs_no_site() -> None:
    card = desk().near(Position(23.1884, 113.2576), "ponding", Severity.SEVERE, NOW)
    assert card.teams
    assert [link.tier for link in card.chain][-1] == "village"


async def test_without_resources_the_card_says_so() -> None:
    card = await CardDesk(None, CLOCK).card(GOLDEN_CASES["ponding"])
    assert card.missing == "no resources are configured: name a resources directory"
    assert card.teams == card.supplies == card.cameras == ()
    assert any(said.startswith("needs 2 drainage teams, 0 on duty") for said in card.shortfall)


async def test_what_no_file_was_found_for_is_missing(tmp_path: Path) -> None:
    resources, _ = load_resources(tmp_path)
    card = await CardDesk(resources, CLOCK).card(GOLDEN_CASES["ponding"])
    for said in ("no teams", "no depots", "no cameras", "no map"):
        assert said in card.missing


def test_a_point_no_camera_shows_names_the_nearest_and_why() -> None:
    camera = gis.Camera(
        id="C",
        name="Gate camera",
        position=gis.Position(23.2, 113.2),
        heading_deg=0,
        hfov_deg=60,
        range_m=50,
    )
    blind = CardDesk(Resources(cameras=Shelf(gis.Camera, [camera])), CLOCK)
    card = blind.near(Position(23.201, 113.2), "ponding", Severity.SEVERE, NOW)
    assert card.cameras == ()
    said = "no camera shows the point; nearest: Gate camera 111 m, 111 m is beyond its range"
    assert said in " ".join(card.shortfall)


def test_only_offline_cameras_are_said_to_be_of_no_use() -> None:
    camera = gis.Camera(
        id="C",
        name="Gate camera",
        position=gis.Position(23.2, 113.2),
        heading_deg=0,
        hfov_deg=60,
        range_m=500,
        status=gis.CameraStatus.OFFLINE,
    )
    offline = CardDesk(Resources(cameras=Shelf(gis.Camera, [camera])), CLOCK)
    card = offline.near(Position(23.201, 113.2), "ponding", Severity.SEVERE, NOW)
    assert [entry.id for entry in card.cameras] == ["C"]
    assert "every camera that could show the point is offline" in card.shortfall


@pytest.mark.parametrize("kind", [AlertKind.BLIND, AlertKind.ANOMALY, AlertKind.SYSTEM])
async def test_alerts_about_the_watching_send_nobody_but_show_and_call(kind: AlertKind) -> None:
    card = await desk().card(alert("ponding", Position(23.1884, 113.2576), kind=kind))
    assert card.teams == card.supplies == ()
    assert card.cameras
    assert card.chain
    assert card.shortfall[0] == NOT_CALLED_FOR


def test_what_is_short_is_counted_as_people_count_it_in_chinese() -> None:
    few = gis.Depot(
        id="D", name="Yard", position=gis.Position(23.2, 113.27), keeper="", phone="",
        stock=(gis.Stock(item="sling", quantity=3.0, unit="根"),),
    )  # fmt: skip
    own = CardDesk(Resources(depots=Shelf(gis.Depot, [few]), needs=BUILT_IN), CLOCK)
    said: dict[str, str] = {}
    for hazard in BUILT_IN.hazards:
        card = own.near(Position(23.19, 113.26), hazard, Severity.EXTREME, NOW)
        said |= {text: card_words(text, "zh", card.glossary) for text in card.shortfall}
    needs = [zh for en, zh in said.items() if "needs" in en and "team" not in en]
    uncounted = [zh for zh in needs if not re.match(r"需要[^\d]+\d+ ?[^\d，]+，", zh)]
    assert len(needs) > 20
    assert uncounted == []
    slings = next(zh for en, zh in said.items() if "slings, 3 within" in en)
    assert re.match(r"需要吊索\d+根，10 km内仅有3根；", slings)
    pumps = next(zh for en, zh in said.items() if "pump trucks, 0 within" in en)
    assert re.match(r"需要\S+?\d+台，10 km内没有；", pumps)


async def test_a_position_that_is_none_gives_a_card_that_says_so() -> None:
    card = await desk().card(alert("ponding", Position(math.nan, 113.0)))
    assert card.missing == "no place to look around: lat nan, lon 113.0"


def test_nobody_is_sent_from_inside_the_danger_or_another_flood() -> None:
    resources, _ = load_resources(ROOT / "examples" / "baiyun" / "resources")
    closures = Closures()
    looked = CardDesk(resources, CLOCK, closures=closures)
    at = Position(23.1884, 113.2576)

    def first(danger_m: float = 0.0) -> Responder:
        return looked.near(at, "ponding", Severity.SEVERE, NOW, Around(danger_m=danger_m)).teams[0]

    nearest = first()
    second = first(nearest.distance_m + 1.0)
    assert second.id != nearest.id
    closures.close("A-9", circle_around(nearest.position.lat, nearest.position.lon, 50.0))
    assert first().id == second.id
    closures.open("A-9")
    assert first().id == nearest.id
    closures.close("A-1", circle_around(at.lat, at.lon, nearest.distance_m + 1.0))
    assert first().id == nearest.id


async def test_far_outside_the_district_is_said() -> None:
    card = await desk().card(alert("ponding", Position(-33.9, 151.2)))
    assert card.teams == ()
    assert "the point is outside every district on file" in card.shortfall
    assert any("none more within 50 km, nearest known: " in said for said in card.shortfall)


@settings(max_examples=100, deadline=None)
@given(
    st.builds(Position, st.floats(), st.floats()),
    st.sampled_from([*BUILT_IN.hazards, "", "meteorite"]),
    st.sampled_from(list(Severity)),
    st.sampled_from(list(AlertKind)),
)
def test_no_alert_makes_the_desk_raise(
    position: Position, hazard: str, severity: Severity, kind: AlertKind
) -> None:
    card = asyncio.run(desk().card(alert(hazard, position, severity, kind=kind)))
    assert isinstance(card, Card)
    assert card.teams or card.shortfall or card.missing


@pytest.mark.slow
def test_a_card_among_twenty_thousand_resources_costs_little() -> None:
    """The limit is ten times what it takes, so that only a lost index fails it."""
    teams, depots, cameras = crowd(20_000)
    crowded = CardDesk(
        Resources(
            teams=Shelf(gis.Team, teams),
            depots=Shelf(gis.Depot, depots),
            cameras=Shelf(gis.Camera, cameras),
        ),
        CLOCK,
    )
    asked = [Position(at.lat, at.lon) for at in scattered(60, seed=9)]
    began = time.process_time()
    for i, at in enumerate(asked):
        assert crowded.near(at, HAZARDS[i % len(HAZARDS)], Severity.SEVERE, NOW).chain == ()
    assert (time.process_time() - began) / len(asked) < 0.02


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for case, example in GOLDEN_CASES.items():
        found = desk().near(
            example.position,
            "sensor_silent" if example.kind is AlertKind.BLIND else example.hazard,
            example.severity,
            NOW,
            Around(site=example.site),
        )
        (GOLDEN / f"{case}.txt").write_text(text_of(found), encoding="utf-8")


async def test_a_site_goes_by_the_name_of_its_file_unless_the_people_on_file_say_another() -> None:
    alert = GOLDEN_CASES["ponding"]
    names = {alert.site: "Underpasses of the district"}
    nobody = await CardDesk(Resources(), CLOCK, site_names=names).card(alert)
    assert nobody.site_name == "Underpasses of the district"
    ann = gis.Person(name="Ann Example", role="site manager", phone="+86 000 0000 0999")
    bare = gis.Place(tier=gis.Tier.SITE, code=alert.site, name=alert.site, people=(ann,))
    known = await CardDesk(Resources(places=(bare,)), CLOCK, site_names=names).card(alert)
    assert [(link.place, link.phone) for link in known.chain] == [
        ("Underpasses of the district", ann.phone)
    ]
    called = replace(bare, name="The two underpasses")
    said = await CardDesk(Resources(places=(called,)), CLOCK, site_names=names).card(alert)
    assert said.site_name == "The two underpasses"

"""What a card must say, and that both districts of the scenarios give such cards."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerting.model import Alert, AlertKind, Card, ChainLink
from groundwatch.carded import why_bare, without_card
from groundwatch.cards import CardDesk
from groundwatch.clock import ScaledClock
from groundwatch.district import load_district
from groundwatch.truth import FaultKind, Seen
from sensors.model import Position
from tests.unit.alerting_delivery.values import make_alert

ROOT = Path(__file__).parents[3]
CHAIN = (ChainLink(tier="district", place="D", person="P", phone="1"),)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (Card(missing="no map is on file"), "missing: no map is on file"),
        (Card(shortfall=("no team",)), "nobody of the command chain"),
        (Card(chain=CHAIN), "empty and does not say why"),
    ],
)
def test_a_card_that_says_too_little(card: Card, said: str) -> None:
    assert said in (why_bare(card) or "")


def test_an_empty_list_with_its_reason_is_an_answer() -> None:
    assert why_bare(Card(chain=CHAIN, shortfall=("no team within 50 km",))) is None


def at(position: Position, kind: AlertKind = AlertKind.LIMIT) -> Seen:
    alert: Alert = replace(make_alert(), hazard="river_flood", position=position, kind=kind)
    return Seen(alert, ())


@pytest.mark.parametrize(
    ("district", "position"),
    [("baiyun", Position(23.2448, 113.2313)), ("proving", Position(23.34, 113.34))],
)
async def test_alerts_of_the_districts_have_their_cards(district: str, position: Position) -> None:
    resources = load_district(ROOT / "examples" / district).resources
    desk = CardDesk(resources, ScaledClock(start=NOW, speed=1.0))
    assert await without_card(desk, [at(position)]) == []


async def test_an_alert_without_resources_is_a_fault_and_the_program_s_own_is_not() -> None:
    desk = CardDesk(None, ScaledClock(start=NOW, speed=1.0))
    seen = [at(Position(23.0, 113.0)), at(Position(0.0, 0.0), AlertKind.SYSTEM)]
    (fault,) = await without_card(desk, seen)
    assert fault.kind is FaultKind.WITHOUT_CARD
    assert "no resources are configured" in fault.sentence

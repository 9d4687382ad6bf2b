"""Whether the first notice of every alert would say who and what can help, or why nobody can."""

from collections.abc import Iterable, Iterator

from alerting.model import Alert, AlertKind, Card
from groundwatch.cards import CardDesk
from groundwatch.truth import Fault, FaultKind, Seen


async def without_card(desk: CardDesk, seen: Iterable[Seen]) -> list[Fault]:
    """Look every alert's card up, as its first notice does, and give those that say too little.

    The program's alerts about itself lie nowhere.
    """
    alerts = [entry.alert for entry in seen if entry.alert.kind is not AlertKind.SYSTEM]
    return [fault for alert in alerts for fault in _faults(alert, await desk.card(alert))]


def _faults(alert: Alert, card: Card) -> Iterator[Fault]:
    why = why_bare(card)
    if why is not None:
        place = f"{alert.hazard} at {alert.site}/{alert.sensor.device}"
        yield Fault(FaultKind.WITHOUT_CARD, alert.hazard, f"{place}: {why}")


def why_bare(card: Card) -> str | None:
    """Say what a card keeps silent about; None when it answers everything it should.

    An empty list is an answer where a sentence says why it is empty.
    """
    if card.missing:
        return f"its card is missing: {card.missing}"
    if not card.chain:
        return "its card names nobody of the command chain"
    if not (card.teams or card.supplies or card.cameras or card.shortfall):
        return "its card is empty and does not say why"
    return None

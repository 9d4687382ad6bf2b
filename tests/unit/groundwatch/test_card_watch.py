"""How much one look at the cards of standing alerts tells, and what becomes of the rest."""

from datetime import UTC, datetime

from alerting.model import Alert, Card, OutboxEntry, Severity
from groundwatch.card_watch import MOST_TOLD, CardWatch
from tests.contract.journal_values import an_alert

NOW = datetime(2026, 7, 1, tzinfo=UTC)
N_STANDING = 2 * MOST_TOLD + 10


class Record:
    """A journal with many standing alerts to which nothing was sent yet."""

    def __init__(self) -> None:
        severities = (Severity.MINOR, Severity.EXTREME, Severity.MODERATE)
        self.standing = [
            an_alert(f"alert-{n}", severity=severities[n % 3]) for n in range(N_STANDING)
        ]

    async def alerts(self, *, firing_only: bool = False, limit: int = 500) -> list[Alert]:
        assert firing_only
        return self.standing[:limit]

    async def outbox(self, alert_id: str) -> list[OutboxEntry]:
        del alert_id
        return []


class Cards:
    """Gives every alert the same card."""

    def __init__(self) -> None:
        self.one = Card(looked_up_at=NOW)

    async def card(self, alert: Alert) -> Card:
        del alert
        return self.one


async def test_one_look_tells_a_bounded_number_the_worst_first_and_the_next_the_rest() -> None:
    told: list[Alert] = []

    async def listen(alert: Alert, card: Card) -> None:
        del card
        told.append(alert)

    watch = CardWatch(record=Record(), cards=Cards(), orders=lambda _: ())
    watch.listeners.append(listen)
    assert await watch.look() == MOST_TOLD
    assert watch.n_put_off == N_STANDING - MOST_TOLD
    severities = [alert.severity for alert in told]
    assert severities == sorted(severities, reverse=True)
    assert await watch.look() == MOST_TOLD
    assert await watch.look() == N_STANDING - 2 * MOST_TOLD
    assert watch.n_put_off == 0
    assert len({alert.id for alert in told}) == len(told) == N_STANDING
    assert await watch.look() == 0

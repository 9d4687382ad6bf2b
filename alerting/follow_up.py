"""Sends the changed card of a standing alert to systems; people see it with the next repeat.

A team that goes off duty or an order that is accepted changes who can help. Systems that show cards
are told each time; nobody's telephone rings for it.
"""

from dataclasses import dataclass, field

from alerting.model import Alert, Card, NotifyReason
from alerting.parts import Parts, Present, Turn
from alerting.ports import Effects
from alerting.publish import Publisher
from alerting.route import Occasion, make_notices, repeat_number


@dataclass(slots=True, kw_only=True)
class FollowUp:
    """Tells systems, in turn with the engine's own steps."""

    parts: Parts
    publisher: Publisher
    present: Present
    turn: Turn
    _numbers: dict[str, int] = field(default_factory=dict[str, int])

    async def send(self, alert: Alert, card: Card) -> int:
        """Give a changed card to the systems the routes name now; says to how many.

        Raises:
            JournalError: what was done and sent for the alert cannot be read.
        """
        async with self.turn.lock:
            now = self.parts.clock.now()
            standing = self.publisher.teller.standing(alert.id)
            if standing is None or self.publisher.teller.why_muted(standing, now) is not None:
                return 0
            present = self.present.of(standing)
            steps = await self.parts.journal.transitions(present.id)
            if not steps:
                return 0
            occasion = Occasion(
                alert=present, transition=steps[-1], reason=NotifyReason.CARD, card=card
            )
            number = await self._n_sent(alert.id) + 1
            made = make_notices(occasion, self.parts.router, now, n=number)
            entries = tuple(each for each in made if each.notice.recipient.is_system)
            if entries:
                self._remember(alert.id, number)
                await self.publisher.recorder.take(Effects(notices=entries))
            return len(entries)

    async def _n_sent(self, alert_id: str) -> int:
        """Count the changed cards sent for an alert, so that each has an id of its own.

        What waits for the journal is not in the outbox yet, and is remembered here.
        """
        sent = await self.parts.journal.outbox(alert_id)
        ids = [e.notice.id for e in sent if e.notice.reason is NotifyReason.CARD]
        return max(self._numbers.get(alert_id, 0), *map(repeat_number, ids), 0)

    def _remember(self, alert_id: str, number: int) -> None:
        """Keep the number for as long as the alert stands."""
        standing = self.publisher.teller.standing
        self._numbers = {of: n for of, n in self._numbers.items() if standing(of) is not None}
        self._numbers[alert_id] = number

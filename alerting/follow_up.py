"""Sends the changed card of a standing alert to systems; people see it with the next repeat.

A team that goes off duty or an order that is accepted changes who can help. Systems that show cards
are told each time; nobody's telephone rings for it.
"""

from dataclasses import dataclass

from alerting.model import Alert, Card, NotifyReason
from alerting.parts import Parts, Present, Turn
from alerting.ports import Effects
from alerting.publish import Publisher
from alerting.route import Occasion, make_notices


@dataclass(slots=True, kw_only=True)
class FollowUp:
    """Tells systems, in turn with the engine's own steps."""

    parts: Parts
    publisher: Publisher
    present: Present
    turn: Turn

    async def send(self, alert: Alert, card: Card) -> int:
        """Give a changed card to the systems the routes name now; says to how many.

        Raises:
            JournalError: the steps of the alert cannot be read.
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
            since_s = max(1, int((now - present.started_at).total_seconds()))
            made = make_notices(occasion, self.parts.router, now, n=since_s)
            entries = tuple(each for each in made if each.notice.recipient.is_system)
            if entries:
                await self.publisher.recorder.take(Effects(notices=entries))
            return len(entries)

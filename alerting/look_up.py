"""Cards for the changes of one step: each look-up has its own deadline (contract C4).

A block read at full speed can hold hours of a storm and hundreds of alerts; as long as look-ups
answer, every one of them gets its card. Once one is late, those behind it leave without: a helper
that hangs holds a step up for one deadline, not for one per alert. `most_s` bounds the whole step.
"""

import asyncio
import logging
from time import monotonic

from alerting.model import Alert, Card
from alerting.ports import CardLookup
from sensors.model import Position

_LOG = logging.getLogger(__name__)

_Place = tuple[Position, str, str, int, str]


class StepCards:
    """The look-ups of one step; alerts of one place, hazard and severity share their card."""

    def __init__(self, desk: CardLookup, *, deadline_s: float, most_s: float) -> None:
        """Start the step's clock."""
        self._desk = desk
        self._deadline_s = deadline_s
        self._until_s = monotonic() + most_s
        self._is_late = False
        self._known: dict[_Place, Card] = {}

    async def card(self, alert: Alert) -> Card | None:
        """Look up a card, None when it is late; whatever happens, the warning goes out."""
        place = (alert.position, alert.kind, alert.hazard, int(alert.severity), alert.site)
        if place in self._known:
            return self._known[place]
        deadline_s = min(self._deadline_s, self._until_s - monotonic())
        if self._is_late or deadline_s <= 0:
            return None
        card = await look_up(self._desk, alert, deadline_s)
        if card is None:
            self._is_late = True
        else:
            self._known[place] = card
        return card


async def look_up(desk: CardLookup, alert: Alert, deadline_s: float) -> Card | None:
    """Make one look-up; None when it is late, a card that says so when it fails."""
    try:
        async with asyncio.timeout(deadline_s):
            return await desk.card(alert)
    except TimeoutError:
        return None
    except Exception as error:  # noqa: BLE001 - a helper's defect must not hold a warning back
        _LOG.exception("card look-up failed", extra={"alert": alert.id})
        return Card(missing=f"the look-up failed ({type(error).__name__})")

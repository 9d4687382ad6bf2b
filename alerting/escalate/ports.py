"""What escalation asks of others: who is on the ladder, and who is muted."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from alerting.model import Alert
from alerting.ports import Router
from alerting.route.ladder import Asked, Ladder, Roads, Rung

# Why an alert is not told to anybody for the time being ("" when it is): silences, inhibition.
WhyMuted = Callable[[Alert, datetime], str]


class Escalating(Router, Protocol):
    """A router that also knows the ladders (`alerting.route.RouteTable`)."""

    def ladder(self, alert: Alert, now: datetime) -> Ladder | None:
        """Give the ladder of an alert as it is; None when the routes say never to ask again."""
        ...

    def asked(self, alert: Alert, ladder: Ladder, rung: Rung, now: datetime) -> Asked:
        """Say whom a rung asks; never empty for a round."""
        ...

    def roads_of(self, people: Collection[str]) -> Sequence[Roads]:
        """Give the roads of people by id; those who are no longer on file are left out."""
        ...

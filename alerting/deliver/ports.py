"""What delivery asks of others beyond `alerting.ports`: the time, and how often to remind."""

from datetime import datetime, timedelta
from typing import Protocol

from alerting.model import Alert
from alerting.ports import Router


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the present instant, aware and in UTC."""
        ...


class Reminding(Router, Protocol):
    """A router that also says how often people are reminded (`alerting.route.RouteTable`)."""

    def repeat_every(self, alert: Alert, recipient_id: str, now: datetime) -> timedelta | None:
        """Give after how long this recipient is reminded while nobody acknowledges."""
        ...

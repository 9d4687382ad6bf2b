"""Keeps the responses of alerts that stand, and what of them must be recorded.

The desk holds what the journal holds; an alert that is over leaves memory after a while and is read
from the journal when somebody asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alerting.model import Alert, AlertState, TransitionKind
from alerting.response.model import Deed, Phase, Response, Said
from alerting.response.rules import ResponseRules
from alerting.response.step import Scene, WhyNot, opened, step, why_closes_itself, why_returns

PROGRAM = "groundwatch"
MAX_OVER = 5_000


@dataclass(frozen=True, slots=True)
class Done:
    """A deed that was taken: what the response is now, and what was said."""

    response: Response
    said: Said
    at: datetime


class ResponseDesk:
    """The responses of alerts that stand, by alert id."""

    def __init__(self, rules: ResponseRules | None = None) -> None:
        """Start with none known."""
        self.rules = rules or ResponseRules()
        self._known: dict[str, Response] = {}
        self._over: dict[str, None] = {}

    def load(self, responses: Iterable[Response]) -> None:
        """Take what the journal kept."""
        self._known.update((each.alert_id, each) for each in responses)

    def of(self, alert: Alert) -> Response:
        """Give the response to an alert; a new one where nothing is known."""
        return self._known.get(alert.id) or opened(alert)

    def knows(self, alert_id: str) -> bool:
        """Say whether a response is in memory."""
        return alert_id in self._known

    def keep(self, response: Response, alert: Alert) -> None:
        """Take a changed response in place of the old one; of those over the newest are kept."""
        self._known[alert.id] = response
        if alert.state is AlertState.FIRING:
            self._over.pop(alert.id, None)
            return
        self._over[alert.id] = None
        if len(self._over) > MAX_OVER:
            oldest = next(iter(self._over))
            del self._over[oldest]
            self._known.pop(oldest, None)

    def take(self, alert: Alert, said: Said, now: datetime) -> Done | WhyNot:
        """Step the response to an alert without keeping it: it may still have to be recorded."""
        after = step(self.of(alert), said, Scene(alert, self.rules, now))
        return after if isinstance(after, WhyNot) else Done(after, said, now)

    def follow(self, alert: Alert, kind: TransitionKind, now: datetime) -> Done:
        """Let the response follow its alert's condition, and keep it; `said` may change nothing."""
        response = self.of(alert)
        said = self._following(response, alert, kind)
        after = step(response, said, Scene(alert, self.rules, now))
        done = Done(response if isinstance(after, WhyNot) else after, said, now)
        self.keep(done.response, alert)
        return done

    def due(self, alert: Alert, now: datetime) -> Said | None:
        """Say what brings an alert back whose shelf or "false" is at its end; None when nothing."""
        why = why_returns(self.of(alert), alert, now)
        return None if why is None else Said(deed=Deed.RETURN, actor=PROGRAM, note=why)

    def set_aside(self) -> list[str]:
        """Name the alerts that are shelved or said to be false."""
        return [
            alert_id
            for alert_id, each in self._known.items()
            if each.shelf is not None or each.review_at is not None
        ]

    def _following(self, response: Response, alert: Alert, kind: TransitionKind) -> Said:
        if kind is TransitionKind.UPGRADED:
            word = alert.severity.word
            return Said(deed=Deed.WORSEN, actor=PROGRAM, note=f"it rose to {word}")
        if kind is TransitionKind.RECURRED:
            return Said(deed=Deed.RECUR, actor=PROGRAM)
        why = why_closes_itself(response, alert, self.rules)
        if why is not None:
            return Said(deed=Deed.CLOSE, actor=PROGRAM, note=why)
        if alert.state is not AlertState.FIRING and response.shelf is not None:
            return Said(deed=Deed.UNSHELVE, actor=PROGRAM, note="its condition is over")
        return Said(deed=Deed.EASE, actor=PROGRAM)


def is_set_aside(response: Response) -> bool:
    """Say whether a person wants no notices about an alert now."""
    return response.shelf is not None or response.phase is Phase.FALSE

"""Alerts that stood before a restart: what the book and the folds must know of them again."""

from collections.abc import Sequence

from alerting.model import Alert, Transition, TransitionKind
from alerting.track import Live, Track


def stand_again(track: Track, first_open: int) -> None:
    """Keep alerts standing, at their severity, where the fold no longer shows it.

    That happens when the saved memory was unreadable or a limit was changed: no reading has shown
    that the danger is over, so the alert stands until readings do.
    """
    if not track.lives:
        return
    alert = track.lives[0].alert
    episodes = track.episodes(first_open)
    if not episodes or episodes[0].top < alert.severity:
        track.stand(int(alert.severity), alert.started_at.timestamp())


def live_again(alert: Alert, transitions: Sequence[Transition]) -> Live:
    """Make the book's entry for an alert from what the journal has."""
    told_kinds = (TransitionKind.RAISED, TransitionKind.UPGRADED, TransitionKind.DOWNGRADED)
    told = [entry for entry in transitions if not entry.final and entry.kind in told_kinds]
    is_final = any(entry.final and entry.kind is TransitionKind.RAISED for entry in transitions)
    return Live(alert, told, is_final)

"""Which alerts stand now, kept in memory so that lists and counts do not ask the journal."""

from collections import Counter
from collections.abc import Iterable, Sequence

from alerting.book import Change
from alerting.model import Alert, AlertKind, AlertState, Severity
from alerting.ports import Journal

_MAX_READ = 100_000


class Board:
    """The standing alerts: read from the journal once, then followed change by change."""

    def __init__(self, journal: Journal) -> None:
        """Read nothing yet; changes are followed from now on."""
        self._journal = journal
        self._standing: dict[str, Alert] = {}
        self._ended: set[str] = set()
        self._is_read = False

    def note(self, changes: Sequence[Change]) -> None:
        """Follow what the engine has changed."""
        for change in changes:
            alert = change.alert
            if alert.state is AlertState.FIRING:
                self._standing[alert.id] = alert
            else:
                self._standing.pop(alert.id, None)
                if not self._is_read:
                    self._ended.add(alert.id)

    async def standing(self) -> list[Alert]:
        """Give the alerts that stand, worst first.

        Raises:
            JournalError: the journal was never read and cannot be.
        """
        if not self._is_read:
            self._begin(await self._journal.alerts(firing_only=True, limit=_MAX_READ))
        return sorted(self._standing.values(), key=lambda alert: (-alert.severity, alert.id))

    def _begin(self, recorded: Sequence[Alert]) -> None:
        """Take what the journal knew, unless somebody else asked and was answered meanwhile."""
        if self._is_read:
            return
        for alert in recorded:
            if alert.id not in self._ended:
                self._standing.setdefault(alert.id, alert)
        self._is_read = True
        self._ended.clear()


def counted(alerts: Iterable[Alert]) -> dict[tuple[AlertKind, Severity], int]:
    """Count alerts by kind and severity; combinations without any count 0."""
    found = Counter((alert.kind, alert.severity) for alert in alerts)
    return {(kind, severity): found[kind, severity] for kind in AlertKind for severity in Severity}

"""Who sends what no site file lists: told once for each, and counted for each message.

A device with a wrong id, or a sensor nobody entered, is not judged by anything and goes to
quarantine in silence. The sentence that says why names sender and sensor, so that it stands for
both. How many are remembered is bounded, as senders choose their names themselves.
"""

import logging

_LOG = logging.getLogger(__name__)
MAX_REMEMBERED = 1_000


class Unlisted:
    """What was heard of no site file since the start; `n_messages` only grows."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self.n_messages = 0
        self.n_forgotten = 0
        self._reasons: dict[str, None] = {}

    def hear(self, reason: str) -> None:
        """Note one message that could not be used for `reason`; a new one is told in the log."""
        self.n_messages += 1
        if reason in self._reasons:
            return
        if len(self._reasons) >= MAX_REMEMBERED:
            self.n_forgotten += 1
            return
        self._reasons[reason] = None
        _LOG.warning(
            "%s; what it sends is not judged and lies in quarantine (groundwatch quarantine)",
            reason,
        )

    @property
    def reasons(self) -> list[str]:
        """Give a sentence for each, newest first."""
        return list(reversed(self._reasons))

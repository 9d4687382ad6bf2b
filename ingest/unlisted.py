"""Who sends what no site file lists: told once for each, and counted for each message.

A device with a wrong id, or a sensor nobody entered, is not judged by anything and goes to
quarantine in silence. The sentence that says why names sender and sensor, so that it stands for
both. How many are remembered is bounded, of each sender and in all, as senders choose their names
themselves; whoever comes when there is no room takes the place of one who has the most.
"""

import logging

_LOG = logging.getLogger(__name__)
MAX_REMEMBERED = 1_000
MAX_OF_SENDER = 20


class Unlisted:
    """What was heard of no site file since the start.

    `n_messages` and `n_senders` (who was not among those remembered) only grow; `n_forgotten`
    counts sentences that are not remembered, or no longer; `newest` is that of the newest sender.
    """

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self.n_messages = 0
        self.n_senders = 0
        self.n_forgotten = 0
        self.newest = ""
        self._n_pushed_out = 0
        self._reasons: dict[str, str] = {}
        self._senders: dict[str, dict[str, None]] = {}

    def hear(self, sender: str, reason: str) -> None:
        """Note one message that could not be used for `reason`; a new one is told in the log.

        `sender` is a device, an address or a topic.
        """
        self.n_messages += 1
        if reason in self._reasons:
            return
        told = self._senders.get(sender, {})
        if len(told) >= MAX_OF_SENDER:  # the first stay, or each message would be told anew
            self.n_forgotten += 1
            return
        is_full = len(self._reasons) >= MAX_REMEMBERED
        if is_full:
            self._make_room()
        if sender not in self._senders:
            self.n_senders += 1
            self.newest = reason
        self._senders.setdefault(sender, {})[reason] = None
        self._reasons[reason] = sender
        # Once all places are taken the 1st, 2nd, 4th, … is told: names without end fill no log.
        if not is_full or self._n_pushed_out.bit_count() == 1:
            _LOG.warning(
                "%s; what it sends is not judged and lies in quarantine (groundwatch quarantine)",
                reason,
            )

    def _make_room(self) -> None:
        """Forget the oldest sentence of the sender with the most, the oldest of such senders."""
        largest = max(self._senders, key=lambda sender: len(self._senders[sender]))
        told = self._senders[largest]
        oldest = next(iter(told))
        del told[oldest], self._reasons[oldest]
        if not told:
            del self._senders[largest]
        self.n_forgotten += 1
        self._n_pushed_out += 1

    @property
    def reasons(self) -> list[str]:
        """Give a sentence for each, newest first."""
        return list(reversed(self._reasons))

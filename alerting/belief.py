"""Which sensors can be believed: what tests and other sensors say of one, and who is told of it.

A sensor is stuck by its own readings, or doubted because its company contradicts it. Either is one
minor alert (`alerting.doubtful`); the verdicts on its readings go to the database.
"""

from collections.abc import Sequence
from math import inf

from alerting.book import Book, Change, Moment
from alerting.company import Opinion
from alerting.doubtful import Doubts, Flags
from alerting.screen import Doubt, Found
from alerting.track import Track
from alerting.watch import Watch
from sensors.model import Qc
from sensors.qc import flat

_PASS = int(Qc.PASS)


class Belief:
    """The doubts that stand, and the verdicts on their way to the database."""

    def __init__(self, book: Book) -> None:
        """Believe everything so far; what people are to hear goes into the book."""
        self.doubts = Doubts()
        self.flags = Flags()
        self._book = book

    def note(self, watch: Watch, found: Sequence[Found], moment: Moment) -> None:
        """Tell people of a sensor that is stuck by verdicts now final, or moves again."""
        if not watch.n_settled:
            return
        history, newest = watch.history, watch.n_settled - 1
        if watch.is_stuck:
            moves = newest == 0 or history.values[newest] != history.values[newest - 1]
            if moves and watch.found(history.times[newest]) is None:
                watch.is_stuck = False
                self._tell(self.doubts.close(watch.key, "its value moves again", moment))
            return
        stuck = [entry for entry in found if entry.test == flat.NAME] or watch.holds_still()
        if stuck:
            watch.is_stuck = True
            self._tell(self.doubts.open(watch.sensor, stuck[0], moment))

    def hear(self, opinion: Opinion, moment: Moment) -> Sequence[Track] | None:
        """Doubt a sensor whose company contradicts it, or believe it again.

        Gives the tracks that this changed; None where it is believed as before.
        """
        watch, verdict = opinion.watch, opinion.verdict
        if verdict.flag == _PASS and watch.is_doubted:
            changed = watch.believe()
            self._tell(self.doubts.close(watch.key, "other sensors agree with it again", moment))
            return changed
        if verdict.flag == _PASS or watch.is_doubted:
            return None
        changed = watch.doubt(Doubt(opinion.since_s, inf, verdict.test, verdict.reason))
        found = opinion.found()
        self.flags.put(watch.sensor, found)
        if found:
            self._tell(self.doubts.open(watch.sensor, found[-1], moment))
        return changed

    def _tell(self, change: Change | None) -> None:
        if change is not None:
            self._book.changes.append(change)

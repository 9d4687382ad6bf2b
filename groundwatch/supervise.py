"""What is wrong with the program itself, decided in plain functions and told as alerts.

A broker that is away makes every sensor silent at once; one alert that says so replaces hundreds.
A problem is over only when something shows that it is: after a restart what stood before goes on
standing until it has been looked at.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from alerting.model import Severity
from ingest.source import SourceStatus
from storage.ship import ShipStatus

BROKER_PATIENCE_S = 10.0
STORE_PATIENCE_S = 60.0
FIRST_STORE_PATIENCE_S = 15.0  # a database never reached is rather a mistake than an outage
JOURNAL_PATIENCE_S = 10.0
_MIN_MISDATED = 5
_MAX_NAMED = 3
_NOT_JUDGED = "They are not judged; `groundwatch quarantine` lists them all and says what to do"
REFUSED_FILE = "refused-steps.jsonl"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, how bad that is, and what people are to be told of it again."""

    text: str
    severity: Severity
    news: str = ""


class Standing(Enum):
    """There is no problem to tell of: it is known to be over, or nothing is known yet."""

    OVER = "over"
    UNKNOWN = "unknown"


Verdict = Problem | Standing


@dataclass(slots=True)
class Away:
    """For how long something has been away, on a clock that only goes forward."""

    since_s: float | None = None

    def look(self, *, is_away: bool, now_s: float) -> float:
        """Take one look at a monotonic time and give the seconds it has been away, 0 if here."""
        if not is_away:
            self.since_s = None
            return 0.0
        if self.since_s is None:
            self.since_s = now_s
        return now_s - self.since_s


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something happened lately; `is_whole` once all of that time was watched."""

    n: int = 0
    is_whole: bool = False


@dataclass(slots=True)
class Lately:
    """How much a count that only grows grew within the last `within_s`, by a monotonic time."""

    within_s: float
    _began_s: float | None = None
    _total: int = 0
    _grown: deque[tuple[float, int]] = field(default_factory=deque)

    def look(self, total: int, now_s: float) -> Counted:
        """Take one look; what was counted before the first one is not lately."""
        if self._began_s is None:
            self._began_s, self._total = now_s, total
        if total > self._total:
            self._grown.append((now_s, total - self._total))
            self._total = total
        while self._grown and self._grown[0][0] <= now_s - self.within_s:
            self._grown.popleft()
        is_whole = now_s - self._began_s >= self.within_s
        return Counted(sum(n for _, n in self._grown), is_whole)


@dataclass(slots=True)
class News:
    """How much of a count people were not told of; asked for once in `every_s`, not more often."""

    every_s: float
    _seen: int = 0
    _told: int = 0
    _told_s: float | None = None

    def look(self, total: int, now_s: float) -> int:
        """Give how many are to be told of now, by a monotonic time; 0 while it is not yet time."""
        self._seen = total
        if self._told_s is None:
            self._told_s = now_s
        return total - self._told if now_s - self._told_s >= self.every_s else 0

    def note_told(self, now_s: float) -> None:
        """Remember that people were told of all that were there at the last look."""
        self._told, self._told_s = self._seen, now_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look at the program's parts gave.

    `n_owned` are reports the log took since the start, `has_stored` says that the database took
    something since, `n_unrecorded` are steps that wait for the journal, `refused` those that it
    will never take, `unjudged` sensors whose judging has stopped with why, `given_up` notices that
    reached nobody, `dropped_unseen` entries that left the
    quarantine unread, `unwritten` changes that were left out of the database, `unlisted` says of
    each sender and sensor that no site file lists why, newest first, `heard_unlisted` counts their
    messages of the last day, `new_unlisted` the senders that came since people were told, of whom
    `newest_unlisted` is the last. `ahead` and `taken` are readings of the last minute that were
    refused because they come from the future, and those that were not.
    """

    source: SourceStatus
    broker_away_s: float
    ship: ShipStatus
    store_away_s: float
    has_stored: bool
    log_full: str = ""
    n_owned: int = 0
    n_unrecorded: int = 0
    unrecorded_s: float = 0.0
    refused: Counted = field(default_factory=Counted)
    unjudged: Mapping[str, str] = field(default_factory=dict[str, str])
    given_up: Counted = field(default_factory=Counted)
    dropped_unseen: Counted = field(default_factory=Counted)
    unwritten: Counted = field(default_factory=Counted)
    unlisted: Sequence[str] = ()
    heard_unlisted: Counted = field(default_factory=Counted)
    new_unlisted: int = 0
    newest_unlisted: str = ""
    ahead: Counted = field(default_factory=Counted)
    taken: Counted = field(default_factory=Counted)


def problems(seen: Seen) -> Mapping[str, Verdict]:
    """Say for each of the program's own parts what is wrong, that nothing is, or neither."""
    return {
        "broker": _broker(seen.source, seen.broker_away_s),
        "log": _log(seen.log_full, seen.n_owned),
        "store": _store(seen.ship, seen.store_away_s, has_stored=seen.has_stored),
        "journal": _journal(seen.n_unrecorded, seen.unrecorded_s),
        "refused": _refused(seen.refused),
        "judging": _judging(seen.unjudged),
        "notices": _notices(seen.given_up),
        "quarantine": _quarantine(seen.dropped_unseen),
        "unwritten": _unwritten(seen.unwritten),
        "unlisted": _unlisted(seen),
        "misdated": _misdated(seen.ahead.n, seen.taken.n),
    }


def _broker(source: SourceStatus, away_s: float) -> Verdict:
    if source.connected:
        return Standing.OVER
    if away_s < BROKER_PATIENCE_S:
        return Standing.UNKNOWN
    text = f"no readings arrive: the broker is away ({source.reason}); every sensor is unseen"
    return Problem(text, Severity.SEVERE)


def _log(full: str, n_owned: int) -> Verdict:
    if full:
        return Problem(f"readings cannot be kept: {full}", Severity.EXTREME)
    return Standing.OVER if n_owned else Standing.UNKNOWN


def _store(ship: ShipStatus, away_s: float, *, has_stored: bool) -> Verdict:
    if ship.needs_a_person:
        return Problem(f"the database refuses readings: {ship.last_error}", Severity.MODERATE)
    if away_s < (STORE_PATIENCE_S if ship.last_ok_at else FIRST_STORE_PATIENCE_S):
        is_here = has_stored and ship.is_writing and not away_s
        return Standing.OVER if is_here else Standing.UNKNOWN
    text = (
        f"the database is away ({ship.last_error}); {ship.behind_reports} reports wait in the log"
    )
    return Problem(text, Severity.MINOR)


def _journal(n_unrecorded: int, away_s: float) -> Verdict:
    """The program does not start without its journal, so that nothing waiting is evidence."""
    if not n_unrecorded:
        return Standing.OVER
    if away_s < JOURNAL_PATIENCE_S:
        return Standing.UNKNOWN
    text = f"the journal is away: warnings go out, {_some(n_unrecorded, 'step')} not recorded yet"
    return Problem(text, Severity.SEVERE)


def _judging(unjudged: Mapping[str, str]) -> Verdict:
    if not unjudged:
        return Standing.OVER
    names = ", ".join(list(unjudged)[:3])
    why = next(iter(unjudged.values()))
    text = f"{_some(len(unjudged), 'sensor')} not judged because of a defect of this program"
    return Problem(f"{text} ({why}): {names}; see its log, and start it again", Severity.SEVERE)


def _refused(refused: Counted) -> Verdict:
    if refused.n:
        text = f"the journal refuses {_some(refused.n, 'step')} for good; warnings went out, and"
        return Problem(f"{text} {REFUSED_FILE} in the state directory has them", Severity.SEVERE)
    return _once_watched(refused)


def _notices(given_up: Counted) -> Verdict:
    if given_up.n:
        text = f"{_some(given_up.n, 'notice')} reached nobody: look at the channels and at people's"
        return Problem(f"{text} addresses; alerts list whom to tell", Severity.SEVERE)
    return _once_watched(given_up)


def _quarantine(dropped: Counted) -> Verdict:
    if dropped.n:
        text = f"the quarantine is full: {_some(dropped.n, 'entry', 'entries')} left it unread"
        return Problem(text, Severity.MINOR)
    return _once_watched(dropped)


def _unwritten(unwritten: Counted) -> Verdict:
    if unwritten.n:
        text = f"{_some(unwritten.n, 'change')} of alerts missing in the database; the journal"
        return Problem(f"{text} has all of them", Severity.MINOR)
    return _once_watched(unwritten)


def _unlisted(seen: Seen) -> Verdict:
    """Tell of senders once, and now and then of those that came later."""
    reasons = seen.unlisted
    if not seen.heard_unlisted.n:
        return _once_watched(seen.heard_unlisted)
    first = "; ".join(reason.split("; ")[0] for reason in reasons[:_MAX_NAMED])
    more = f"; and {len(reasons) - _MAX_NAMED} more" if len(reasons) > _MAX_NAMED else ""
    text = f"readings of what no site file lists: {first}{more}. {_NOT_JUDGED}"
    news = ""
    if seen.new_unlisted:
        n, newest = seen.new_unlisted, seen.newest_unlisted.split("; ")[0]
        news = f"{_some(n, 'more sender')} that no site file lists, the newest: {newest}."
    return Problem(text, Severity.MINOR, f"{news} {_NOT_JUDGED}" if news else "")


def _misdated(n_ahead: int, n_taken: int) -> Verdict:
    if n_ahead >= _MIN_MISDATED and n_ahead > n_taken:
        text = f"readings come from the future: is this machine's clock right? {n_ahead} were"
        return Problem(f"{text} refused within a minute, {n_taken} taken", Severity.SEVERE)
    return Standing.OVER if n_taken > n_ahead else Standing.UNKNOWN


def _once_watched(counted: Counted) -> Standing:
    return Standing.OVER if counted.is_whole else Standing.UNKNOWN


def _some(n: int, word: str, words: str = "") -> str:
    return f"{n} {word}" if n == 1 else f"{n} {words or word + 's'}"

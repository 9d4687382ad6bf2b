"""One look at the program's own parts each second: gathers what `supervise` decides on."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alerting.book import Change
from alerting.deliver import Deliverer
from alerting.engine import Engine
from alerting.model import TransitionKind
from groundwatch.clock import Clock, SystemClock
from groundwatch.clock_watch import ClockWatch
from groundwatch.keep_going import KeepGoing
from groundwatch.pipeline import Pipeline
from groundwatch.store_writer import StoreWriter
from groundwatch.supervise import Away, Counted, Lately, News, Seen, Verdict, problems
from ingest.source import SourceStatus
from sensors.model import Report
from storage.errors import StorageError
from storage.log import Log
from storage.ship import Shipper

_NOTICES_RULE = "system_notices"
_UNLISTED_RULE = "system_unlisted"
_TELLS = (TransitionKind.RAISED, TransitionKind.UPGRADED)
_MINUTE_S = 60.0
_NOTICES_WITHIN_S = 600.0
_HOUR_S = 3600.0
_DAY_S = 24 * _HOUR_S
_LOG_EVERY_S = 30.0
_OWN_ALERTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The parts that are looked at. `wall` is the host's clock, None where it does not matter."""

    source: Callable[[], SourceStatus]
    log: Log
    engine: Engine
    deliverer: Deliverer
    pipeline: Pipeline
    shipper: Shipper
    writer: StoreWriter
    tasks: KeepGoing
    wall: Clock | None = field(default_factory=SystemClock)


@dataclass(slots=True)
class SelfWatch:
    """Remembers what must be seen over time, and gives a verdict on every part."""

    parts: Watched
    monotonic: Callable[[], float] = time.monotonic
    _clock: ClockWatch = field(default_factory=ClockWatch)
    _broker_away: Away = field(default_factory=Away)
    _store_away: Away = field(default_factory=Away)
    _journal_away: Away = field(default_factory=Away)
    _refused: Lately = field(default_factory=lambda: Lately(_HOUR_S))
    _given_up: Lately = field(default_factory=lambda: Lately(_NOTICES_WITHIN_S))
    _dropped: Lately = field(default_factory=lambda: Lately(_HOUR_S))
    _unwritten: Lately = field(default_factory=lambda: Lately(_HOUR_S))
    _unlisted: Lately = field(default_factory=lambda: Lately(_DAY_S))
    _new_unlisted: News = field(default_factory=lambda: News(_HOUR_S))
    _ahead: Lately = field(default_factory=lambda: Lately(_MINUTE_S))
    _taken: Lately = field(default_factory=lambda: Lately(_MINUTE_S))
    _own_alerts: deque[str] = field(default_factory=lambda: deque(maxlen=_OWN_ALERTS))
    _own_failures: deque[str] = field(default_factory=lambda: deque(maxlen=_OWN_ALERTS))
    _n_own_failures: int = 0
    _log_looked_s: float | None = None
    _dropped_unseen: Counted = field(default_factory=Counted)

    def note_changes(self, changes: Sequence[Change]) -> None:
        """Remember the alerts about notices: theirs are not counted, or they would never end.

        And of which senders that no site file lists people were told.
        """
        self._own_alerts += [c.alert.id for c in changes if c.alert.rule_id == _NOTICES_RULE]
        told = [c for c in changes if c.alert.rule_id == _UNLISTED_RULE]
        if any(each.transition.kind in _TELLS for each in told):
            self._new_unlisted.note_told(self.monotonic())

    def note_reports(self, reports: Sequence[Report]) -> None:
        """See from what devices say whether the clocks agree; the first is as good as all."""
        if reports:
            apart_s = (reports[0].received_at - reports[0].taken_at).total_seconds()
            self._clock.note_reading(apart_s, self.monotonic())

    def has_clock_jumped(self) -> bool:
        """Say whether the host's clock was set since this was last asked."""
        wall = self.parts.wall
        return wall is not None and self._clock.look(wall.now().timestamp(), self.monotonic())

    async def look(self) -> Mapping[str, Verdict]:
        """Give a verdict by the name of each part."""
        now_s = self.monotonic()
        parts = self.parts
        source, ship, counts = parts.source(), parts.shipper.status(), parts.pipeline.counts
        intake, n_unrecorded = parts.pipeline.intake.counts, parts.engine.n_unrecorded
        unlisted = parts.pipeline.intake.unlisted
        is_store_away = not parts.writer.is_open or not ship.is_writing
        seen = Seen(
            source=source,
            broker_away_s=self._broker_away.look(is_away=not source.connected, now_s=now_s),
            ship=ship,
            store_away_s=self._store_away.look(is_away=is_store_away, now_s=now_s),
            has_stored=parts.writer.has_written or ship.last_ok_at is not None,
            log_full=counts.log_full,
            n_owned=parts.log.n_owned,
            n_unrecorded=n_unrecorded,
            unrecorded_s=self._journal_away.look(is_away=n_unrecorded > 0, now_s=now_s),
            refused=self._refused.look(parts.engine.n_refused, now_s),
            unjudged={str(key): why for key, why in parts.engine.judge.broken.items()},
            given_up=self._given_up.look(self._n_given_up(), now_s),
            dropped_unseen=await self._dropped_lately(now_s),
            unwritten=self._unwritten.look(parts.writer.n_dropped + parts.writer.n_refused, now_s),
            unlisted=unlisted.reasons,
            heard_unlisted=self._unlisted.look(unlisted.n_messages, now_s),
            new_unlisted=self._new_unlisted.look(unlisted.n_senders, now_s),
            newest_unlisted=unlisted.newest,
            ahead=self._ahead.look(intake.ahead, now_s),
            taken=self._taken.look(intake.reports, now_s),
        )
        found = {**problems(seen), **parts.tasks.verdicts()}
        if parts.wall is not None:
            found["clock"] = self._clock.verdict(now_s)
        return found

    def _n_given_up(self) -> int:
        """Count the notices that reached nobody since the start, but those of the alert on it."""
        status = self.parts.deliverer.status()
        for failure in status.failures:
            is_own = failure.alert_id in self._own_alerts
            if is_own and failure.notice_id not in self._own_failures:
                self._own_failures.append(failure.notice_id)
                self._n_own_failures += 1
        return status.failed + status.lost - self._n_own_failures

    async def _dropped_lately(self, now_s: float) -> Counted:
        """Read the log's file now and then; one that cannot be read is told by the pipeline."""
        if self._log_looked_s is None or now_s - self._log_looked_s >= _LOG_EVERY_S:
            self._log_looked_s = now_s
            try:
                status = await self.parts.log.status()
            except StorageError:
                return self._dropped_unseen
            self._dropped_unseen = self._dropped.look(status.quarantine.n_dropped_unseen, now_s)
        return self._dropped_unseen

"""What alerting asks of others: a journal, a card look-up, channels. Each has few methods."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from alerting.model import (
    Alert,
    Card,
    Notice,
    OutboxEntry,
    Receipt,
    Recipient,
    Transition,
)
from alerting.mute import Silence
from alerting.response.model import Response
from alerting.tasks.model import Event
from alerting.warning import OfficialRecord
from sensors.lifecycle import StageChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What somebody did about an alert (`ack`, `note`, …); append-only evidence.

    `phase` is how far the response was after it, where it belongs to the response; `detail` whom it
    was assigned to, until when it is shelved, or which picture was attached.
    """

    alert_id: str
    at: datetime
    actor: str
    action: str
    note: str = ""
    phase: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """A person's word on the stage of a device, or of a whole site (`device` empty); evidence.

    `seq` is the last block of the log that was judged before it was known.
    """

    site: str
    device: str
    change: StageChange
    recorded_at: datetime
    seq: int


class StepKind(StrEnum):
    """What one step of an escalation was."""

    BEGUN = "begun"
    CALLED = "called"
    NOBODY = "nobody"
    ROUND = "round"


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """One step of asking until somebody acknowledges; append-only evidence, and all that is kept.

    `ordinal` is that of the transition that began the escalation, `n` counts from 0, the first
    notices. `told` are ids of people, `due_at` is when the next step is. `why_zh` is the reason in
    Chinese; "" where it is names only, or was recorded in English alone.
    """

    alert_id: str
    ordinal: int
    n: int
    kind: StepKind
    at: datetime
    due_at: datetime
    rung: str
    told: tuple[str, ...] = ()
    why: str = ""
    why_zh: str = ""


class ProofKind(StrEnum):
    """How sure it is that a person has a notice, beyond the provider having taken it."""

    DELIVERED = "delivered"
    READ = "read"
    CONFIRMED = "confirmed"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came back about one notice, from whom (`by`, a provider or a road); append-only."""

    notice_id: str
    alert_id: str
    at: datetime
    kind: ProofKind
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What one step of the engine changed; recorded in one transaction or not at all.

    `seq` is the last block of the log these effects come from (None for effects of a timer or a
    person). `alerts` and `silences` are upserted by id, `transitions` by (alert_id, ordinal),
    `responses` by alert, `notices` inserted by notice id where not yet there; what waited
    there as held gets the state, time and reason of its entry in `settled`. `cancelled` names
    alerts whose pending notices must not be sent any more; notices of these same effects are not
    meant. `actions`, `stages`, `proofs` and `officials` are appended, the same one twice is one;
    `steps` by (alert_id, ordinal, n) and `task_events` by (task_id, n) where not yet there. A
    transition, action or response of an alert that is neither in `alerts` nor recorded before is
    refused.
    """

    seq: int | None = None
    alerts: tuple[Alert, ...] = ()
    transitions: tuple[Transition, ...] = ()
    notices: tuple[OutboxEntry, ...] = ()
    cancelled: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    stages: tuple[StageRecord, ...] = ()
    responses: tuple[Response, ...] = ()
    steps: tuple[EscalationStep, ...] = ()
    proofs: tuple[Proof, ...] = ()
    silences: tuple[Silence, ...] = ()
    officials: tuple[OfficialRecord, ...] = ()
    task_events: tuple[Event, ...] = ()
    settled: tuple[OutboxEntry, ...] = ()


class Aside(Protocol):
    """Keeps what the journal will never take, for a person to look at."""

    async def put(self, effects: Effects, why: str) -> None:
        """Keep it where a person can read it; does not raise for a full disk, but says so."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleState:
    """The engine's memory of one device point as of log block `seq`; `blob` is the engine's own."""

    key: str
    seq: int
    blob: bytes


class Journal(Protocol):
    """Lasting memory of alerts, transitions, outbox, acknowledgements and rule state.

    Every method raises `JournalError` when the database does not answer.
    """

    async def record(self, effects: Effects) -> None:
        """Write everything in `effects` in one transaction."""
        ...

    async def recorded_seq(self) -> int:
        """Give the highest `Effects.seq` recorded, 0 when none."""
        ...

    async def alert(self, alert_id: str) -> Alert | None:
        """Give one alert."""
        ...

    async def alerts(
        self,
        *,
        firing_only: bool = False,
        site: str | None = None,
        since: datetime | None = None,
        limit: int = 500,
    ) -> list[Alert]:
        """List real alerts, newest `detected_at` first. `since` is on `detected_at`, inclusive."""
        ...

    async def exercises(self) -> list[Alert]:
        """List the alerts of drills that are under way; no other list has them."""
        ...

    async def transitions(self, alert_id: str) -> list[Transition]:
        """List one alert's transitions in order."""
        ...

    async def due(self, now: datetime, limit: int = 100) -> list[OutboxEntry]:
        """List pending outbox entries whose `due_at` has come, most severe then oldest first.

        One that was made later than `now` is due: the clock was set back since.
        """
        ...

    async def save_outcome(self, entry: OutboxEntry) -> None:
        """Write an entry's new state, attempts, due time and error, unless it was cancelled."""
        ...

    async def notice(self, notice_id: str) -> OutboxEntry | None:
        """Give one outbox entry."""
        ...

    async def sent_to(self, people: Collection[str], limit: int) -> list[OutboxEntry]:
        """List the notices that were sent to people, the newest first."""
        ...

    async def outbox(self, alert_id: str) -> list[OutboxEntry]:
        """List every outbox entry of one alert, oldest first, for `explain`."""
        ...

    async def response(self, alert_id: str) -> Response | None:
        """Give the response to one alert; None where nothing was ever kept."""
        ...

    async def standing_responses(self) -> list[Response]:
        """List the responses to alerts that fire."""
        ...

    async def receipts(self) -> list[tuple[str, str, datetime]]:
        """List alert id, recipient and instant of the first receipt, of alerts that fire."""
        ...

    async def silences(self, now: datetime) -> list[Silence]:
        """List the silences that are not over at an instant, oldest first."""
        ...

    async def held(self) -> list[OutboxEntry]:
        """List the notices that are held for company, oldest first."""
        ...

    async def told_lately(self, since: datetime) -> list[tuple[str, str, datetime]]:
        """List recipient, alert and instant of all notices made since, in order.

        Left out are ends, orders and exercises: none of them brings a storm nearer.
        """
        ...

    async def stages(self) -> list[StageRecord]:
        """List every word of people on stages, in the order in which it was recorded."""
        ...

    async def steps(self, alert_id: str | None = None) -> list[EscalationStep]:
        """List the steps of one alert, or of all that fire, by alert and then as they were."""
        ...

    async def proofs(self, alert_id: str) -> list[Proof]:
        """List what came back about one alert's notices, oldest first."""
        ...

    async def officials(self, since: datetime) -> list[OfficialRecord]:
        """List official messages whose time was not over before `since`, in order of record."""
        ...

    async def save_states(self, states: Sequence[RuleState]) -> None:
        """Upsert rule states."""
        ...

    async def load_states(self) -> list[RuleState]:
        """Load all rule states."""
        ...


class CardLookup(Protocol):
    """Finds who and what can help near an alert (implemented by `groundwatch.cards`)."""

    async def card(self, alert: Alert) -> Card:
        """Look up; the caller sets the deadline."""
        ...


class Channel(Protocol):
    """One road to a recipient (webhook, console, SMS, …)."""

    @property
    def name(self) -> str:
        """Give the word that routes use for this channel."""
        ...

    async def send(self, notice: Notice) -> Receipt:
        """Make one attempt.

        Raises:
            DeliveryError: it was not taken; `retryable` says whether to try again.
        """
        ...


class Router(Protocol):
    """Says who is to be told about an alert now (implemented by `alerting.route`)."""

    def recipients(self, alert: Alert, now: datetime) -> Sequence[Sequence[Recipient]]:
        """Give one sequence per person to tell: the first road to try, then the fall-backs."""
        ...

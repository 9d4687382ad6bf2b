"""The values of alerting: severity, alert, transition, card, notice, receipt.

`Report → Finding → Alert → Notice → Receipt`, and `Alert → Card`. All are frozen; a later stage
makes a new value. Everything in here is plain data that channels render and the journal keeps.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from sensors.model import Position, SensorKey


class Severity(IntEnum):
    """Ordered severities of the Common Alerting Protocol, shown to people as 蓝黄橙红."""

    MINOR = 1
    MODERATE = 2
    SEVERE = 3
    EXTREME = 4

    @property
    def word(self) -> str:
        """Give the word used on every interface, for example `severe`."""
        return self.name.lower()

    @property
    def colour(self) -> str:
        """Give the colour people see."""
        return ("blue", "yellow", "orange", "red")[self - 1]

    @property
    def zh(self) -> str:
        """Give the colour in Chinese."""
        return "蓝黄橙红"[self - 1]

    @classmethod
    def of(cls, word: str) -> "Severity":
        """Parse a severity word; raises KeyError for any other."""
        return cls[word.upper()]


class AlertKind(StrEnum):
    """Why an alert exists at all."""

    LIMIT = "limit"
    BLIND = "blind"
    ANOMALY = "anomaly"
    DOUBTFUL = "doubtful"
    SYSTEM = "system"


class AlertState(StrEnum):
    """Where an alert is in its life."""

    FIRING = "firing"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


class Mark(StrEnum):
    """Whether a notice is meant; the words of the Common Alerting Protocol's status."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"


class TransitionKind(StrEnum):
    """What happened to an alert."""

    RAISED = "raised"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    AWAITS_SIGN_OFF = "awaits_sign_off"
    DISTURBED = "disturbed"
    RECURRED = "recurred"
    ACKNOWLEDGED = "acknowledged"
    SIGNED_OFF = "signed_off"
    MUTED = "muted"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a limit comes from: standard and clause, or a design sheet, and how sure we are."""

    source: str
    clause: str = ""
    confidence: str = "D"


class Form(StrEnum):
    """Which sentence is said; `alerting.sentence` has each in every language."""

    LIMIT = "limit"
    LEFT = "left"
    SILENT = "silent"
    UNUSUAL = "unusual"
    CLEARED = "cleared"
    SPOKEN = "spoken"
    AS_USUAL = "as_usual"
    NOT_HELD = "not_held"
    CONTINUES = "continues"
    AWAITS = "awaits"
    DISTURBED = "disturbed"
    ACKNOWLEDGED = "acknowledged"
    SIGNED_OFF = "signed_off"
    RETURNED = "returned"
    ORPHAN = "orphan"
    DOUBTFUL = "doubtful"
    BELIEVED = "believed"
    SYSTEM = "system"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """One measure held against one limit, both in `unit`; `value` is None while unknown.

    `whole` is what 100 % is, in `whole_unit`, where the measure is a percentage.
    """

    name: str
    name_zh: str
    value: float | None
    limit: float
    unit: str
    whole: float | None = None
    whole_unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """The parts of a sentence, from which every language makes its own.

    `against` and `is_low` (low values are dangerous) belong to limits, `severity` to the level that
    was left, `names` (sensors, as `point/quantity`) and `numbers` to the forms that count. `remark`
    says what is unsure about the value. `text` is what a person or a part of the program wrote; it
    is shown as it is.
    """

    form: Form
    title: str = ""
    title_zh: str = ""
    against: tuple[Against, ...] = ()
    is_low: bool = False
    severity: Severity | None = None
    is_suspect: bool = False
    remark: str = ""
    remark_zh: str = ""
    names: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    text: str = ""


class Remark(NamedTuple):
    """What a person must know beside a value, in both languages; "" says nothing."""

    en: str
    zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule or detector found in one reading, in a sentence a person can check.

    `reason` is that sentence in English, for the record; `said` its parts for any language.
    """

    rule_id: str
    pack: str
    sensor: SensorKey
    severity: Severity
    taken_at: datetime
    value: float
    limit: float | None
    unit: str
    reason: str
    provenance: Provenance
    said: Sentence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A condition with identity over time on one sensor (or one device, for blind alerts).

    `started_at`, `severity_at` and `ended_at` are event time (when the readings were taken);
    `detected_at` is the clock when this program first knew. One whose `mark` is not ACTUAL is an
    exercise: no sensor says so.
    """

    id: str
    kind: AlertKind
    state: AlertState
    sensor: SensorKey
    hazard: str
    rule_id: str
    pack: str
    severity: Severity
    peak: Severity
    position: Position
    started_at: datetime
    detected_at: datetime
    severity_at: datetime
    value: float | None
    limit: float | None
    unit: str
    reason: str
    provenance: Provenance
    ordinal: int = 0
    ended_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    awaiting_sign_off: bool = False
    said: Sentence | None = None
    mark: Mark = Mark.ACTUAL

    @property
    def site(self) -> str:
        """Give the site the alert belongs to."""
        return self.sensor.site


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step in an alert's life; append-only in the journal.

    `final` is False while readings still under way could change it (event time, contract C2).
    `late_by_s` is set when the reading arrived after the lateness its pack allows.
    """

    alert_id: str
    ordinal: int
    kind: TransitionKind
    severity: Severity
    taken_at: datetime
    detected_at: datetime
    value: float | None
    reason: str
    final: bool = True
    late_by_s: float | None = None
    actor: str = ""
    said: Sentence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """A team, depot or camera seen from an alert, and why it was chosen."""

    id: str
    name: str
    what: str
    position: Position
    distance_m: float
    travel_s: float | None
    travel_how: str
    phone: str = ""
    as_of: str = ""
    why: str = ""
    items: tuple[tuple[str, float, str], ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    """One tier of the command chain of a place, with the person who answers there."""

    tier: str
    place: str
    person: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Who and what can help near one alert, and in words what cannot be had.

    `places` are shelters, hospitals and pumps nearby, and what may be in danger. `glossary` has the
    Chinese of the supplies and capabilities named in it; `official` the official warnings in force
    at the site, which are others' words and never ours; `orders` how far those are who were sent.
    """

    teams: tuple[Responder, ...] = ()
    supplies: tuple[Responder, ...] = ()
    cameras: tuple[Responder, ...] = ()
    places: tuple[Responder, ...] = ()
    chain: tuple[ChainLink, ...] = ()
    shortfall: tuple[str, ...] = ()
    looked_up_at: datetime | None = None
    missing: str = ""
    glossary: tuple[tuple[str, ...], ...] = ()
    official: tuple[Remark, ...] = ()
    orders: tuple[Remark, ...] = ()

    @property
    def site_name(self) -> str:
        """Give what people call the site; empty where the chain does not say."""
        return next((link.place for link in reversed(self.chain) if link.tier == "site"), "")


class NotifyReason(StrEnum):
    """Why a notice is sent; the answer to "why did I get this message"."""

    FIRST = "first"
    SEVERITY_ROSE = "severity_rose"
    SEVERITY_FELL = "severity_fell"
    REPEAT = "repeat"
    ESCALATED = "escalated"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    CARD = "card"
    RENEWED = "renewed"
    RETURNED = "returned"
    RECURRED = "recurred"
    ORDER = "order"
    ORDER_OVER = "order_over"
    ORDER_NEWS = "order_news"
    GROUP = "group"
    STORM = "storm"
    STORM_OVER = "storm_over"

    @property
    def asks(self) -> bool:
        """Say whether who is told is to acknowledge."""
        return self in _ASKS


_ASKS = frozenset(
    {
        NotifyReason.FIRST,
        NotifyReason.SEVERITY_ROSE,
        NotifyReason.REPEAT,
        NotifyReason.ESCALATED,
        NotifyReason.RETURNED,
        NotifyReason.RECURRED,
        NotifyReason.CARD,
        NotifyReason.GROUP,
        NotifyReason.STORM,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person or system to be told, and by which road.

    A system is told of every alert by itself, however many there are.
    """

    id: str
    name: str
    channel: str
    address: str
    language: str = "en"
    is_system: bool = False


class Gathering(StrEnum):
    """Why several alerts travel in one notice."""

    GROUP = "group"
    STORM = "storm"
    STORM_OVER = "storm_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One alert in a notice about several, as it stood when the notice was made.

    `site_name` is what people call its site, where a card said so.
    """

    alert_id: str
    severity: Severity
    state: AlertState
    site: str
    device: str
    hazard: str
    reason: str
    said: Sentence | None = None
    is_acknowledged: bool = False
    site_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Several alerts of one place in one notice.

    `counts` are those that stand, from minor to extreme, `n_over` those that came and went.
    `members` are named, the worst first; `alert_ids` has every one that is meant. `n_before` counts
    those of the same group that people were told before.
    """

    kind: Gathering
    place: str
    since: datetime
    counts: tuple[int, int, int, int]
    n_over: int = 0
    n_before: int = 0
    members: tuple[Member, ...] = ()
    alert_ids: tuple[str, ...] = ()

    @property
    def n_more(self) -> int:
        """Count the alerts that are meant and not named."""
        return len(self.alert_ids) - len(self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one recipient about one alert, before it is sent.

    `id` is the idempotency key: the same alert, transition, reason and recipient always give the
    same id, so that a receiver can drop a second copy after a crash. One whose `mark` is not ACTUAL
    says so before anything else. `task` names the order it is about; its alert then goes under the
    order's name, so that acknowledging the alert takes no order back. `happened_at` is when what it
    tells of happened, where that is no step of the alert. `ack_link` is a secret of the recipient,
    and `site_name` what people call the site; both are given when it leaves.
    """

    id: str
    reason: NotifyReason
    alert: Alert
    transition: Transition
    recipient: Recipient
    card: Card | None
    created_at: datetime
    remarks: tuple[str, ...] = ()
    mark: Mark = Mark.ACTUAL
    task: str = ""
    batch: Batch | None = None
    happened_at: datetime | None = None
    site_name: str = ""
    ack_link: str = ""

    def __post_init__(self) -> None:
        """Mark a notice about an exercise as one, whoever makes it."""
        if self.mark is Mark.ACTUAL and self.alert.mark is not Mark.ACTUAL:
            object.__setattr__(self, "mark", self.alert.mark)

    @property
    def asks(self) -> bool:
        """Say whether who is told is to acknowledge; an order is answered and not acknowledged."""
        return self.reason.asks and not self.task

    @property
    def place_name(self) -> str:
        """Give what people call the site of its alert; "" where nobody has said."""
        of_card = self.card.site_name if self.card is not None else ""
        return of_card or self.site_name

    @property
    def about(self) -> tuple[str, ...]:
        """Name the alerts it tells of."""
        return self.batch.alert_ids if self.batch is not None else (self.alert.id,)

    @property
    def subject(self) -> str:
        """Give the id of the alert it is about; of one about several alerts its own id."""
        return self.id if self.batch is not None else self.alert.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The provider took the notice."""

    notice_id: str
    at: datetime
    reference: str = ""


class NoticeState(StrEnum):
    """Where one notice is on its way out."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    MUTED = "muted"
    HELD = "held"
    GATHERED = "gathered"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A notice in the outbox with its attempts; `fallbacks` are the recipients tried next."""

    notice: Notice
    state: NoticeState = NoticeState.PENDING
    attempts: int = 0
    due_at: datetime
    sent_at: datetime | None = None
    last_error: str = ""
    fallbacks: tuple[Recipient, ...] = field(default=())

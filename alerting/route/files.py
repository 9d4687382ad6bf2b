"""What people.yaml, routes.yaml and holidays.yaml look like; checked by `alerting.route.load`."""

from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from alerting.model import AlertKind
from alerting.route.days import WEEK, Day
from sensors.document import Duration, FileModel, Refused

DEFAULT_ZONE = "Asia/Shanghai"
SHORTEST_REPEAT = timedelta(minutes=1)

Slug = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="a short id: a-z, 0-9, - and _"),
]
Name = Annotated[str, Field(min_length=1, max_length=120)]
SeverityWord = Literal["minor", "moderate", "severe", "extreme"]

# China has had one time without summer time since 1991; so the default needs no zone files.
_CHINA = timezone(timedelta(hours=8), DEFAULT_ZONE)


def zone_named(name: str) -> tzinfo:
    """Give a time zone; Refused when there is none of that name."""
    if name == DEFAULT_ZONE:
        return _CHINA
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        allowed = "an IANA name such as Asia/Shanghai"
        raise Refused(f"time zone {name[:48]!r} is not known", allowed=allowed) from error


def _known_zone(name: str) -> str:
    zone_named(name)
    return name


def _local_time(at: time) -> time:
    if at.tzinfo is not None:
        raise Refused("a time of day carries an offset", allowed="HH:MM", fix="use `timezone:`")
    return at


def _moment(given: object) -> object:
    """Read a bare date as its beginning."""
    is_date = isinstance(given, str) and len(given.strip()) == len("2026-01-01")
    return f"{given.strip()}T00:00" if is_date and isinstance(given, str) else given


def _local_moment(at: datetime) -> datetime:
    if at.tzinfo is not None:
        raise Refused("an instant carries an offset", allowed="YYYY-MM-DD HH:MM")
    return at


ZoneName = Annotated[str, AfterValidator(_known_zone)]
LocalTime = Annotated[time, AfterValidator(_local_time)]
LocalMoment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_local_moment)]


class ContactEntry(FileModel):
    """One road to a person."""

    channel: Name
    address: Annotated[str, Field(max_length=2048)] = ""


class HoursEntry(FileModel):
    """Weekly hours of duty; `until` at or before `from` is on the next day."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)] = WEEK
    starts: LocalTime = Field(alias="from")
    until: LocalTime


class LeaveEntry(FileModel):
    """A stretch of local time; a bare date is its beginning."""

    starts: LocalMoment = Field(alias="from")
    until: LocalMoment
    note: Annotated[str, Field(max_length=120)] = ""


class InsteadEntry(LeaveEntry):
    """Somebody takes the duty of a rota for a while."""

    person: Slug


class PersonEntry(FileModel):
    """One person who can be told; or a `system`, which gets every alert by itself."""

    id: Slug
    name: Name
    role: Slug
    language: Literal["en", "zh"] | None = None
    sites: tuple[Name, ...] = ()
    places: tuple[Name, ...] = ()
    contacts: Annotated[list[ContactEntry], Field(min_length=1, max_length=8)]
    on_duty: Annotated[tuple[HoursEntry, ...], Field(max_length=28)] = ()
    leave: Annotated[tuple[LeaveEntry, ...], Field(max_length=100)] = ()
    timezone: ZoneName | None = None
    stand_in: Slug | None = None
    system: bool = False
    note: str = ""


class RotaEntry(FileModel):
    """People who take turns by the day or the week, or at each of several handovers a day."""

    id: Slug
    name: Name
    members: Annotated[list[Slug], Field(min_length=1, max_length=64)]
    rotate: Literal["day", "week", "shift"]
    anchor: date
    handover: LocalTime | Annotated[tuple[LocalTime, ...], Field(min_length=1, max_length=12)] = (
        time(8, 0)
    )
    timezone: ZoneName | None = None
    instead: Annotated[tuple[InsteadEntry, ...], Field(max_length=200)] = ()


class PeopleFile(FileModel):
    """people.yaml.

    `console_stands_in_for` are channels that contacts may name before anybody has set them up;
    until then what they would send is shown on the console.
    """

    timezone: ZoneName = DEFAULT_ZONE
    language: Literal["en", "zh"] | None = None
    people: Annotated[list[PersonEntry], Field(min_length=1, max_length=5000)]
    rotas: Annotated[tuple[RotaEntry, ...], Field(max_length=500)] = ()
    console_stands_in_for: Annotated[tuple[Slug, ...], Field(max_length=10)] = ()


class MatchEntry(FileModel):
    """What an alert must be for a route; what is left out matches everything."""

    sites: tuple[Name, ...] = ()
    places: tuple[Name, ...] = ()
    hazards: tuple[Name, ...] = ()
    kinds: tuple[AlertKind, ...] = ()
    min_severity: SeverityWord = "minor"
    max_severity: SeverityWord = "extreme"
    times: tuple[Slug, ...] = ()


class RecipientsEntry(FileModel):
    """Whom a route tells: people by id, whoever is on duty in a rota, everybody of a role."""

    people: tuple[Slug, ...] = ()
    rotas: tuple[Slug, ...] = ()
    roles: tuple[Slug, ...] = ()


class RungEntry(FileModel):
    """One rung of a ladder; without anybody named it asks those whom the routes name."""

    name: Annotated[str, Field(max_length=120)] = ""
    ask: RecipientsEntry = RecipientsEntry()
    turn: Annotated[int, Field(ge=0, le=63)] = 0
    over: tuple[Name, ...] = ()
    wait: Duration


class StepsEntry(FileModel):
    """The rungs of one severity: how long the first notices are waited for, and what comes then."""

    wait: Duration
    over: tuple[Name, ...] = ()
    then: Annotated[tuple[RungEntry, ...], Field(max_length=30)] = ()
    every: Annotated[Duration, Field(ge=SHORTEST_REPEAT)]


class LadderEntry(FileModel):
    """Whom to ask next while nobody acknowledges, by severity."""

    id: Slug
    source: str = ""
    minor: StepsEntry | None = None
    moderate: StepsEntry | None = None
    severe: StepsEntry | None = None
    extreme: StepsEntry | None = None


class TimesEntry(FileModel):
    """Hours that routes may name."""

    id: Slug
    hours: Annotated[tuple[HoursEntry, ...], Field(min_length=1, max_length=28)]


Repeats = dict[SeverityWord, Literal["never"] | Annotated[Duration, Field(ge=SHORTEST_REPEAT)]]


class RouteEntry(FileModel):
    """One route; `continue` lets the routes after it tell people too.

    The routes inside it have what it has but for what they say themselves.
    """

    name: Name
    match: MatchEntry = MatchEntry()
    recipients: RecipientsEntry = RecipientsEntry()
    over: tuple[Name, ...] = ()
    ladder: Slug | None = None
    repeat_every: Repeats = Field(default_factory=dict)
    is_continued: bool = Field(default=False, alias="continue")
    routes: Annotated[tuple["RouteEntry", ...], Field(max_length=500)] = ()


class RoutesFile(FileModel):
    """routes.yaml; `last_resort` is told when no route names anybody."""

    timezone: ZoneName = DEFAULT_ZONE
    times: Annotated[tuple[TimesEntry, ...], Field(max_length=50)] = ()
    ladders: Annotated[tuple[LadderEntry, ...], Field(max_length=50)] = ()
    ladder: Slug | None = None
    routes: Annotated[list[RouteEntry], Field(min_length=1, max_length=500)]
    last_resort: ContactEntry = ContactEntry(channel="console")


class HolidayEntry(FileModel):
    """Days off, from one day to another inclusive."""

    name: Name
    starts: date = Field(alias="from")
    until: date


class HolidaysFile(FileModel):
    """holidays.yaml: public holidays, and weekends worked to make up for them."""

    source: str = ""
    holidays: Annotated[tuple[HolidayEntry, ...], Field(max_length=500)] = ()
    working_days: Annotated[tuple[date, ...], Field(max_length=500)] = ()

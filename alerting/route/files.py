"""What people.yaml and routes.yaml look like; checked by `alerting.route.load`."""

from datetime import date, time, timedelta, timezone, tzinfo
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from alerting.model import AlertKind
from alerting.route.people import DAYS, Day
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


ZoneName = Annotated[str, AfterValidator(_known_zone)]
LocalTime = Annotated[time, AfterValidator(_local_time)]


class ContactEntry(FileModel):
    """One road to a person."""

    channel: Name
    address: Annotated[str, Field(max_length=2048)] = ""


class HoursEntry(FileModel):
    """Weekly hours of duty; `until` at or before `from` is on the next day."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)] = DAYS
    starts: LocalTime = Field(alias="from")
    until: LocalTime


class PersonEntry(FileModel):
    """One person who can be told."""

    id: Slug
    name: Name
    role: Slug
    language: Literal["en", "zh"] | None = None
    sites: tuple[Name, ...] = ()
    contacts: Annotated[list[ContactEntry], Field(min_length=1, max_length=8)]
    on_duty: Annotated[tuple[HoursEntry, ...], Field(max_length=28)] = ()
    timezone: ZoneName | None = None
    stand_in: Slug | None = None
    note: str = ""


class RotaEntry(FileModel):
    """People who take turns by the day or the week."""

    id: Slug
    name: Name
    members: Annotated[list[Slug], Field(min_length=1, max_length=64)]
    rotate: Literal["day", "week"]
    anchor: date
    handover: LocalTime = time(8, 0)
    timezone: ZoneName | None = None


class PeopleFile(FileModel):
    """people.yaml."""

    timezone: ZoneName = DEFAULT_ZONE
    language: Literal["en", "zh"] | None = None
    people: Annotated[list[PersonEntry], Field(min_length=1, max_length=5000)]
    rotas: Annotated[tuple[RotaEntry, ...], Field(max_length=500)] = ()


class MatchEntry(FileModel):
    """What an alert must be for a route; what is left out matches everything."""

    sites: tuple[Name, ...] = ()
    hazards: tuple[Name, ...] = ()
    kinds: tuple[AlertKind, ...] = ()
    min_severity: SeverityWord = "minor"


class RecipientsEntry(FileModel):
    """Whom a route tells: people by id, whoever is on duty in a rota, everybody of a role."""

    people: tuple[Slug, ...] = ()
    rotas: tuple[Slug, ...] = ()
    roles: tuple[Slug, ...] = ()


class RouteEntry(FileModel):
    """One route; `continue` lets the routes after it tell people too."""

    name: Name
    match: MatchEntry = MatchEntry()
    recipients: RecipientsEntry
    repeat_every: dict[
        SeverityWord, Literal["never"] | Annotated[Duration, Field(ge=SHORTEST_REPEAT)]
    ] = Field(default_factory=dict)
    is_continued: bool = Field(default=False, alias="continue")


class RoutesFile(FileModel):
    """routes.yaml; `last_resort` is told when no route names anybody."""

    routes: Annotated[list[RouteEntry], Field(min_length=1, max_length=500)]
    last_resort: ContactEntry = ContactEntry(channel="console")

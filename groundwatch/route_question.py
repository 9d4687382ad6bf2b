"""What `groundwatch route` is asked, checked against the site files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alerting.model import AlertKind, Severity
from groundwatch.clock import SystemClock
from groundwatch.district import District, load_district
from groundwatch.roads import Roads
from groundwatch.settings import SettingsError, load_settings
from sensors.document import did_you_mean, listed
from sensors.local_time import SHOWN_ZONE
from sensors.model import Position

_OWN_HAZARDS = {"sensor_silent", "sensor_doubtful", "anomaly", "system"}


class QuestionError(ValueError):
    """The question names something that does not exist; says what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An alert to imagine, in a district."""

    district: District
    severity: Severity
    kind: AlertKind
    at: datetime
    where: Position


def district_of(
    sites: Path | None, config: Path | None, otherwise: Callable[[Path | None], Path]
) -> District:
    """Load the district of a question: with the channels of the settings where they are named.

    Without settings `otherwise` says which directory it is.

    Raises:
        QuestionError: the settings cannot be used.
    """
    if config is None:
        return load_district(otherwise(sites))
    try:
        settings = load_settings(config, sites=sites)
    except SettingsError as error:
        raise QuestionError(str(error)) from error
    return load_district(
        settings.sites,
        packs=settings.packs,
        resources=settings.resources,
        language=settings.language,
        roads=Roads(settings),
    )


def question_of(
    *, district: District, words: tuple[str, str, str, str], at: str | None, is_dry: bool
) -> Question:
    """Check the words (site, hazard, severity, kind) and the time.

    Raises:
        QuestionError: one of them cannot be used, and what is allowed.
    """
    if not is_dry:
        raise QuestionError("say --dry-run: this command only shows who would be told")
    site, hazard, severity, kind = words
    known = district.registry.sites
    _one_of("--severity", severity, [each.word for each in Severity])
    _one_of("--kind", kind, [each.value for each in AlertKind])
    if AlertKind(kind) is AlertKind.SYSTEM:
        where = Position(float("nan"), float("nan"))
    else:
        _one_of("--site", site, list(known))
        where = known[site].position
    rules = (
        rule for packs in district.packs.values() for pack in packs for rule in pack.spec.rules
    )
    _one_of("--hazard", hazard, sorted({rule.hazard for rule in rules} | _OWN_HAZARDS))
    return Question(
        district=district,
        severity=Severity.of(severity),
        kind=AlertKind(kind),
        at=_instant(at),
        where=where,
    )


def _one_of(option: str, given: str, allowed: list[str]) -> None:
    if given not in allowed:
        hint = did_you_mean(given, allowed)
        raise QuestionError(
            f"{option} {given!r}: allowed are {listed(sorted(allowed))}"
            + (f"; {hint}" if hint else "")
        )


def _instant(at: str | None) -> datetime:
    if at is None:
        return SystemClock().now()
    try:
        found = datetime.fromisoformat(at)
    except ValueError as error:
        example = "2026-06-01T08:00 or 2026-06-01T08:00+08:00"
        raise QuestionError(f"--at {at!r}: not an instant; allowed is {example}") from error
    return (found if found.tzinfo else found.replace(tzinfo=SHOWN_ZONE)).astimezone(UTC)

"""`groundwatch route --dry-run`: who would be told of an alert, offline; nobody is told."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundwatch.cli_words import AsJson, Language, OrExample, Tongue, or_example

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from alerting.model import Alert


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="route")(route)


def route(
    site: Annotated[str, typer.Option(help="id of the site")],
    hazard: Annotated[str, typer.Option(help="hazard, for example river_flood")],
    severity: Annotated[str, typer.Option(help="minor, moderate, severe, extreme")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="tell nobody; nothing else is possible")
    ] = False,
    kind: Annotated[str, typer.Option(help="limit, blind, anomaly, doubtful, system")] = "limit",
    at: Annotated[
        str | None,
        typer.Option(help="when, RFC 3339; without an offset in +08:00; now if left out"),
    ] = None,
    sites: OrExample = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="settings file (TOML), for its channels and sites"),
    ] = None,
    language: Language = Tongue.EN,
    as_json: AsJson = False,
) -> None:
    """Show who would be told of an alert nobody acknowledges, over what, when and why."""
    from groundwatch.route_plan import imagined, lines_of, planned
    from groundwatch.route_question import QuestionError, district_of, question_of

    try:
        asked = question_of(
            district=district_of(sites, config, or_example),
            words=(site, hazard, severity, kind),
            at=at,
            is_dry=dry_run,
        )
    except QuestionError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from error
    for fault in asked.district.faults:
        print(fault, file=sys.stderr)
    alert = imagined(
        site=site,
        hazard=hazard,
        severity=asked.severity,
        kind=asked.kind,
        at=asked.at,
        where=asked.where,
    )
    plan = planned(alert, asked.district.routes, asked.at)
    if as_json:
        print(json.dumps(plan.as_json(), ensure_ascii=False, indent=2))
        return
    print("\n".join((headline(alert, language), *lines_of(plan, language.value))))


def headline(alert: "Alert", language: Tongue) -> str:
    """Say which alert is imagined, where and when."""
    from alerting.cap.hazards import built_in
    from alerting.route.words import KINDS_ZH
    from sensors.local_time import shown_time

    hazard, site, severity, at = alert.hazard, alert.site, alert.severity, alert.started_at
    if language is not Tongue.ZH:
        return f"{severity.word} {hazard} at {site}, {shown_time(at)}"
    table, own = built_in(), f"{KINDS_ZH[alert.kind]}警报"
    called = table.of(hazard, severity).event_zh if hazard in table.names else own
    return f"{severity.zh}色 {called}（{hazard}），{site}，{shown_time(at)}"

"""`groundwatch route --dry-run`: who would be told of an alert, offline; nobody is told."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from groundwatch.cli_words import AsJson

SITES = Path(__file__).parents[1] / "examples" / "baiyun"


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
    sites: Annotated[Path | None, typer.Option(help="directory of site files")] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="settings file (TOML), for its channels and sites"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show who would be told of an alert nobody acknowledges, over what, when and why."""
    from groundwatch.route_plan import imagined, lines_of, planned
    from groundwatch.route_question import QuestionError, district_of, question_of

    try:
        asked = question_of(
            district=district_of(sites, config, SITES),
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
    print(f"{severity} {hazard} at {site}, {shown(asked.at)}")
    for line in lines_of(plan):
        print(line)


def shown(at: datetime) -> str:
    """Give an instant as people of the district read it."""
    from alerting.render.words import shown_time

    return shown_time(at)

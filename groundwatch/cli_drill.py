"""The command `groundwatch drill`: who would be told, or real people, marked and measured."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from groundwatch.cli_words import AsJson, Note, Url, asked, named, show
from groundwatch.client import DEFAULT_URL, call

_LOOK_EVERY_S = 2.0


def drill(
    scenario: Annotated[str, typer.Argument(help="name of a file in drills/ beside the sites")],
    people: Annotated[
        bool, typer.Option("--people", help="tell real people over real channels, now")
    ] = False,
    actor: Annotated[str, typer.Option("--as", help="who begins it; asked for with --people")] = "",
    note: Note = "",
    wait: Annotated[
        bool, typer.Option("--wait", help="stay until it is over, then print the report")
    ] = False,
    sites: Annotated[Path, typer.Option(help="directory of site files, without --people")] = Path(
        "sites"
    ),
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Exercise an alert: who would be told; with --people it is sent, marked, and measured."""
    if not people:
        show(*_dry_run(scenario, sites), as_json=as_json)
        return
    body = {"scenario": scenario, "actor": named(actor), "note": note}
    answer = asked(lambda: call("POST", url, "/drills", body))
    path = f"/drills/{quote(answer['alert_id'], safe='')}"
    while wait and answer["ended_at"] is None:
        time.sleep(_LOOK_EVERY_S)
        answer = asked(lambda: call("GET", url, path))
    show(answer, answer["text"], as_json=as_json)


def _dry_run(scenario: str, sites: Path) -> tuple[dict[str, Any], str]:
    """Say offline whom the routes name for each step; nobody is told."""
    from alerting.drill import drill_alert
    from groundwatch.clock import SystemClock
    from groundwatch.district import load_district

    district = load_district(sites)
    plan = district.drills.get(scenario)
    if plan is None:
        known = ", ".join(district.drills) or f"none in {sites}/drills"
        raise typer.BadParameter(f"{scenario!r} is no drill; there are: {known}")
    now = SystemClock().now()
    steps: list[dict[str, Any]] = []
    lines = [f"EXERCISE {plan.name}: {plan.title} (nobody is told without --people)"]
    for step in plan.steps:
        alert = drill_alert(plan, step, now)
        told = [roads[0].name for roads in district.routes.recipients(alert, now)]
        after_s = step.after / timedelta(seconds=1)
        steps.append({"after_s": after_s, "severity": step.severity.word, "told": told})
        lines.append(f"  after {after_s:g} s, {step.severity.word}: {', '.join(told)}")
    return {"scenario": plan.name, "exercise": True, "steps": steps}, "\n".join(lines)

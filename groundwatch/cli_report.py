"""The command of reports: shown as the record stands, or made and recorded."""

from typing import Annotated
from urllib.parse import quote

import typer

from groundwatch.cli_words import AsJson, Url, asked, show
from groundwatch.client import DEFAULT_URL, call, fetch_text


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(report)


def report(
    alert_id: Annotated[str, typer.Argument(help="id of the alert")],
    stage: Annotated[str, typer.Option(help="first, follow (or follow-up) or final")] = "first",
    actor: Annotated[
        str, typer.Option("--as", help="make it, in this name; without it is only shown")
    ] = "",
    dead: Annotated[int | None, typer.Option(help="how many, where it is known")] = None,
    injured: Annotated[int | None, typer.Option(help="how many, where it is known")] = None,
    missing: Annotated[int | None, typer.Option(help="how many, where it is known")] = None,
    loss_cny: Annotated[float | None, typer.Option(help="direct loss in yuan")] = None,
    cause: Annotated[str, typer.Option(help="the cause, where it is known")] = "",
    needs: Annotated[str, typer.Option(help="what is needed")] = "",
    language: Annotated[str, typer.Option(help="zh or en")] = "zh",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Show the first, follow-up or final report of an incident, or make it."""
    stage = "follow" if stage == "follow-up" else stage
    path = f"/alerts/{quote(alert_id, safe='')}/report"
    facts = {"dead": dead, "injured": injured, "missing": missing, "loss_cny": loss_cny}
    given = {name: value for name, value in facts.items() if value is not None}
    words = {name: text for name, text in (("cause", cause), ("needs", needs)) if text}
    if (given or words) and not actor:
        raise typer.BadParameter("say who you are: what is entered is kept", param_hint="'--as'")
    if given or words:
        entered = {"actor": actor, **given, **words}
        asked(lambda: call("POST", url, f"{path.removesuffix('report')}facts", entered))
    # Written before it is made: a follow-up tells of what is new since the report before.
    text = asked(lambda: fetch_text(url, f"{path}.md", stage=stage, language=language))
    if actor:
        made = {"actor": actor, "stage": stage}
        answer = asked(lambda: call("POST", url, path, made))
    else:
        answer = asked(lambda: call("GET", url, path, stage=stage))
    show(answer, text, as_json=as_json)

"""Commands of orders: list them, give them, answer them, and count a month."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from groundwatch.cli_words import Actor, AsJson, Url, Why, asked, clock_time, named, show
from groundwatch.client import DEFAULT_URL, call, fetch_text, send_picture

tasks_app = typer.Typer(help="orders to responders: list, give, answer", no_args_is_help=True)
TaskId = Annotated[str, typer.Argument(help="id of the order")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(tasks_app, name="tasks")
    app.command()(assess)


@tasks_app.command("list")
def listed(
    alert: Annotated[str | None, typer.Option(help="only of this alert")] = None,
    every: Annotated[bool, typer.Option("--all", help="also what is over")] = False,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """List orders with what is owed next."""
    wanted = None if every else "true"
    page = asked(lambda: call("GET", url, "/tasks", alert=alert, open=wanted))
    lines = [_line(each) for each in page["items"]] or ["no order is open"]
    show(page, "\n".join(lines), as_json=as_json)


@tasks_app.command("order")
def order(
    alert_id: Annotated[str, typer.Argument(help="id of the alert")],
    responder: Annotated[str, typer.Argument(help="id of a team or depot")],
    what: Annotated[str, typer.Argument(help="what is to be done")],
    actor: Actor,
    item: Annotated[
        list[str] | None, typer.Option(help="depot:item:quantity to take along, repeatable")
    ] = None,
    level: Annotated[str, typer.Option(help="site, village, street, district or city")] = "street",
    exercise: Annotated[bool, typer.Option("--exercise", help="mark it as an exercise")] = False,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Order a team or depot to an alert."""
    body = {
        "actor": named(actor),
        "responder": responder,
        "what": what,
        "level": level,
        "items": [_item(text) for text in item or []],
        "exercise": exercise,
    }
    path = f"/alerts/{quote(alert_id, safe='')}/tasks"
    answer = asked(lambda: call("POST", url, path, body))
    show(answer, _line(answer), as_json=as_json)


@tasks_app.command("say")
def say(
    task_id: TaskId,
    word: Annotated[str, typer.Argument(help="accept, decline, on-scene, done, recall or note")],
    actor: Actor,
    note: Annotated[str, typer.Option("--note", "--why", help="why, or what to add")] = "",
    picture: Annotated[Path | None, typer.Option(help="a picture to keep with it")] = None,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Say how far an order is."""
    path = f"/tasks/{quote(task_id, safe='')}"
    if picture is not None:
        said = {"actor": named(actor), "note": note}
        asked(lambda: send_picture(url, f"{path}/picture", picture, **said))
    body = {"actor": named(actor), "note": note}
    answer = asked(lambda: call("POST", url, f"{path}/{quote(word, safe='')}", body))
    show(answer, _line(answer), as_json=as_json)


@tasks_app.command("hand-over")
def hand_over(
    task_id: TaskId,
    to: Annotated[str, typer.Argument(help="site, village, street, district or city")],
    actor: Actor,
    note: Why,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Give an order to another level."""
    path = f"/tasks/{quote(task_id, safe='')}/hand-over"
    body = {"actor": named(actor), "note": note, "to": to}
    answer = asked(lambda: call("POST", url, path, body))
    show(answer, _line(answer), as_json=as_json)


def assess(
    month: Annotated[str, typer.Option(help="for example 2026-11")],
    as_csv: Annotated[bool, typer.Option("--csv", help="print CSV for a spreadsheet")] = False,
    exercises: Annotated[bool, typer.Option(help="count exercises too")] = False,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Count how quickly units answered and arrived in a month."""
    also = "true" if exercises else None
    if as_csv:
        print(
            asked(lambda: fetch_text(url, "/assessment.csv", month=month, exercises=also)), end=""
        )
        return
    answer = asked(lambda: call("GET", url, "/assessment", month=month, exercises=also))
    lines = [_row(row) for row in answer["rows"]] or [f"no order was given in {month}"]
    show(answer, "\n".join(lines), as_json=as_json)


def _item(text: str) -> dict[str, Any]:
    parts = text.rsplit(":", 2)
    try:
        depot, item, quantity = parts
        return {"depot": depot, "item": item, "quantity": float(quantity)}
    except ValueError as error:
        what = f"{text!r} is not depot:item:quantity, for example D3:woven_bag:200"
        raise typer.BadParameter(what, param_hint="'--item'") from error


def _line(task: dict[str, Any]) -> str:
    state = task["state"].replace("_", " ")
    owed = "" if task["owed"] is None else f", {task['owed']} by {clock_time(task['owed_by'])}"
    late = f", LATE: {', '.join(task['overdue'])}" if task["overdue"] else ""
    call_them = "" if task["is_told"] else f", no road on file: call {task['phone'] or '?'}"
    mark = "EXERCISE " if task["exercise"] else ""
    return (
        f"{mark}{task['id']} {state} {task['name']} ({task['owner']}): {task['what']}"
        f"{owed}{late}{call_them}"
    )


def _row(row: dict[str, Any]) -> str:
    def span(name: str) -> str:
        value = row[f"{name}_median_s"]
        return "-" if value is None else f"{value / 60:.1f} min"

    return (
        f"{row['unit']}: {row['orders']} orders, accepted {row['accepted']} in {span('accept')},"
        f" arrived {row['arrived']} in {span('arrive')}, alerts acknowledged in"
        f" {span('acknowledge')}, overdue {row['overdue_share']:.0%}"
    )

"""Commands of silences: `groundwatch silence add`, `list` and `end`."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from groundwatch.cli_response import minutes_of
from groundwatch.cli_words import Actor, AsJson, Url, asked, clock_time, named, show
from groundwatch.client import DEFAULT_URL, call

app = typer.Typer(help="Say what people do not want to hear of for a while.", no_args_is_help=True)
Many = list[str] | None


@app.command("add")
def add(
    span: Annotated[str, typer.Option("--for", help="how long, for example 30m or 2h")],
    comment: Annotated[str, typer.Option("--comment", "--note", "--why", help="why; it is kept")],
    actor: Actor,
    site: Annotated[Many, typer.Option(help="only of this site; repeatable")] = None,
    device: Annotated[Many, typer.Option(help="only of this site/device; repeatable")] = None,
    hazard: Annotated[Many, typer.Option(help="only of this hazard; repeatable")] = None,
    kind: Annotated[Many, typer.Option(help="only of this kind, for example blind")] = None,
    at_most: Annotated[str, typer.Option(help="the worst severity silenced")] = "severe",
    allow_extreme: Annotated[
        bool, typer.Option("--allow-extreme", help="extreme alerts too; told as a problem")
    ] = False,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Silence alerts for a while: they are recorded, and told when it is over."""
    body = {
        "actor": named(actor),
        "comment": comment,
        "sites": site or [],
        "devices": device or [],
        "hazards": hazard or [],
        "kinds": kind or [],
        "at_most": at_most,
        "allow_extreme": allow_extreme,
        "minutes": minutes_of(span),
    }
    answer = asked(lambda: call("POST", url, "/silences", body))
    show(answer, _line(answer), as_json=as_json)


@app.command("list")
def silences(url: Url = DEFAULT_URL, as_json: AsJson = False) -> None:
    """List what is silenced now, by whom, until when and why."""
    answer = asked(lambda: call("GET", url, "/silences"))
    lines = [_line(each) for each in answer["items"]]
    show(answer, "\n".join(lines) or "nothing is silenced", as_json=as_json)


@app.command("end")
def end(
    silence_id: Annotated[str, typer.Argument(help="id of the silence")],
    actor: Actor,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """End a silence before its time; what it held is told at once."""
    path = f"/silences/{quote(silence_id, safe='')}/end"
    answer = asked(lambda: call("POST", url, path, {"actor": named(actor)}))
    show(answer, f"{answer['id']}: ended by {answer['ended_by']}", as_json=as_json)


def _line(silence: dict[str, Any]) -> str:
    what = [
        " or ".join(silence[name])
        for name in ("sites", "devices", "hazards", "kinds")
        if silence[name]
    ]
    until = clock_time(silence["until"])
    return (
        f"{silence['id']}: {', '.join(what)} up to {silence['at_most']} until {until}"
        f" by {silence['author']}: {silence['comment']}"
    )

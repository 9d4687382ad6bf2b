"""Commands of roads that people close and open: `groundwatch roads list`, `close` and `open`."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from groundwatch.cli_response import minutes_of
from groundwatch.cli_words import Actor, AsJson, Note, Url, Why, asked, clock_time, named, show
from groundwatch.client import DEFAULT_URL, call

app = typer.Typer(help="Roads nobody can drive now, for travel times.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="a name of yours for it")]


@app.command("list")
def closed(url: Url = DEFAULT_URL, as_json: AsJson = False) -> None:
    """List what people have closed, by whom and why."""
    answer = asked(lambda: call("GET", url, "/roads/closed"))
    lines = [_line(each) for each in answer["items"]]
    show(answer, "\n".join(lines) or "nothing is closed by hand", as_json=as_json)


@app.command("close")
def close(
    name: Name,
    why: Why,
    actor: Actor,
    lat: Annotated[float | None, typer.Option(help="middle of a circle")] = None,
    lon: Annotated[float | None, typer.Option(help="middle of a circle")] = None,
    radius_m: Annotated[float, typer.Option(help="of the circle")] = 50.0,
    datum: Annotated[str | None, typer.Option(help="of lat and lon, for example GCJ-02")] = None,
    edge: Annotated[list[str] | None, typer.Option(help="id in the road graph")] = None,
    span: Annotated[
        str | None, typer.Option("--for", help="opens by itself then, for example 30m or 2h")
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Close the roads a circle touches, or edges of the road graph."""
    if (lat is None) != (lon is None):
        raise typer.BadParameter("give both --lat and --lon", param_hint="--lat")
    circle = None if lat is None else {"lat": lat, "lon": lon, "radius_m": radius_m}
    body = {
        "actor": named(actor),
        "note": why,
        "name": name,
        "datum": datum,
        "circle": circle,
        "edges": edge or [],
        "minutes": None if span is None else minutes_of(span),
    }
    answer = asked(lambda: call("POST", url, "/roads/closed", body))
    show(answer, _line(answer), as_json=as_json)


@app.command("open")
def open_(
    name: Name,
    actor: Actor,
    why: Note = "",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Open what was closed under a name."""
    path = f"/roads/closed/{quote(name, safe='')}/open"
    answer = asked(lambda: call("POST", url, path, {"actor": named(actor), "note": why}))
    show(answer, f"{answer['name']}: open again", as_json=as_json)


def _line(road: dict[str, Any]) -> str:
    what = [f"an outline of {len(road['outline'])} corners"] if road["outline"] else []
    what += [f"edges {', '.join(road['edges'])}"] if road["edges"] else []
    since = clock_time(road["since"])
    until = f" until {clock_time(road['until'])}" if road["until"] else ""
    head = f"{road['name']}: {' and '.join(what)} since {since}{until}"
    return f"{head} by {road['by']}: {road['note']}"

"""The command of official messages: take files in, or show what is in force."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from groundwatch.cli_words import AsJson, Url, asked, clock_time, show
from groundwatch.client import DEFAULT_URL, ClientError, call, send_file

XML = "application/cap+xml"


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(official)


def official(
    files: Annotated[
        list[Path] | None, typer.Argument(help="messages of CAP 1.2 to take in; none: show")
    ] = None,
    site: Annotated[str | None, typer.Option(help="only what is for this site")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="also what is over, tests and exercises")
    ] = False,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Take official warnings in from files, or show those that are in force."""
    if files:
        _take_in(url, files, as_json=as_json)
        return
    in_force = None if every else "true"
    page = asked(lambda: call("GET", url, "/official", site=site, in_force=in_force))
    lines = [_line(each) for each in page["items"]] or ["no official warning is in force"]
    lines += [
        f"feed {each['host']}: {each['problem']}" for each in page["feeds"] if each["problem"]
    ]
    show(page, "\n".join(lines), as_json=as_json)


def _take_in(url: str, files: list[Path], *, as_json: bool) -> None:
    """Send every file; one that is refused keeps none of the others out."""
    taken: list[Any] = []
    said: list[str] = []
    refused: list[str] = []
    for path in files:
        try:
            answer = send_file(url, "/official", path, XML)
        except ClientError as error:
            refused.append(f"{path}: not taken: {error}")
        else:
            taken.append(answer)
            said.append(_taken(path, answer))
    if said:
        show(taken, "\n".join(said), as_json=as_json)
    for line in refused:
        print(line, file=sys.stderr)
    if refused:
        raise typer.Exit(2)


def _taken(path: Path, answer: dict[str, Any]) -> str:
    said = "taken" if answer["is_new"] else "known already"
    over = ", ".join(each["site"] for each in answer["over"]) or "none of the sites"
    lines = [f"{path}: {said}: {_line(answer)}", f"  for {over}"]
    return "\n".join([*lines, *(f"  note: {each}" for each in answer["remarks"])])


def _line(answer: dict[str, Any]) -> str:
    what = f"{answer['severity'] or 'unknown'} {answer['topic'] or 'other'}"
    state = "in force" if answer["is_in_force"] else f"not in force ({answer['why_not']})"
    return (
        f"{what}: {answer['headline']} [{answer['sender']}, {answer['status']}, {state},"
        f" until {clock_time(answer['ends_at'])}]"
    )

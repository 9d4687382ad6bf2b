"""Options and small helpers that several files of the command line share."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from groundwatch.client import ClientError
from sensors.local_time import shown_minute, shown_time

EXAMPLE = Path(__file__).parent.parent / "examples" / "baiyun"

OrExample = Annotated[
    Path | None, typer.Option("--sites", help="directory of site files; else the example's")
]
Config = Annotated[Path | None, typer.Option("--config", "-c", help="settings file (TOML)")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON for machines")]
Url = Annotated[
    str, typer.Option("--url", envvar="GROUNDWATCH_URL", help="address of the running program")
]
Actor = Annotated[str, typer.Option("--as", help="who does it: a name people know")]


class Tongue(StrEnum):
    """A language that people read."""

    EN = "en"
    ZH = "zh"


Language = Annotated[
    Tongue, typer.Option("--language", envvar="GROUNDWATCH_LANGUAGE", help="en or zh")
]
Note = Annotated[str, typer.Option("--note", "--why", help="a remark for the record")]
Why = Annotated[str, typer.Option("--note", "--why", help="why; it is kept")]


def asked(ask: Callable[[], Any]) -> Any:
    """Ask the running program; what a person must mend is a sentence and exit code 2."""
    try:
        return ask()
    except ClientError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from error


def or_example(sites: Path | None) -> Path:
    """Give the directory of site files; without one that of the example, which is said aloud."""
    if sites is not None:
        return sites
    said = "the made-up example district is asked, as no --sites is given; name yours with --sites"
    print(f"{EXAMPLE}: {said}", file=sys.stderr)
    return EXAMPLE


def named(actor: str) -> str:
    """Give who does it; refuses an empty name."""
    if not actor.strip():
        raise typer.BadParameter("say who you are: it is kept with the alert", param_hint="'--as'")
    return actor


def show(answer: Any, text: str, *, as_json: bool) -> None:
    """Print an answer for machines, or what it means."""
    print(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else text)


def clock_time(instant: str | None, *, to: str = "minutes") -> str:
    """Give an RFC 3339 instant as messages write it: in the district's time, with the offset."""
    if not instant:
        return "-"
    at = datetime.fromisoformat(instant)
    return shown_minute(at) if to == "minutes" else shown_time(at)

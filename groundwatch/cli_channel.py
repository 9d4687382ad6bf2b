"""`groundwatch channel`: which channels the settings describe, and a test message by one."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

channel_app = typer.Typer(no_args_is_help=True, help="Look at channels and try them.")

_Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="settings file (TOML)", show_default=False)
]
_AsJson = Annotated[bool, typer.Option("--json", help="print JSON for machines")]


@channel_app.command("list")
def list_channels(config: _Config = None, as_json: _AsJson = False) -> None:
    """List the channels that people files may name, and their kinds."""
    from groundwatch.try_channel import TryError, channels_of

    try:
        rows = channels_of(config)
    except TryError as error:
        _fail(error)
    if as_json:
        print(json.dumps([{"name": name, "kind": kind} for name, kind in rows], indent=2))
        return
    for name, kind in rows:
        print(f"{name:<32}{kind}")


@channel_app.command("test")
def send_test(
    name: Annotated[str, typer.Argument(help="name of the channel")],
    to: Annotated[str, typer.Option("--to", help="address, as in people files")] = "",
    language: Annotated[str, typer.Option(help="en or zh")] = "en",
    config: _Config = None,
    as_json: _AsJson = False,
) -> None:
    """Send one message that says it is a test, by one channel to one address."""
    from groundwatch.try_channel import TryError, try_channel

    try:
        receipt = asyncio.run(try_channel(name, to=to, language=language, config=config))
    except TryError as error:
        _fail(error)
    if as_json:
        said = {"channel": name, "notice": receipt.notice_id, "reference": receipt.reference}
        print(json.dumps(said, ensure_ascii=False, indent=2))
        return
    print(f"{name} took it: {receipt.reference or 'no reference given'}")


def _fail(error: Exception) -> NoReturn:
    print(error, file=sys.stderr)
    raise typer.Exit(2) from error

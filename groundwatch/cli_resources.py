"""Commands about resources: import a file, list, show, and the history of edits."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from groundwatch.cli_words import Actor, AsJson, Note, Url, asked, named, show
from groundwatch.client import DEFAULT_URL, call

_NO_SITES = (
    "nothing was read: say which directory of site files to write into, as in --sites my-district"
)
resources = typer.Typer(
    help="Teams, depots, cameras and places that can help.", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(resources, name="resources")


@resources.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, .xlsx, GeoJSON, GB/T 28181 (.xml)")],
    kind: Annotated[
        str,
        typer.Option(help="teams, depots, stock, cameras, shelters, hospitals, pumps or sensitive"),
    ],
    sites: Annotated[
        Path | None, typer.Option(help="directory of site files to write into")
    ] = None,
    datum: Annotated[
        str, typer.Option(help="where the file states none: WGS-84, CGCS2000, GCJ-02, BD-09")
    ] = "",
    encoding: Annotated[str, typer.Option(help="of a CSV: utf-8, gb18030, gbk")] = "utf-8",
    into: Annotated[Path | None, typer.Option(help="file beside the others, KIND-NAME.csv")] = None,
    update: Annotated[
        bool, typer.Option("--update", help="keep the file's rows, and what is left empty")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="write the file anew")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check only, write nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Check every row of a file and take the good ones into the directory of site files."""
    from groundwatch.resource_files import ImportOrder, import_resources
    from groundwatch.settings import SettingsError

    if sites is None:
        print(_NO_SITES, file=sys.stderr)
        raise typer.Exit(2)
    order = ImportOrder(
        file=file,
        kind=kind,
        sites=sites,
        into=into,
        datum=datum,
        encoding=encoding,
        update=update,
        replace=replace,
        dry_run=dry_run,
    )
    try:
        outcome = import_resources(order)
    except SettingsError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from error
    found = outcome.imported
    for fault in found.faults:
        print(fault, file=sys.stderr)
    if as_json:
        faults = [fault._asdict() for fault in found.faults]
        said = {"new": found.n_new, "updated": found.n_updated, "faults": faults}
        where = str(outcome.into) if outcome.is_written else None
        print(json.dumps({**said, "written": where}, ensure_ascii=False, indent=2))
    else:
        where = f"written to {outcome.into}" if outcome.is_written else "nothing written"
        print(f"{found.n_new} new, {found.n_updated} updated, {found.n_wrong} wrong; {where}")
    if found.n_wrong:
        raise typer.Exit(2)


@resources.command("list")
def list_(
    kind: Annotated[str, typer.Argument(help="teams, depots, stock, cameras, …")],
    text: Annotated[str, typer.Option(help="only with this in id or name")] = "",
    limit: Annotated[int, typer.Option(min=1, max=2000, help="at most so many")] = 200,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """List resources of a kind as the running program knows them, edits included."""
    answer = asked(
        lambda: call("GET", url, "/resources", kind=kind, text=text or None, limit=limit)
    )
    lines = [f"{each['id']}  {_line(each['fields'])}" for each in answer["items"]]
    lines += [f"not counted: {said}" for said in answer["unfit"]]
    if answer["next"] is not None:
        lines.append(f"the first {limit}; narrow it with --text")
    show(answer, "\n".join(lines), as_json=as_json)


@resources.command("set")
def set_(
    kind: Annotated[str, typer.Argument(help="teams, depots, stock, cameras, …")],
    resource: Annotated[str, typer.Argument(help="id, for stock depot/item")],
    fields: Annotated[list[str], typer.Argument(help="name=value …; an empty value empties it")],
    actor: Actor,
    datum: Annotated[str | None, typer.Option(help="of positions among the fields")] = None,
    note: Note = "",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Change fields of a resource, for example `on_duty=false` or `quantity=40`."""
    body = {"actor": named(actor), "note": note, "datum": datum, "fields": _pairs(fields)}
    path = f"/resources/{quote(kind)}/{quote(resource)}"
    answer = asked(lambda: call("PATCH", url, path, body))
    show(answer, f"{answer['id']}  {_line(answer['fields'])}", as_json=as_json)


@resources.command("history")
def history(
    resource: Annotated[str, typer.Argument(help="id, for stock depot/item")],
    kind: Annotated[str | None, typer.Option(help="where an id is of several kinds")] = None,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Show who changed a resource, when and how, newest first."""
    answer = asked(lambda: call("GET", url, "/resources/history", id=resource, kind=kind))
    lines = [_edit(each) for each in answer["items"]] or [f"{resource}: nobody changed it"]
    show(answer, "\n".join(lines), as_json=as_json)


def _pairs(fields: list[str]) -> dict[str, str]:
    pairs = [field.partition("=") for field in fields]
    for name, sign, _ in pairs:
        if not name or not sign:
            raise typer.BadParameter(f"{name!r} is not name=value", param_hint="FIELDS")
    return {name: value for name, _, value in pairs}


def _line(fields: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in fields.items() if name != "id")


def _edit(edit: dict[str, Any]) -> str:
    before, after = edit["before"], edit["after"]
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    changes = [f"{n}: {before.get(n, '-')} -> {after.get(n, '-')}" for n in names]
    note = f" ({edit['note']})" if edit["note"] else ""
    return f"{edit['at']} {edit['actor']} {edit['action']}{note}: {'; '.join(changes)}"

"""Commands about resources: import a file, list, show, and the history of edits."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from groundwatch.cli_words import AsJson

_EXAMPLE = Path(__file__).parent.parent / "examples" / "baiyun"
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
    sites: Annotated[Path, typer.Option(help="directory of site files")] = _EXAMPLE,
    datum: Annotated[
        str, typer.Option(help="where the file states none: WGS-84, CGCS2000, GCJ-02, BD-09")
    ] = "",
    encoding: Annotated[str, typer.Option(help="of a CSV: utf-8, gb18030, gbk")] = "utf-8",
    into: Annotated[Path | None, typer.Option(help="file to write, KIND-NAME.csv")] = None,
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
        print(f"{found.n_new} new, {found.n_updated} updated, {len(found.faults)} wrong; {where}")
    if found.faults:
        raise typer.Exit(2)

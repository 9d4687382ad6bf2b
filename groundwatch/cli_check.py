"""The command `groundwatch check`: every fault of a directory of site files, offline."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundwatch.cli_words import AsJson, Config

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from groundwatch.district import District

_MAX_SHOWN = 20
_LATER = "what people, routes, drills and couplings say of its site is checked once it can be read"


def check(
    directory: Annotated[Path, typer.Argument(help="directory of site files")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Report every fault of a directory of site files, and of the settings, at once, offline."""
    from groundwatch.checked import checked

    district = checked(directory, config)
    if as_json:
        print(json.dumps(_found(district), ensure_ascii=False, indent=2))
    else:
        for line in (*district.faults, *district.warnings):
            print(line, file=sys.stderr)
        for line in _lines(district):
            print(line)
    if district.faults:
        raise typer.Exit(2)


def _found(district: "District") -> dict[str, Any]:
    from groundwatch.doors import used_doors
    from groundwatch.doubts import less_strict, unverified

    return {
        "faults": list(district.faults),
        "warnings": list(district.warnings),
        "unused": list(district.unused),
        "not_judged": district.not_judged(),
        "without_rule": district.without_rule(),
        "unverified": unverified(district),
        "less_strict": less_strict(district),
        "sites": len(district.registry.sites),
        "devices": district.registry.n_devices,
        "sensors": district.registry.n_sensors,
        "doors": used_doors(district.registry),
    }


def _lines(district: "District") -> Iterator[str]:
    from groundwatch.district import counted
    from groundwatch.doors import used_doors
    from groundwatch.doubts import less_strict, unverified

    missing = district.not_judged()
    wrong = [
        counted(len(district.faults), "fault"),
        counted(len(district.warnings), "warning"),
        f"{counted(len(missing), 'limit')} not judged",
    ]
    yield f"{_held(district)}; {', '.join(wrong)}"
    if district.unused:
        yield f"  {_LATER}"
    for line in missing[:_MAX_SHOWN]:
        yield f"  {line}"
    if len(missing) > _MAX_SHOWN:
        yield f"  and {len(missing) - _MAX_SHOWN} more (--json lists all)"
    for door, count in used_doors(district.registry).items():
        yield f"  {door}: {counted(count, 'device')} to be heard there, if the settings do"
    for name, count in district.without_rule().items():
        yield f"  {name}: {counted(count, 'sensor')}, recorded, no rule judges it"
    for line in (*unverified(district), *less_strict(district)):
        yield f"  {line}"


def _held(district: "District") -> str:
    """Count what there is, and say where that is only what could be read."""
    from groundwatch.district import counted

    registry = district.registry
    held = [
        counted(len(registry.sites), "site"),
        counted(registry.n_devices, "device"),
        counted(registry.n_sensors, "sensor"),
    ]
    unused = f", nothing of {counted(len(district.unused), 'site file')}" if district.unused else ""
    read = " could be read" if district.faults else ""
    return f"{', '.join(held)}{read}{unused}"

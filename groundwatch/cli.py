"""The command line `groundwatch`. A user's mistake ends with a sentence and exit code 2.

What a command needs is imported when it runs, so that `--help` answers at once.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from groundwatch import __version__
from groundwatch.alert_table import Listed, alert_lines, more_listed, nothing_listed
from groundwatch.cli_channel import channel_app
from groundwatch.cli_check import check
from groundwatch.cli_drill import drill
from groundwatch.cli_models import models
from groundwatch.cli_official import add_to as add_official
from groundwatch.cli_quarantine import quarantine
from groundwatch.cli_report import add_to as add_report
from groundwatch.cli_resources import add_to as add_resources
from groundwatch.cli_response import add_to as add_response
from groundwatch.cli_roads import app as roads_app
from groundwatch.cli_route import add_to as add_route
from groundwatch.cli_silence import app as silence_app
from groundwatch.cli_tasks import add_to as add_tasks
from groundwatch.cli_words import (
    EXAMPLE,
    AsJson,
    Config,
    Language,
    Note,
    OrExample,
    Tongue,
    Url,
    asked,
    clock_time,
    named,
    or_example,
)
from groundwatch.client import DEFAULT_URL, call

app = typer.Typer(
    help="Telemetry and early warning for construction sites and flood defence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Sites = Annotated[Path | None, typer.Option("--sites", help="directory of site files")]
State = Annotated[Path | None, typer.Option("--state", help="directory this program writes to")]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def groundwatch(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="print the version"),
    ] = False,
) -> None:
    """Telemetry and early warning for construction sites and flood defence."""
    del version


@app.command()
def run(
    config: Config = None,
    sites: Sites = None,
    state: State = None,
    clock: Annotated[str | None, typer.Option(help="system, or event for replays")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="port of the HTTP interface, 0 for any")
    ] = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="log as JSON lines")] = False,
) -> None:
    """Take readings in, judge them, store them, and tell people, until stopped."""
    from groundwatch.start import run_program

    given: dict[str, Any] = {"sites": sites, "state": state, "clock": clock}
    _guarded(lambda: run_program(config, given, port=port, log_json=log_json))


@app.command()
def demo(
    seconds: Annotated[float | None, typer.Option(help="stop after so many seconds")] = None,
    speed: Annotated[float, typer.Option(help="simulated seconds a second")] = 60.0,
    sites: Annotated[Path, typer.Option(help="directory of site files")] = EXAMPLE,
    state: State = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="port of the HTTP interface, 0 for any")
    ] = 8420,
    as_json: AsJson = False,
) -> None:
    """Show a storm over the example district: broker, store, sensors and alerts, all inside."""
    from groundwatch.start import DemoOptions, run_demo

    options = DemoOptions(
        seconds=seconds, speed=speed, sites=sites, state=state, port=port, as_json=as_json
    )
    _guarded(lambda: run_demo(options))


@app.command()
def limits(
    sensor: Annotated[
        str, typer.Argument(help="site/device/quantity, or site/device/point/quantity")
    ],
    sites: OrExample = None,
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="as they hold on this day")
    ] = None,
    language: Language = Tongue.EN,
    as_json: AsJson = False,
) -> None:
    """Show every limit of a sensor with its unit, window, source, layer, file and line, offline."""
    from groundwatch.clock import SystemClock
    from groundwatch.limit_sheet import limits_text

    then = SystemClock().now() if at is None else at.replace(hour=12, tzinfo=UTC)
    _guarded(
        lambda: print(
            limits_text(
                sensor,
                sites=or_example(sites),
                at=then,
                as_json=as_json,
                language=language.value,
            )
        )
    )


@app.command()
def alerts(
    url: Url = DEFAULT_URL,
    site: Annotated[str | None, typer.Option(help="only this site")] = None,
    everything: Annotated[bool, typer.Option("--all", help="ended ones too")] = False,
    history: Annotated[bool, typer.Option("--history", help="final transitions only")] = False,
    language: Language = Tongue.EN,
    as_json: AsJson = False,
) -> None:
    """List alerts of the running program, newest first."""
    if history:
        rows = asked(lambda: call("GET", url, "/history", site=site))
    else:
        wanted = None if everything else "firing"
        rows = asked(lambda: call("GET", url, "/alerts", site=site, state=wanted))
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for line in alert_lines(rows["items"], language.value):
        print(line)
    what = Listed.HISTORY if history else Listed.ALL if everything else Listed.STANDING
    if not rows["items"]:
        print(nothing_listed(what, site or "", language.value))
    elif rows.get("next"):
        print(more_listed(len(rows["items"]), language.value))


@app.command()
def ack(
    alert_id: Annotated[str, typer.Argument(help="id of the alert")],
    actor: Annotated[str, typer.Option("--as", help="who acknowledges")],
    note: Note = "",
    sign_off: Annotated[bool, typer.Option("--sign-off", help="close it: it is safe")] = False,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Acknowledge an alert: repeats stop at once. With --sign-off, close it."""
    named(actor)
    path = f"/alerts/{quote(alert_id, safe='')}/{'resolve' if sign_off else 'ack'}"
    alert = asked(lambda: call("POST", url, path, {"actor": actor, "note": note}))
    if as_json:
        print(json.dumps(alert, ensure_ascii=False, indent=2))
    else:
        print(f"{alert_id}: {'signed off' if sign_off else 'acknowledged'} by {actor}")


@app.command()
def stage(
    where: Annotated[str, typer.Argument(help="site, or site/device")],
    word: Annotated[str, typer.Argument(help="stage, for example slab_cast or pouring")],
    actor: Annotated[str, typer.Option("--as", help="who says so")],
    at: Annotated[str | None, typer.Option(help="from when on, RFC 3339; now if left out")] = None,
    depth_m: Annotated[float | None, typer.Option(help="how deep the pit is from then on")] = None,
    note: Note = "",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Say which stage of its life cycle a site or a device is in, from an instant on."""
    site, _, device = where.partition("/")
    said = {"stage": word, "actor": actor, "note": note, "at": at, "depth_m": depth_m}
    body = {name: value for name, value in said.items() if value is not None}
    if device:
        body["device"] = device
    path = f"/sites/{quote(site, safe='')}/stages"
    answer = asked(lambda: call("POST", url, path, body))
    if as_json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    for row in answer["now"]:
        place = "/".join(part for part in (site, row["device"]) if part)
        print(f"{place}: {row['stage']} since {clock_time(row['at'])} by {row['by']}")


@app.command()
def near(
    lat: Annotated[float, typer.Option(help="latitude, WGS 84 degrees")],
    lon: Annotated[float, typer.Option(help="longitude, WGS 84 degrees")],
    hazard: Annotated[str, typer.Option(help="hazard, for example river_flood")],
    severity: Annotated[str, typer.Option(help="minor, moderate, severe, extreme")] = "severe",
    sites: OrExample = None,
    language: Language = Tongue.EN,
    as_json: AsJson = False,
) -> None:
    """Look up who and what can help near a point, offline."""
    from groundwatch.near import print_near

    _guarded(
        lambda: print_near(
            lat=lat,
            lon=lon,
            hazard=hazard,
            severity=severity,
            sites=or_example(sites),
            language=language.value,
        )(as_json)
    )


@app.command()
def explain(
    what: Annotated[str, typer.Argument(help="id of an alert, or a sensor site/device/quantity")],
    url: Url = DEFAULT_URL,
    language: Language = Tongue.EN,
    as_json: AsJson = False,
) -> None:
    """Say why an alert was raised or not, from which readings, and who was told."""
    if "/" in what:
        answer = asked(lambda: call("GET", url, "/explain", sensor=what, language=language.value))
    else:
        path = f"/alerts/{quote(what, safe='')}/explain"
        answer = asked(lambda: call("GET", url, path, language=language.value))
    if as_json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print(answer["text"])


@app.command()
def cycles(
    device: Annotated[str, typer.Argument(help="site/device, or a site for all its cranes")],
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """List the lifts of a tower crane in the last 24 hours, newest first."""
    site, _, crane = device.partition("/")
    rows = asked(lambda: call("GET", url, "/cycles", site=site, device=crane or None))
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for line in cycle_lines(rows["items"]):
        print(line)
    if not rows["items"]:
        print(f"no lift of {device} in the last 24 hours")


@app.command()
def replay(
    url: Url = DEFAULT_URL,
    ids: Annotated[list[int] | None, typer.Option("--id", help="only these entries")] = None,
    as_json: AsJson = False,
) -> None:
    """Decode quarantined messages again, after a site file or codec was mended."""
    answer = asked(lambda: call("POST", url, "/quarantine/replay", {"ids": ids}))
    if as_json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print(
            f"{answer['seen']} entries looked at: {answer['reports']} readings' messages taken in;"
            f" {answer['replayed']} done, {answer['renewed']} in part or for a new reason,"
            f" {answer['left']} still not usable, {answer['skipped']} refused by the database"
        )


@app.command()
def evaluate(
    scenarios: Annotated[
        bool, typer.Option("--scenarios", help="judge the simulator's labelled scenarios")
    ] = False,
    faults: Annotated[
        bool, typer.Option("--faults", help="once more with 1 % lost, 5 % twice, 10 min reordered")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help="only this scenario; repeatable")] = None,
    report: Annotated[Path | None, typer.Option(help="write the results as this page")] = None,
    as_json: AsJson = False,
) -> None:
    """Say how good the warnings are: what is missed, late, cleared too early, or false."""
    from groundwatch.evaluate import EvaluateError, SimulatorError, summary
    from groundwatch.evaluate import evaluate as run_evaluation
    from groundwatch.evaluation_page import write_page

    tell = partial(print, file=sys.stderr if as_json else sys.stdout, flush=True)
    try:
        if not scenarios:
            raise EvaluateError("say what to evaluate: --scenarios")
        plain = asyncio.run(run_evaluation(only or [], faults=False, tell=tell))
        rough = asyncio.run(run_evaluation(only or [], faults=True, tell=tell)) if faults else None
    except (EvaluateError, SimulatorError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from error
    found = plain.as_json()
    found |= {} if rough is None else {"under_faults": rough.as_json()}
    if report is not None:
        try:
            write_page(report, found)
        except OSError as error:
            print(f"{report} cannot be written: {error.strerror}", file=sys.stderr)
            raise typer.Exit(2) from error
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    print(summary(plain, "hazard"))
    if rough is not None:
        print(summary(rough, "under faults"))


app.add_typer(channel_app, name="channel")


@app.command()
def doctor(config: Config = None, sites: Sites = None, as_json: AsJson = False) -> None:
    """Look at all this program needs on this machine; exit code 2 where something is amiss."""
    from groundwatch.doctor import examine

    findings = asyncio.run(examine(config, sites))
    if as_json:
        print(json.dumps([entry.as_json() for entry in findings], ensure_ascii=False, indent=2))
    else:
        for entry in findings:
            print(entry)
    if any(entry.is_fault for entry in findings):
        raise typer.Exit(2)


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def cycle_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Write lifts as columns: when, which crane, how long, how heavy, from where to where."""
    return [
        f"{clock_time(row['started_at'], to='seconds')}  {row['site']}/{row['device']}"
        f"  {row['duration_s']:6.0f} s  {row['max_load_t']:6.2f} t"
        f"  {_number(row['max_pct'], '4.0f')} %"
        f"  radius {_number(row['start_radius_m'], '.1f')}"
        f" to {_number(row['end_radius_m'], '.1f')} m"
        f"  slew {_number(row['start_slew_deg'], '.0f')} to {_number(row['end_slew_deg'], '.0f')}"
        + ("  (readings stopped)" if row["was_cut"] else "")
        for row in rows
    ]


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _guarded(act: Callable[[], None]) -> None:
    """Run a command and turn what a person must mend into a sentence and exit code 2."""
    from groundwatch.start import MISTAKES, sentences

    try:
        act()
    except MISTAKES as error:
        for line in sentences(error):
            print(line, file=sys.stderr)
        raise typer.Exit(2) from error


add_resources(app)
add_response(app)
add_route(app)
app.command()(check)
app.command()(drill)
app.command()(models)
app.command()(quarantine)
app.add_typer(silence_app, name="silence")
app.add_typer(roads_app, name="roads")
add_official(app)
add_tasks(app)
add_report(app)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()

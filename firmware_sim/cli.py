"""The command line `groundwatch-sim`: run a scenario, list them, show their labels, load, replay.

Results go to standard output as one JSON object, everything for people to standard error. What a
command needs is imported when it runs, so that `--help` answers at once.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firmware_sim.errors import Misuse
from firmware_sim.station.command import station
from firmware_sim.terminal import attended, broker_at, probe, sentences, until_signal

if TYPE_CHECKING:
    from firmware_sim.library import Staged
    from firmware_sim.mishap import Rough
    from firmware_sim.run import Summary
    from firmware_sim.scenario import Scenario

app = typer.Typer(
    help="A pretend fleet of sensors: scenarios with truth labels, load, recorded data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

BrokerAt = Annotated[str, typer.Option("--broker", help="host:port of the MQTT broker")]
User = Annotated[str | None, typer.Option("--user", help="user name for the broker")]
Password = Annotated[
    str | None,
    typer.Option("--password", envvar="GROUNDWATCH_SIM_PASSWORD", help="password for the broker"),
]
TlsCa = Annotated[Path | None, typer.Option("--tls-ca", help="CA file; switches TLS on")]
Mqtt = Annotated[str, typer.Option("--mqtt", help="protocol version: 5 or 311")]
AsJson = Annotated[bool, typer.Option("--json", help="print nothing but JSON")]
Sites = Annotated[
    Path | None, typer.Option("--sites", help="site files, instead of those the scenario names")
]


@app.command("run")
def run_scenario(  # noqa: PLR0913 - the options of a command
    scenario: Annotated[str, typer.Argument(help="name of a built-in scenario, or a YAML file")],
    sites: Sites = None,
    broker: BrokerAt = "127.0.0.1:1883",
    speed: Annotated[float | None, typer.Option(help="simulated seconds a second")] = None,
    start: Annotated[str | None, typer.Option(help="simulated start, RFC 3339")] = None,
    anchor: Annotated[
        float | None, typer.Option(help="Unix time at which simulated time is at its start")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="stop after so many wall seconds")] = None,
    seed: Annotated[int | None, typer.Option(help="another seed than the scenario's")] = None,
    user: User = None,
    password: Password = None,
    tls_ca: TlsCa = None,
    mqtt: Mqtt = "5",
    faults: Annotated[
        bool, typer.Option("--faults", help="lose 1 %, send 5 % twice, reorder within 10 min")
    ] = False,
    to: Annotated[
        str | None, typer.Option(help="write messages as lines to a file or - instead, at once")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario's devices against a broker until it is over.

    Without --start, simulated time reaches the present when the scenario ends, so that no reading
    is from the future. --start and --anchor together share one clock with a server. With --to,
    nothing waits and no broker is needed: every message is written with the time of its arrival.
    """
    with sentences():
        from firmware_sim import library, mishap
        from firmware_sim import run as runner
        from firmware_sim.clock import SimClock
        from firmware_sim.nature import Nature

        stage = library.staged(library.find(scenario), sites)
        script = stage.script
        rough = mishap.FAULTY if faults else mishap.SMOOTH
        if to is not None:
            _write(stage, rough, to, (start, seed))
            return
        pace = _positive("--speed", speed if speed is not None else script.speed)
        if seconds is not None:
            _positive("--seconds", seconds)
        server = broker_at(broker, user, password, tls_ca, mqtt)
        wall = time.time()
        clock = SimClock(
            start=_start(start, script, pace, wall),
            anchor=anchor if anchor is not None else wall,
            speed=pace,
            wall=time.time,
        )
        plan = runner.Plan(
            devices=stage.devices,
            fleet=stage.fleet,
            nature=Nature(script.nature),
            rough=rough,
            events=script.events,
            seed=script.seed if seed is None else seed,
            duration_s=script.duration_s,
            broker=server,
        )
        summary = runner.Summary()

        async def work(stop: asyncio.Event) -> None:
            await probe(server)
            tell = None if as_json else lambda: _tell(clock.t_s(), summary)
            await attended(runner.run(plan, clock, stop, summary), stop, seconds, tell)

        asyncio.run(until_signal(work))
        _give(_run_json(script, summary))


@app.command("list")
def list_scenarios(as_json: AsJson = False) -> None:
    """List the built-in scenarios."""
    with sentences():
        from firmware_sim import library

        found = [library.find(name) for name in library.names()]
        if as_json:
            _give(
                [
                    {
                        "name": s.name,
                        "description": s.description,
                        "duration_s": s.duration_s,
                        "speed": s.speed,
                        "sites": s.sites,
                        "labels": len(s.labels),
                    }
                    for s in found
                ]
            )
            return
        for script in found:
            hours = timedelta(seconds=script.duration_s)
            print(
                f"{script.name}  ({hours}, {len(script.labels)} labels)\n    {script.description}"
            )


@app.command("labels")
def show_labels(
    scenario: Annotated[
        str | None, typer.Argument(help="name of a built-in scenario, or a YAML file")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="every built-in scenario")] = False,
    sites: Sites = None,
    start: Annotated[str | None, typer.Option(help="simulated start, for absolute times")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a good warning system must raise, may raise and must not raise."""
    with sentences():
        from firmware_sim import library, span
        from firmware_sim.truth import truth

        if everything == (scenario is not None):
            raise Misuse(["labels: name one scenario, or give --all"])
        wanted = library.names() if everything else [str(scenario)]
        try:
            given = span.instant(start) if start else None
        except ValueError as error:
            raise Misuse([f"--start: {error}"]) from error
        stages = [library.staged(library.find(name), sites) for name in wanted]
        found = [truth(s.script, s.devices, given or s.script.start) for s in stages]
        if as_json:
            _give(found if everything else found[0])
            return
        for entry in found:
            if everything:
                print(f"{entry['scenario']}  ({len(entry['labels'])} labels)")
            _print_labels(entry)


@app.command("fleet")
def put_fleet(  # noqa: PLR0913 - the options of a command
    devices: Annotated[int, typer.Option(help="how many devices")] = 100,
    rate: Annotated[float, typer.Option(help="messages a second, in total")] = 100.0,
    seconds: Annotated[float, typer.Option(help="for how long")] = 10.0,
    connections: Annotated[int, typer.Option(help="TCP connections they share")] = 4,
    in_flight: Annotated[int, typer.Option(help="unacknowledged messages a connection")] = 25,
    site: Annotated[str, typer.Option(help="site id of the fleet")] = "fleet",
    write_sites: Annotated[
        Path | None, typer.Option(help="write the fleet's site file there, and stop")
    ] = None,
    broker: BrokerAt = "127.0.0.1:1883",
    seed: Annotated[int, typer.Option(help="seed of the values")] = 1,
    user: User = None,
    password: Password = None,
    tls_ca: TlsCa = None,
    mqtt: Mqtt = "5",
) -> None:
    """Publish at a given total rate at QoS 1, for load tests."""
    with sentences():
        from firmware_sim import fleet

        load = fleet.Load(
            devices=devices,
            rate=rate,
            seconds=seconds,
            lines=connections,
            in_flight=in_flight,
            site=site,
            seed=seed,
        )
        if write_sites is not None:
            _give({"devices": devices, "file": str(fleet.write_site(load, write_sites))})
            return
        server = broker_at(broker, user, password, tls_ca, mqtt)

        async def work(stop: asyncio.Event) -> None:
            await probe(server)
            start = datetime.fromtimestamp(time.time(), UTC)
            _give((await fleet.put_load(load, server, start, stop)).as_json())

        asyncio.run(until_signal(work))


@app.command("replay")
def replay_csv(  # noqa: PLR0913 - the options of a command
    csv_file: Annotated[Path, typer.Argument(help="recorded readings: CSV or CSV.gz")],
    mapping_file: Annotated[Path, typer.Option("--map", help="YAML that maps its columns")],
    broker: BrokerAt = "127.0.0.1:1883",
    speed: Annotated[str, typer.Option(help="recorded seconds a second, or max")] = "max",
    shuffle: Annotated[str, typer.Option(help="delay each message by up to this, e.g. 30m")] = "0s",
    duplicate: Annotated[float, typer.Option(help="share of messages sent twice")] = 0.0,
    batch: Annotated[int, typer.Option(help="samples of one device in one message")] = 1,
    seed: Annotated[int, typer.Option(help="seed of the shuffle and the duplicates")] = 1,
    since: Annotated[str | None, typer.Option("--from", help="leave out what is earlier")] = None,
    until: Annotated[str | None, typer.Option("--until", help="leave out from here on")] = None,
    patience: Annotated[str, typer.Option(help="how long to wait for a lost broker")] = "30s",
    user: User = None,
    password: Password = None,
    tls_ca: TlsCa = None,
    mqtt: Mqtt = "5",
) -> None:
    """Publish recorded readings through MQTT and wait until all are acknowledged."""
    with sentences():
        from firmware_sim import replay, span
        from firmware_sim.mapping import load_mapping

        try:
            manner = replay.Manner(
                speed=None if speed == "max" else float(speed),
                shuffle_s=span.seconds(shuffle),
                duplicate=duplicate,
                batch=batch,
                seed=seed,
                since=span.instant(since) if since else None,
                until=span.instant(until) if until else None,
                patience_s=span.seconds(patience),
            )
        except ValueError as error:
            raise Misuse([f"replay: {error}"]) from error
        mapping = load_mapping(mapping_file)
        server = broker_at(broker, user, password, tls_ca, mqtt)

        async def work(stop: asyncio.Event) -> None:
            await probe(server)
            _give(asdict(await replay.replay(csv_file, mapping, manner, server, stop)))

        asyncio.run(until_signal(work))


app.command("station")(station)


def main() -> None:
    """Run the command line."""
    app()


def _write(stage: "Staged", rough: "Rough", to: str, chosen: tuple[str | None, int | None]) -> None:
    """Write a scenario's messages to a file, or to standard output for `-`."""
    from firmware_sim import library, record
    from firmware_sim.nature import Nature

    script, (start, seed) = stage.script, chosen
    plan = record.Script(
        devices=stage.devices,
        fleet=stage.fleet,
        events=script.events,
        seed=script.seed if seed is None else seed,
        start=_instant(start) if start else script.start or library.DEFAULT_START,
        duration_s=script.duration_s,
        nature=Nature(script.nature),
        rough=rough,
    )
    if to == "-":
        record.write(plan, sys.stdout)
        return
    try:
        with Path(to).open("w", encoding="utf-8") as out:
            number = record.write(plan, out)
    except OSError as error:
        raise Misuse([f"--to {to}: {error.strerror or error}"]) from error
    _give({"scenario": script.name, "messages": number, "file": to})


def _print_labels(found: dict[str, Any]) -> None:
    for label in found["labels"]:
        times = f"{label['from_s'] / 60:5.0f} to {label['by_s'] / 60:4.0f} min"
        place = f"{label['site']}/{label['device']}"
        print(f"{label['hazard']:16} {place:32} {label['severity']:9} {times}")


def _instant(text: str) -> datetime:
    from firmware_sim import span

    try:
        return span.instant(text)
    except ValueError as error:
        raise Misuse([f"--start: {error}"]) from error


def _start(text: str | None, script: "Scenario", speed: float, wall: float) -> datetime:
    if text is not None:
        return _instant(text)
    if script.start is not None:
        return script.start
    ahead_s = script.duration_s * max(1.0 - 1.0 / speed, 0.0)
    return datetime.fromtimestamp(round(wall - ahead_s), UTC)


def _positive(option: str, value: float) -> float:
    if not 0.0 < value < 1e9:
        raise Misuse([f"{option} {value:g}: must be a positive number"])
    return value


def _run_json(script: "Scenario", summary: "Summary") -> dict[str, Any]:
    return {"scenario": script.name, **summary.as_json()}


def _give(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _tell(t_s: float, summary: "Summary") -> None:
    """Print one line of progress: simulated time, messages published and acknowledged."""
    face = timedelta(seconds=max(int(t_s), 0))
    counts = f"{summary.published} published, {summary.acknowledged} acknowledged"
    print(f"{face}  {summary.devices} devices, {counts}", file=sys.stderr)


if __name__ == "__main__":
    main()

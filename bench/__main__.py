"""`python -m bench [--quick] [--json PATH]`: measure everything once; about four minutes."""

import argparse
import socket
import sys
import time
from pathlib import Path

from bench import judging, latency, machine, near, report, stage, throughput
from bench.figures import percentile
from bench.stage import BenchError, Stage

_RESULTS = Path(__file__).with_name("results.json")
_N_CRANES = 1_250  # of eight sensors: 10,000
_LEAST_READINGS = 60


def main() -> int:
    """Measure, print, write; exit code 1 when something was lost, whatever the marks say."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter and rougher, under a minute")
    parser.add_argument("--json", type=Path, default=_RESULTS, help="where the results go")
    parser.add_argument("--profile", type=Path, help="let cProfile watch the program; slows it")
    asked = parser.parse_args()
    facts = machine.facts()
    try:
        figures = _measured(is_quick=asked.quick, profile=asked.profile)
    except BenchError as error:
        print(f"nothing is reported: {error}", file=sys.stderr)
        return 1
    print(report.table(figures))
    report.write(asked.json, report.results(figures, facts))
    print(f"written to {asked.json}")
    return 0


def _measured(*, is_quick: bool, profile: Path | None) -> dict[str, float]:
    figures: dict[str, float] = {}
    n_pairs, part_s, n_probes = (1, 4.0, 100) if is_quick else (3, 8.0, 400)
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        webhook = f"http://127.0.0.1:{receiver.getsockname()[1]}/alerts"
        args = () if profile is None else ("--profile", str(profile.resolve()))
        _say("starting mosquitto, influxd and the program")
        with stage.opened(
            n_load=_N_CRANES, n_probes=n_probes, webhook=webhook, program_args=args
        ) as on_stage:
            _say("throughput")
            figures |= throughput.measure(on_stage, n_pairs=n_pairs, part_s=part_s).figures()
            _say("memory")
            figures |= _memory(on_stage)
            _say("alert latency")
            figures |= _latency(on_stage, receiver)
            figures |= _all_stored(on_stage)
    _say("look-ups")
    n_lookups = 300 if is_quick else 1_000
    for count, name in ((20_000, "20k"), (100_000, "100k")):
        figures |= _near(name, near.measure(count, n_lookups))
    _say("look-ups among a million, in a process of their own")
    million = near.measure_apart(1_000_000, n_lookups)
    figures |= {**_near("1m", million), "near_rss_mb_1m": million.rss_mb}
    _say("rules")
    figures["rules_us_per_crane_msg"] = judging.measure(20 if is_quick else 120)
    return figures


def _near(name: str, found: near.Figures) -> dict[str, float]:
    return {
        f"near_p99_ms_{name}": found.p99_ms,
        f"near_cpu_p50_ms_{name}": found.cpu_p50_ms,
        f"near_cpu_p99_ms_{name}": found.cpu_p99_ms,
    }


def _memory(on_stage: Stage) -> dict[str, float]:
    """Look at the program's memory once every sensor has reported for a minute or more."""
    missing = _LEAST_READINGS - on_stage.turns
    if missing > 0:
        throughput.program_part(on_stage, missing)
    return {
        "rss_mb_10k_sensors": machine.rss_mb(on_stage.program.pid),
        "readings_per_sensor": on_stage.turns,
    }


def _latency(on_stage: Stage, receiver: socket.socket) -> dict[str, float]:
    found = latency.measure(on_stage, receiver)
    return {
        "alert_p50_ms": percentile(found, 50),
        "alert_p95_ms": percentile(found, 95),
        "alert_p99_ms": percentile(found, 99),
        "alert_max_ms": found[-1],
        "n_probes": len(found),
    }


def _all_stored(on_stage: Stage) -> dict[str, float]:
    """Count what the database holds against what was sent.

    Raises:
        BenchError: they differ.
    """
    until_s = time.monotonic() + 20
    while (stored := on_stage.stored()) != on_stage.n_sent:
        if time.monotonic() > until_s:
            raise BenchError(f"InfluxDB holds {stored} of {on_stage.n_sent} messages")
        time.sleep(0.2)
    return {"n_messages": on_stage.n_sent}


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

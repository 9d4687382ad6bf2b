"""The program under measurement, in a process of its own: the real parts, opened as `run` does.

Each line on standard input is answered with what went through so far; its end stops the program in
good order. `--profile` writes what cProfile saw of it.
"""

import argparse
import asyncio
import cProfile
import json
import sys
import time
from pathlib import Path

from groundwatch.compose import opened
from groundwatch.district import load_district
from groundwatch.http.server import HttpServer, bind
from groundwatch.program import Program
from groundwatch.settings import load_settings
from groundwatch.start import start_logs


def counts(program: Program) -> dict[str, object]:
    """Say what was received, owned and stored so far."""
    seen, shipped = program.pipeline.counts, program.shipper.status()
    return {
        "connected": program.source.status.connected,
        "messages": seen.messages,
        "rejects": seen.rejects,
        "acknowledged": seen.acknowledged,
        "stored": shipped.n_shipped,
        "refused": shipped.n_refused,
        "delivered": program.deliverer.status().sent,
        "cpu_s": time.process_time(),
    }


async def _run(config: Path) -> None:
    settings = load_settings(config)
    district = load_district(settings.sites)
    if district.faults:
        raise SystemExit("\n".join(district.faults))
    stop = asyncio.Event()
    door = bind("127.0.0.1", 0)
    async with opened(settings, district) as program:
        program.http = HttpServer(program, door)

        def answer() -> None:
            if sys.stdin.readline():
                print(json.dumps(counts(program)), flush=True)
            else:
                asyncio.get_running_loop().remove_reader(sys.stdin)
                stop.set()

        asyncio.get_running_loop().add_reader(sys.stdin, answer)
        await program.run(stop)


def main() -> None:
    """Run the program of one settings file until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--profile", type=Path)
    asked = parser.parse_args()
    start_logs(as_json=False)
    if asked.profile is None:
        asyncio.run(_run(asked.config))
        return
    profile = cProfile.Profile()
    try:
        profile.runcall(asyncio.run, _run(asked.config))
    finally:
        profile.dump_stats(asked.profile)


if __name__ == "__main__":
    main()

"""The stage: real servers, the program and the two ends, each a process with an id of its own.

Everything lives in one temporary directory and on free loopback ports; leaving the stage stops
every process by its id and removes the directory.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from bench.district import Cranes, write_district
from bench.publisher import TURN_MS, Job
from tests.servers import pid_of, start_influxd, start_mosquitto, stop

_ROOT = Path(__file__).parent.parent
_ANSWER_S = 60.0
PROGRAM_ROOT = "gw"
NOOP_ROOT = "no"
# Event time may run behind the clock by less than the lateness of the rules (60 s).
_BEHIND_MS = 40_000


class BenchError(RuntimeError):
    """Something was lost or did not answer; the numbers mean nothing."""


class End:
    """One child process that answers lines with lines of JSON."""

    def __init__(self, module: str, *args: str, log: Path) -> None:
        """Start it; its standard error goes to `log`."""
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *args],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=_ROOT,
                text=True,
            )
        self.pid = self._process.pid

    def ask(self, line: str = "") -> dict[str, Any]:
        """Send a line and give the answer.

        Raises:
            BenchError: the process has ended; what it said last is in the text.
        """
        self.tell(line)
        return self.answer()

    def tell(self, line: str = "") -> None:
        """Send a line; its answer is waited for later."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the next line of the process."""
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            raise BenchError(f"a process ended early:\n{self._log.read_text()[-2000:]}")
        answer: dict[str, Any] = json.loads(said)
        return answer

    def stop(self) -> None:
        """End its input and wait; kill it by its id if it does not end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything that runs while the chain is measured."""

    cranes: Cranes
    broker_port: int
    influx_url: str
    program: End
    noop: End
    publisher: End
    n_sent: int = 0
    turns: int = 0
    _next_ms: dict[str, int] = field(default_factory=dict)

    @property
    def broker_pid(self) -> int:
        """Give mosquitto's process id."""
        return pid_of(self.broker_port)

    @property
    def influx_pid(self) -> int:
        """Give influxd's process id."""
        return pid_of(self.influx_url)

    def prepare(self, root: str, turns: int, rate: float | None = None) -> int:
        """Let the publisher encode its next messages; give how many there are."""
        now_ms = time.time_ns() // 1_000_000
        first_ms = max(self._next_ms.get(root, 0), now_ms - _BEHIND_MS)
        self._next_ms[root] = first_ms + turns * TURN_MS
        job = Job(root, turns, self.turns, first_ms, rate)
        count = int(self.publisher.ask(json.dumps(asdict(job)))["ready"])
        if root == PROGRAM_ROOT:
            self.turns += turns
            self.n_sent += count
        return count

    def stored(self) -> int:
        """Count what InfluxDB holds of the cranes."""
        query = {"db": "groundwatch", "q": 'SELECT count("load_t") FROM "crane"'}
        with urlopen(f"{self.influx_url}/query?{urlencode(query)}", timeout=60) as answer:  # noqa: S310 - loopback
            found = json.load(answer)
        series = found["results"][0].get("series")
        return int(series[0]["values"][0][1]) if series else 0

    def wait_for_program(self, field_name: str, count: int, within_s: float) -> dict[str, Any]:
        """Ask the program until a count is reached, and give its answer with `at_s`.

        Raises:
            BenchError: it is not reached in time.
        """
        until_s = time.monotonic() + within_s
        while True:
            seen = self.program.ask()
            seen["at_s"] = time.monotonic()
            if seen[field_name] >= count:
                return seen
            if seen["at_s"] > until_s:
                raise BenchError(f"{field_name} is {seen[field_name]} of {count}: {seen}")
            time.sleep(0.05)


@contextmanager
def opened(
    *, n_load: int, n_probes: int, webhook: str, program_args: Sequence[str] = ()
) -> Iterator[Stage]:
    """Start everything, and stop it at the end.

    Raises:
        BenchError: the program does not connect.
    """
    directory = Path(tempfile.mkdtemp(prefix="groundwatch-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        sites = directory / "district"
        cranes = write_district(sites, n_load=n_load, n_probes=n_probes, webhook=webhook)
        broker_port = start_mosquitto(directory, lines=["max_queued_messages 500000"])
        stack.callback(stop, broker_port)
        influx_url = start_influxd(directory)
        stack.callback(stop, influx_url)
        config = directory / "settings.toml"
        config.write_text(
            f'sites = "{sites}"\nstate = "{directory / "state"}"\n'
            f'[mqtt]\nhost = "127.0.0.1"\nport = {broker_port}\n'
            '[webhook]\nallowed_hosts = ["127.0.0.1"]\n'
            f'[influx]\nurl = "{influx_url}"\n'
        )
        log = directory / "ends.log"
        port = str(broker_port)
        program = End("bench.chain", "--config", str(config), *program_args, log=log)
        stack.callback(program.stop)
        noop = End("bench.noop", "--port", port, "--root", NOOP_ROOT, log=log)
        stack.callback(noop.stop)
        publisher = End("bench.publisher", "--port", port, "--cranes", str(n_load), log=log)
        stack.callback(publisher.stop)
        stage = Stage(
            cranes=cranes,
            broker_port=broker_port,
            influx_url=influx_url,
            program=program,
            noop=noop,
            publisher=publisher,
        )
        stage.wait_for_program("connected", 1, _ANSWER_S)
        yield stage

"""Real servers for tests: mosquitto, InfluxDB, PostgreSQL and amqtt on free loopback ports.

Each `start_…` function starts one server in a directory of its own, waits until it answers and
gives its address; `stop` ends it by its process id and `kill` does the same with SIGKILL. Whatever
a test forgot is stopped when the test process ends. A server that is not installed skips the test
with the reason, unless GROUNDWATCH_TESTS_NEED_SERVERS=1 says that it must be there.
"""

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.error import URLError
from urllib.request import urlopen

import pytest

_START_S = 30.0
_running: dict[str | int, "_Server"] = {}
_to_delete: list[Path] = []


@dataclass(slots=True)
class _Server:
    """One running server process, its log file, and the signal that ends it in order."""

    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM

    def end(self, sig: signal.Signals) -> None:
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(15)


def stop(address: str | int) -> None:
    """Ask the server at `address` to end, and wait for it; unknown addresses are ignored."""
    server = _running.pop(address, None)
    if server is not None:
        server.end(server.stop_signal)


def kill(address: str | int) -> None:
    """End the server at `address` with SIGKILL, as a power cut would."""
    _running.pop(address).end(signal.SIGKILL)


def pause(address: str | int) -> None:
    """Stop the server's processes in their tracks (SIGSTOP); `resume` lets them go on."""
    _signal_all(_running[address].process.pid, signal.SIGSTOP)


def resume(address: str | int) -> None:
    """Let a paused server go on."""
    _signal_all(_running[address].process.pid, signal.SIGCONT)


def _signal_all(pid: int, sig: signal.Signals) -> None:
    """Send a signal to a process and to those it started: PostgreSQL has one for each client."""
    os.kill(pid, sig)
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(ProcessLookupError):  # a helper of the server that has just ended by itself
            os.kill(int(child), sig)


def save_mosquitto(port: int) -> None:
    """Make mosquitto write its sessions and queues to disk, and wait until they are there."""
    server = _running[port]
    saved = server.log.parent / "mosquitto" / "mosquitto.db"
    before = saved.stat().st_ino if saved.exists() else None
    server.process.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + _START_S
    # It writes beside the old file and renames; the line in its log comes before the writing.
    while not saved.exists() or saved.stat().st_ino == before:
        if time.monotonic() > deadline:
            raise RuntimeError(f"mosquitto at {port} did not save its state")
        time.sleep(0.01)


def pid_of(address: str | int) -> int:
    """Give the process id of the server at `address`."""
    return _running[address].process.pid


def free_port() -> int:
    """Give a loopback TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_mosquitto(
    tmp_path: Path,
    *,
    port: int | None = None,
    users: Mapping[str, str] | None = None,
    tls: tuple[Path, Path, Path] | None = None,
    lines: Sequence[str] = (),
) -> int:
    """Start mosquitto with persistence in `tmp_path`; give its port.

    `users` maps user to password (nobody else may connect); `tls` is (ca, certificate, key);
    `lines` are added to the configuration. Starting again with the same `tmp_path` and `port`
    continues the old broker's sessions as far as it had saved them.
    """
    binary = _binary("mosquitto", "/usr/sbin/mosquitto", hint="apt-get install mosquitto")
    port = port or free_port()
    state = tmp_path / "mosquitto"
    state.mkdir(exist_ok=True)
    config = [
        *_user_line(),
        f"listener {port} 127.0.0.1",
        "persistence true",
        f"persistence_location {state}/",
        "autosave_interval 1",
        "max_inflight_messages 0",
        "max_queued_messages 200000",
        "log_dest stderr",
        *_password_lines(state, users),
        *_tls_lines(tls),
        *lines,
    ]
    conf_path = state / "mosquitto.conf"
    conf_path.write_text("\n".join(config) + "\n")
    log = tmp_path / "mosquitto.log"
    process = _spawn([binary, "-c", str(conf_path)], log)
    _register(port, _Server(process, log), lambda: _port_answers(port))
    return port


def start_influxd(tmp_path: Path, *, port: int | None = None, needs_password: bool = False) -> str:
    """Start InfluxDB 1.x with its files in `tmp_path`; give its URL.

    With `needs_password` it answers nobody until a first administrator is made over HTTP.
    """
    binary = _binary("influxd", "/usr/bin/influxd", hint="apt-get install influxdb")
    port = port or free_port()
    root = tmp_path / "influxdb"
    root.mkdir(exist_ok=True)
    conf_path = root / "influxdb.conf"
    conf_path.write_text(
        "reporting-disabled = true\n"
        f'bind-address = "127.0.0.1:{free_port()}"\n'
        f'[meta]\ndir = "{root}/meta"\n'
        f'[data]\ndir = "{root}/data"\nwal-dir = "{root}/wal"\nquery-log-enabled = false\n'
        f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n'
        f"auth-enabled = {str(needs_password).lower()}\n"
        "[monitor]\nstore-enabled = false\n"
    )
    log = tmp_path / "influxdb.log"
    process = _spawn([binary, "-config", str(conf_path)], log)
    url = f"http://127.0.0.1:{port}"
    _register(url, _Server(process, log), lambda: _http_answers(f"{url}/ping"))
    return url


def start_postgres(tmp_path: Path, *, port: int | None = None) -> str:
    """Start PostgreSQL with an empty database; give its `postgresql+asyncpg://` URL.

    PostgreSQL refuses to run as root, so root runs it as the user `postgres`, in a directory of
    its own outside `tmp_path` (which only root may enter) that is deleted when the tests end.
    Starting again with the same `tmp_path` and `port` continues with the old data.
    """
    initdb = _binary("initdb", *_postgres_bin("initdb"), hint="apt-get install postgresql")
    server = _binary("postgres", *_postgres_bin("postgres"), hint="apt-get install postgresql")
    port = port or free_port()
    uid, root = _postgres_home(tmp_path)
    data = root / "data"
    log = tmp_path / "postgres.log"
    if not data.exists():
        _run_as(uid, [initdb, "-D", str(data), "-U", "groundwatch", "-A", "trust", "-E", "UTF8"])
    options = [
        "-c", "listen_addresses=127.0.0.1", "-c", f"port={port}",
        "-c", f"unix_socket_directories={root}", "-c", "fsync=off", "-c", "shared_buffers=16MB",
    ]  # fmt: skip
    process = _spawn([server, "-D", str(data), *options], log, user=uid)
    dsn = f"postgresql+asyncpg://groundwatch@127.0.0.1:{port}/postgres"
    psql = [_binary("psql", hint="apt-get install postgresql-client"), "-h", "127.0.0.1"]
    psql += ["-p", str(port), "-U", "groundwatch", "-d", "postgres", "-c", "select 1"]
    _register(dsn, _Server(process, log, signal.SIGINT), lambda: _succeeds(psql))
    return dsn


def _register(address: str | int, server: _Server, answers: Callable[[], bool]) -> None:
    """Wait until the server answers, and register it; a server that ended early is an error."""
    deadline = time.monotonic() + _START_S
    while not answers():
        if server.process.poll() is not None or time.monotonic() > deadline:
            server.end(signal.SIGKILL)
            said = server.log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{address} did not start:\n{said}")
        time.sleep(0.03)
    _running[address] = server


def _spawn(
    command: Sequence[str], log: Path, *, user: int | None = None
) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, user=user, cwd="/"
        )


def _run_as(user: int | None, command: Sequence[str]) -> None:
    done = subprocess.run(command, user=user, cwd="/", capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr.decode(errors='replace')}")


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0


def _port_answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _http_answers(url: str) -> bool:
    with suppress(URLError, OSError), urlopen(url, timeout=1) as answer:  # noqa: S310 - loopback
        return int(answer.status) < 300
    return False


def _binary(name: str, *places: str, hint: str) -> str:
    """Find a server program, also where an ordinary user's PATH does not look."""
    wanted = [*places, shutil.which(name)]
    found = next((place for place in wanted if place and os.access(place, os.X_OK)), None)
    if found is None:
        _absent(f"{name} is not installed ({hint})")
    return found


def _absent(reason: str) -> NoReturn:
    if os.environ.get("GROUNDWATCH_TESTS_NEED_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def _user_line() -> list[str]:
    """Mosquitto started by root drops to the user `mosquitto`, who may not enter our directory."""
    return ["user root"] if os.getuid() == 0 else []


def _password_lines(state: Path, users: Mapping[str, str] | None) -> list[str]:
    if users is None:
        return ["allow_anonymous true"]
    tool = _binary(
        "mosquitto_passwd", "/usr/bin/mosquitto_passwd", hint="apt-get install mosquitto"
    )
    path = state / "passwords"
    path.write_text("".join(f"{user}:{password}\n" for user, password in users.items()))
    path.chmod(0o600)
    _run_as(None, [tool, "-U", str(path)])
    return ["allow_anonymous false", f"password_file {path}"]


def _tls_lines(tls: tuple[Path, Path, Path] | None) -> list[str]:
    if tls is None:
        return []
    ca, certificate, key = tls
    return [f"cafile {ca}", f"certfile {certificate}", f"keyfile {key}"]


def _postgres_bin(name: str) -> list[str]:
    found = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    return [str(path) for path in sorted(found, reverse=True)]


def _postgres_home(tmp_path: Path) -> tuple[int | None, Path]:
    """Give the user id to run as (None: ourselves) and a directory that this user owns."""
    if os.getuid() != 0:
        root = tmp_path / "postgres"
        root.mkdir(exist_ok=True)
        return None, root
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        _absent("no user `postgres` to run PostgreSQL as")
    remembered = tmp_path / "postgres.home"
    if remembered.exists():
        return account.pw_uid, Path(remembered.read_text())
    root = Path(tempfile.mkdtemp(prefix="groundwatch-postgres-"))
    remembered.write_text(str(root))
    _to_delete.append(root)
    os.chown(root, account.pw_uid, account.pw_gid)
    return account.pw_uid, root


@atexit.register
def _stop_all() -> None:
    for address in list(_running):
        with suppress(OSError, subprocess.SubprocessError):
            stop(address)
    for path in _to_delete:
        shutil.rmtree(path, ignore_errors=True)

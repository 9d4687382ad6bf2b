"""Bad input gets a clear answer and loses nothing, in the whole program on real servers."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
import pytest

from tests.servers import free_port, start_influxd, start_mosquitto
from tests.system.rig import ROOT, SECRET, Inbox, Running, Settings, tell_by_webhook, until
from tests.system.yard import (
    CRANES,
    MIB,
    PASSWORD,
    PLUGINS,
    TOKEN,
    Publisher,
    all_stored,
    client_of,
    connected,
    end_all,
    now_ms,
    started,
    stored,
    telemetry,
    told_about,
    write_yard,
)

pytestmark = [pytest.mark.broker, pytest.mark.influx, pytest.mark.slow]


@pytest.fixture(autouse=True)
async def _nothing_left_running() -> AsyncIterator[None]:
    yield
    await end_all()


# Messages


@dataclass
class Bad:
    """A message that cannot be used whole, and what its reasons must say."""

    payload: bytes | str
    says: str
    topic: str = telemetry("C-00")
    n_bytes_kept: int | None = None


def one(readings: str, at: object = None, **more: object) -> str:
    """Write one object by hand, because no encoder writes what is wanted here."""
    fields = "".join(f', "{name}": {json.dumps(value)}' for name, value in more.items())
    when = json.dumps(now_ms() if at is None else at)
    return f'{{"at": {when}, "readings": {readings}{fields}}}'


def bad_messages() -> dict[str, Bad]:
    good = '{"moment_pct": 41}'
    return {
        "broken JSON": Bad('{"at": 1, "readings": {', "not JSON"),
        "a text": Bad('"hello"', "$ is the text 'hello'; an object with `at` and `readings`"),
        "not text": Bad(b"\xff\xfe\x00", "not UTF-8 text: byte 0 is wrong"),
        "nothing": Bad(b"", "not JSON"),
        "nested": Bad("[" * 100_000, "nested too deeply"),
        "readings in a list": Bad(one("[1, 2]"), "$.readings is an array; an object of quantity"),
        "NaN": Bad(one('{"moment_pct": NaN}'), "$.readings.moment_pct is not a finite number"),
        "Infinity": Bad(one('{"moment_pct": -Infinity}'), "is not a finite number"),
        "1e999": Bad(one('{"moment_pct": 1e999}'), "is not a finite number"),
        "a text as number": Bad(one('{"moment_pct": "41"}'), "is the text '41'; a number"),
        "true as number": Bad(one('{"moment_pct": true}'), "is true; a number is needed"),
        "null as number": Bad(one('{"moment_pct": null}'), "is null; a number is needed"),
        "no time": Bad('{"readings": {"moment_pct": 41}}', "$.at is missing"),
        "no zone": Bad(one(good, "2026-05-04T12:00:00"), "$.at has no zone"),
        "2099": Bad(one(good, "2099-01-01T00:00:00Z"), "2099"),
        "1970": Bad(one(good, 0), "1970"),
        "unknown field": Bad(one(good, valu=1), "unknown field `valu`"),
        "unknown site": Bad(
            one(good), "the site 'yart' is not in the site files", "gw/1/yart/C-00/telemetry"
        ),
        "unknown point": Bad(one(good, point="P9"), "device 'yard/C-00' has no point 'P9'"),
        "unknown quantity": Bad(
            one('{"moment_pc": 41}'), "no sensor for 'moment_pc'; did you mean 'moment_pct'"
        ),
        "bad event": Bad(one("{}"), "$.readings is empty", "gw/1/yard/C-00/event"),
        "bad status": Bad('{"online": 1}', "not a status message", "gw/1/yard/C-00/status"),
        "no codec": Bad(one(good), "no codec is set for the topic other/C-00", "other/C-00"),
        "300 KiB": Bad(b" " * 300 * 1024, f"{300 * 1024} bytes; at most {256 * 1024}"),
        "10 MB": Bad(b" " * 10_000_000, "10000000 bytes; at most", n_bytes_kept=MIB),
    }


async def test_bad_messages_are_kept_with_their_reasons_and_taken_in_when_mended(
    tmp_path: Path,
) -> None:
    port, influx = start_mosquitto(tmp_path), start_influxd(tmp_path)
    await _subscribe_as_an_older_version(port)
    sites = tmp_path / "sites"
    write_yard(sites)
    async with Inbox() as inbox:
        tell_by_webhook(sites, inbox.url)
        settings = Settings(tmp_path / "state", sites, port, influx)
        running = await started(settings.write(tmp_path / "groundwatch.toml"))
        await connected(running)
        async with client_of(port) as client:
            publisher = Publisher(client, set())
            cases = bad_messages()
            for bad in cases.values():
                await client.publish(bad.topic, bad.payload, qos=1)
                await publisher.moment("C-01", 40.0)
            await _publish_half_good(publisher)
            unknown = Publisher(client, set())
            await unknown.overload("C-99")
            await publisher.overload("C-02")
        await until(told_about(inbox, "C-02"), within_s=10, what="the good readings are judged")
        await all_stored(influx, publisher.taken)
        await _look_into_quarantine(running, cases)
        assert not await stored(influx) - publisher.taken
        assert await running.stop() == 0

        write_yard(sites, (*CRANES, "C-99"))
        await running.start()
        answer = json.loads(await cli("replay", "--url", running.url, "--json"))
        assert answer["replayed"] == len(unknown.taken)
        # The good part of the half good object comes along once more, where it is not remembered.
        assert len(unknown.taken) <= answer["reports"] <= len(unknown.taken) + 1
        assert answer["left"] >= len(cases)
        await until(told_about(inbox, "C-99"), within_s=10, what="what was replayed is judged")
        await all_stored(influx, publisher.taken | unknown.taken)
        assert not await stored(influx) - publisher.taken - unknown.taken
        again = json.loads(await cli("replay", "--url", running.url, "--json"))
        assert again["reports"] == 0
        assert await running.stop() == 0


async def _subscribe_as_an_older_version(port: int) -> None:
    """Leave a subscription in the program's session that this version has no codec for."""
    older = aiomqtt.Client("127.0.0.1", port, identifier="groundwatch", clean_session=False)
    async with older:
        await older.subscribe("other/#", qos=1)


async def _publish_half_good(publisher: Publisher) -> None:
    """Send an array with one bad element, and an object with one bad quantity."""
    first, second, third = (publisher.next_ms() for _ in range(3))
    body = (
        f'[{{"at": {first}, "readings": {{"moment_pct": 42}}}},'
        f' {{"at": {second}, "readings": {{"moment_pct": "x"}}}},'
        f' {{"at": {third}, "readings": {{"moment_pct": 43, "tilt": 1}}}}]'
    )
    await publisher.client.publish(telemetry("C-00"), body, qos=1)
    publisher.taken |= {("C-00", first), ("C-00", third)}


async def _look_into_quarantine(running: Running, cases: dict[str, Bad]) -> None:
    page = await running.get("/quarantine", limit=1000)
    entries = page["items"]
    half_good = [entry for entry in entries if '"x"' in (entry["text"] or "")]
    assert [entry["reason"] for entry in half_good] == [
        "$[1].readings.moment_pct is the text 'x'; a number is needed"
    ]
    assert not half_good[0]["text"].startswith("["), "only the bad element is kept"
    assert any("no sensor for 'tilt'" in entry["reason"] for entry in entries)
    for name, bad in cases.items():
        payload = bad.payload.encode() if isinstance(bad.payload, str) else bad.payload
        n_kept = len(payload) if bad.n_bytes_kept is None else bad.n_bytes_kept
        found = [e for e in entries if e["topic"] == bad.topic and bad.says in e["reason"]]
        assert any(entry["n_bytes"] == n_kept for entry in found), (name, found or entries)
    n_bad = len(cases) + 2 + 3
    assert page["counts"]["n_rows"] == len(entries) == n_bad
    assert await running.metric("groundwatch_rejects_total") == n_bad
    assert await running.metric("groundwatch_quarantine_entries") == n_bad


async def cli(*words: str, code: int = 0) -> str:
    """Run `groundwatch` to its end and give what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "groundwatch.cli", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        async with asyncio.timeout(30):
            out, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == code, said.decode()
    assert b"Traceback" not in said, said.decode()
    return (out if code == 0 else said).decode()


# Mistakes at the start


@dataclass
class Mistake:
    """What is wrong with the settings, and what the program must say about it."""

    says: tuple[str, ...]
    settings: str = ""
    mqtt: str = ""
    prepare: Callable[[Path], None] | None = None


def _spoil_sites(tmp_path: Path) -> None:
    yard = tmp_path / "sites" / "sites" / "yard.yaml"
    text = yard.read_text().replace("kind: crane", "kind: krane", 1)
    head, _, tail = text.replace("lat: 23.2", "lat: 123.2").rpartition("moment_pct")
    yard.write_text(f"{head}moment_pc{tail}")
    routes = tmp_path / "sites" / "routes.yaml"
    routes.write_text(routes.read_text().replace("people: [office]", "people: [offise]"))


def _remove_people(tmp_path: Path) -> None:
    (tmp_path / "sites" / "people.yaml").unlink()
    (tmp_path / "sites" / "routes.yaml").unlink()


def _file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("this is a file\n")


def _not_a_certificate(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("this is no certificate\n")


def _read_only(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)


MISTAKES = {
    "faults in site files": Mistake(
        (
            "yard.yaml:4: ",
            "123.2",
            "krane",
            "did you mean 'crane'",
            "moment_pc",
            "routes.yaml:3: ",
            "offise",
            "faults; nothing was started",
        ),
        prepare=_spoil_sites,
    ),
    "no people and routes": Mistake(("people.yaml", "routes.yaml"), prepare=_remove_people),
    "no site files": Mistake(("{tmp}/nowhere", "does not exist"), 'sites = "{tmp}/nowhere"'),
    "unknown settings": Mistake(
        ("there is no setting `log_max_byte`", "did you mean `log_max_bytes`", "`mqtt.prot`"),
        "log_max_byte = 1",
        "prot = 1",
    ),
    "wrong values": Mistake(
        ("`log_max_bytes`: ", "at least 1048576", "`mqtt.version`: ", "allowed: 5, 311"),
        "log_max_bytes = 10",
        "version = 4",
    ),
    "not TOML": Mistake(("groundwatch.toml", "not a TOML file"), "sites = = 1"),
    "state below a file": Mistake(
        ("{tmp}/file", "a directory that this user may write to"),
        'state = "{tmp}/file/state"',
        prepare=_file_in_the_way,
    ),
    "state is a file": Mistake(
        ("{tmp}/file", "a directory that this user may write to"),
        'state = "{tmp}/file"',
        prepare=_file_in_the_way,
    ),
    "state may not be written": Mistake(
        ("{tmp}/locked", "a directory that this user may write to"),
        'state = "{tmp}/locked/state"',
        prepare=_read_only,
    ),
    "no journal there": Mistake(
        ("`journal`: not a URL", "sqlite:///"), 'journal = "nothing-like-this"'
    ),
    "no certificate": Mistake(
        ("cannot use the `ca` file {tmp}/ca.pem",),
        mqtt='tls_ca = "{tmp}/ca.pem"',
        prepare=_not_a_certificate,
    ),
    "password without user": Mistake(
        ("`password` without `user`",), mqtt=f'password = "{PASSWORD}"'
    ),
}


async def test_a_mistake_of_the_start_is_said_and_nothing_is_started(tmp_path: Path) -> None:
    mistakes = dict(MISTAKES)
    if os.geteuid() == 0:
        del mistakes["state may not be written"]  # root may write everywhere
    at_once = asyncio.Semaphore(2)

    async def look(name: str, mistake: Mistake) -> None:
        place = tmp_path / name.replace(" ", "-")
        write_yard(place / "sites")
        tell_by_webhook(place / "sites", "http://127.0.0.1:9/")
        if mistake.prepare is not None:
            mistake.prepare(place)
        async with at_once:
            said = await refused(place, free_port(), mistake.settings, mistake.mqtt)
        for words in mistake.says:
            assert words.format(tmp=place) in said, f"{name}: {words!r} is not in\n{said}"

    async with asyncio.TaskGroup() as group:
        for name, mistake in mistakes.items():
            group.create_task(look(name, mistake))


async def refused(tmp_path: Path, port: int, settings: str = "", mqtt: str = "") -> str:
    """Start the program, which must say what is wrong and end with 2; give what it said."""
    given = settings.format(tmp=tmp_path)
    lines = [given]
    if not given.startswith("sites"):
        lines.append(f'sites = "{tmp_path}/sites"')
    if not given.startswith("state"):
        lines.append(f'state = "{tmp_path}/state"')
    lines += ["[mqtt]", 'host = "127.0.0.1"', f"port = {port}", mqtt.format(tmp=tmp_path)]
    lines += ["[webhook]", f'secret = "{SECRET}"', 'allowed_hosts = ["127.0.0.1"]']
    lines += ["[influx]", 'url = "http://127.0.0.1:9"', f'token = "{TOKEN}"']
    config = tmp_path / "groundwatch.toml"
    config.write_text("\n".join(lines) + "\n")
    said = await cli("run", "--config", str(config), "--port", "0", code=2)
    for secret in (SECRET, TOKEN, PASSWORD):
        assert secret not in said
    return said


async def test_a_wrong_password_of_the_broker_ends_the_start(tmp_path: Path) -> None:
    port = start_mosquitto(tmp_path, users={"gw": "another"})
    write_yard(tmp_path / "sites")
    tell_by_webhook(tmp_path / "sites", "http://127.0.0.1:9/")
    said = await refused(tmp_path, port, mqtt=f'user = "gw"\npassword = "{PASSWORD}"')
    assert f"127.0.0.1:{port}" in said
    assert "`user`" in said


async def test_a_refused_subscription_ends_the_start(tmp_path: Path) -> None:
    plugin = next(iter(PLUGINS), None)
    if plugin is None:
        pytest.skip("mosquitto came without its plugin for access rules")
    rules = tmp_path / "rules.json"
    allowed = {"publishClientSend": True, "publishClientReceive": True, "subscribe": False}
    rules.write_text(
        json.dumps({"defaultACLAccess": {**allowed, "unsubscribe": True}, "clients": []})
    )
    lines = (f"plugin {plugin}", f"plugin_opt_config_file {rules}")
    port = start_mosquitto(tmp_path, lines=lines)
    write_yard(tmp_path / "sites")
    tell_by_webhook(tmp_path / "sites", "http://127.0.0.1:9/")
    said = await refused(tmp_path, port)
    assert "gw/1/+/+/telemetry" in said


async def test_a_port_or_a_log_in_use_ends_the_start_and_disturbs_nobody(tmp_path: Path) -> None:
    port = start_mosquitto(tmp_path)
    write_yard(tmp_path / "sites")
    tell_by_webhook(tmp_path / "sites", "http://127.0.0.1:9/")
    settings = Settings(tmp_path / "state", tmp_path / "sites", port)
    config = settings.write(tmp_path / "first.toml")
    running = await started(config)
    await connected(running)
    taken = running.url.rsplit(":", 1)[1]
    said = await cli("run", "--config", str(config), "--port", taken, code=2)
    assert f"127.0.0.1:{taken}: another program listens there" in said
    said = await cli("run", "--config", str(config), "--port", "0", code=2)
    assert running.process is not None
    assert f"in use by another process (id {running.process.pid})" in said
    async with client_of(port) as client:
        await Publisher(client, set()).moment("C-00", 40.0)

    async def is_owned() -> bool:
        return await running.metric("groundwatch_readings_total") == 1

    await until(is_owned, within_s=10, what="the first program goes on")
    assert await running.stop() == 0

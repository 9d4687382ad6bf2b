"""The simulator against a real broker and the server's own intake: what it sends is understood.

The two ends share no code. Here they meet: everything the simulator publishes must decode without
a reject, arrive completely, and be accounted for in its summary.
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
import trustme

from ingest.intake import Intake
from ingest.source import RawMessage
from sensors.model import Qc
from sensors.site import load_registry
from tests.servers import free_port, kill, start_mosquitto, stop

pytestmark = pytest.mark.broker

ROOT = Path(__file__).parents[2]
BAIYUN = ROOT / "examples" / "baiyun"
EXCERPT = ROOT / "tests" / "fixtures" / "hubeau_gloria_excerpt.csv.gz"
HUBEAU = ROOT / "examples" / "replay" / "hubeau.yaml"
LATE = datetime(2026, 7, 2, tzinfo=UTC)
START = ("--start", "2026-07-01T01:00:00Z")

SCENARIO = """\
name: wire
duration: 40m
speed: 600
devices: [baihe-creek, baiyun-rain/RG-08, "yunxi-tower/TC-0[12]", huanghe-tower/SJ-03,
          taihe-hall/FW-04, jiahe-pit/PIT-SW1, jiahe-pit/PIT-ZL1, baiyun-underpasses/UP-04]
events:
  - {at: 0s, do: rain_storm, peak_mm_per_h: 60, rise: 2m}
  - {at: 10m, do: cut_link, target: baihe-creek/WL-01}
  - {at: 20m, do: restore, target: baihe-creek/WL-01}
  - {at: 15m, do: die, target: baihe-creek/WL-02}
"""


class Heard:
    """What a subscriber to everything has received, in order."""

    def __init__(self) -> None:
        self.messages: list[aiomqtt.Message] = []
        self.news = asyncio.Event()

    async def reach(self, n_messages: int) -> None:
        """Wait until so many messages have arrived."""
        while len(self.messages) < n_messages:
            self.news.clear()
            await self.news.wait()

    async def silence(self) -> None:
        """Wait until nothing has arrived for a while."""
        before = -1
        while before != len(self.messages):
            before = len(self.messages)
            await asyncio.sleep(0.2)

    def of(self, leaf: str, device: str = "") -> list[Any]:
        end = f"{device}/{leaf}"
        return [json.loads(_bytes(m)) for m in self.messages if m.topic.value.endswith(end)]

    def raw(self) -> list[RawMessage]:
        return [RawMessage(m.topic.value, _bytes(m), LATE) for m in self.messages]

    def samples(self, device: str = "") -> list[dict[str, Any]]:
        whole = self.of("telemetry", device)
        return [part for m in whole for part in (m if isinstance(m, list) else [m])]


def _bytes(message: aiomqtt.Message) -> bytes:
    assert isinstance(message.payload, bytes)
    return message.payload


@asynccontextmanager
async def listening(port: int, *, is_cut_short: bool = False) -> AsyncIterator[Heard]:
    heard = Heard()

    async def listen() -> None:
        async for message in client.messages:
            heard.messages.append(message)
            heard.news.set()

    async with (
        aiomqtt.Client("127.0.0.1", port, identifier="observer") as client,
        asyncio.TaskGroup() as group,
    ):
        await client.subscribe("gw/1/#", qos=1)
        task = group.create_task(listen())
        yield heard
        if not is_cut_short:
            await heard.silence()
        task.cancel()


async def sim(*words: str | Path, port: int) -> tuple[int, dict[str, Any], str]:
    code, out, error = await ended(await begun(*words, port=port))
    return code, json.loads(out) if out else {}, error


async def begun(*words: str | Path, port: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "firmware_sim.cli",
        *map(str, words),
        "--broker",
        f"localhost:{port}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    out, error = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), error.decode()


def scenario(folder: Path, text: str = SCENARIO) -> Path:
    path = folder / "wire.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("mqtt", ["5", "311"])
async def test_everything_the_simulator_sends_is_understood_and_accounted_for(
    tmp_path: Path, mqtt: str
) -> None:
    port = start_mosquitto(tmp_path)
    async with listening(port) as heard:
        words = ("run", scenario(tmp_path), "--sites", BAIYUN, *START, "--mqtt", mqtt, "--json")
        code, summary, error = await sim(*words, port=port)
    assert (code, error) == (0, "")
    samples = heard.samples()
    assert summary["samples"] == summary["samples_acknowledged"] + summary["dropped"]
    assert summary["undelivered"] == 0
    assert len(samples) >= summary["samples_acknowledged"] > 1000
    assert heard_once(heard) == summary["samples_acknowledged"]
    understood(heard, summary["samples_acknowledged"])


def heard_once(*heard: Heard) -> int:
    """Count distinct samples; what was in flight at a cut may arrive twice."""
    keys = {
        (m.topic.value, part["seq"], part["at"], part.get("point", ""))
        for each in heard
        for m in each.messages
        if m.topic.value.endswith("telemetry")
        for part in _parts(_bytes(m))
    }
    return len(keys)


def _parts(payload: bytes) -> list[dict[str, Any]]:
    whole = json.loads(payload)
    return whole if isinstance(whole, list) else [whole]


def understood(heard: Heard, n_samples: int) -> None:
    registry, faults = load_registry(BAIYUN)
    assert not [fault for fault in faults if not fault.is_warning]
    assert registry is not None
    decoded = Intake(registry).decode(heard.raw())
    assert [reject.reason for reject in decoded.rejects] == []
    assert len({(r.device, r.point, r.taken_at) for r in decoded.reports}) == n_samples
    assert {flag for report in decoded.reports for flag in report.qc.values()} <= {Qc.PASS}
    by_sensor = {(r.site, r.device, q): v for r in decoded.reports for q, v in r.values.items()}
    # Sent in km/h, kg and cm; understood in m/s, t and m.
    assert by_sensor["yunxi-tower", "TC-02", "wind_ms"] < 8.0
    assert by_sensor["huanghe-tower", "SJ-03", "load_t"] < 1.2
    assert 0.0 < by_sensor["baihe-creek", "WL-04", "stage_m"] < 2.0


async def test_a_cut_device_stores_and_bursts_and_a_dead_one_leaves_its_last_will(
    tmp_path: Path,
) -> None:
    port = start_mosquitto(tmp_path)
    async with listening(port) as heard:
        await sim("run", scenario(tmp_path), "--sites", BAIYUN, *START, "--json", port=port)
    assert [said["online"] for said in heard.of("status", "WL-01")] == [True, False, True, False]
    burst = max(len(m) for m in heard.of("telemetry", "WL-01") if isinstance(m, list))
    assert burst >= 8
    minutes = [part["at"][11:16] for part in heard.samples("WL-01")]
    assert minutes == [f"01:{minute:02d}" for minute in range(1, 41)]
    assert [said["online"] for said in heard.of("status", "WL-02")] == [True, False]
    assert heard.samples("WL-02")[-1]["at"] <= "2026-07-01T01:15:00.000Z"
    async with listening(port) as later:
        await asyncio.sleep(0.1)
    kept = [m for m in later.messages if m.topic.value.endswith("WL-02/status")]
    assert [(m.retain, json.loads(_bytes(m))["online"]) for m in kept] == [(True, False)]


async def test_more_devices_than_lines_share_them_and_still_leave_a_last_will(
    tmp_path: Path,
) -> None:
    port = start_mosquitto(tmp_path)
    sites = tmp_path / "many"
    await sim("fleet", "--devices", "70", "--rate", "14", "--write-sites", sites, port=port)
    text = (
        "duration: 8m\nspeed: 60\n"
        "events: [{at: 2m, do: die, target: fleet/FL-00003},"
        " {at: 3m, do: cut_link, target: fleet/FL-00004},"
        " {at: 4m, do: restore, target: fleet/FL-00004}]\n"
    )
    async with listening(port) as heard:
        words = ("run", scenario(tmp_path, text), "--sites", sites, *START, "--json")
        code, summary, _ = await sim(*words, port=port)
    assert (code, summary["devices"]) == (0, 70)
    assert heard_once(heard) == summary["samples_acknowledged"]
    assert summary["undelivered"] == 0
    assert [said["online"] for said in heard.of("status", "FL-00003")] == [True, False]
    assert [s["online"] for s in heard.of("status", "FL-00004")] == [True, False, True, False]


async def test_a_broker_that_goes_away_and_comes_back_costs_nothing(tmp_path: Path) -> None:
    port = start_mosquitto(tmp_path)
    text = SCENARIO.replace("speed: 600", "speed: 300").replace(
        "{at: 15m, do: die", "{at: 39m, do: die"
    )
    words = ("run", scenario(tmp_path, text), "--sites", BAIYUN, *START, "--json")
    async with listening(port, is_cut_short=True) as before:
        process = await begun(*words, port=port)
        await before.reach(200)
    kill(port)
    await asyncio.sleep(0.5)
    start_mosquitto(tmp_path, port=port)
    async with listening(port) as after:
        code, out, _ = await ended(process)
    summary = json.loads(out)
    assert (code, summary["undelivered"]) == (0, 0)
    assert summary["published"] > summary["acknowledged"]
    assert [s["online"] for s in after.of("status", "WL-03")][-2:] == [True, False]
    gone = summary["samples_acknowledged"] - heard_once(before, after)
    assert 0 <= gone <= between(before, after)


def between(before: Heard, after: Heard) -> int:
    """Count the numbers missing in the middle: sent to the old broker when nobody listened."""
    numbers: dict[str, set[int]] = {}
    for m in (*before.messages, *after.messages):
        for part in _parts(_bytes(m)):
            if "seq" in part:
                numbers.setdefault(m.topic.value, set()).add(part["seq"])
    return sum(max(seen) + 1 - len(seen) for seen in numbers.values())


async def test_a_signal_ends_the_run_in_order_with_its_summary(tmp_path: Path) -> None:
    port = start_mosquitto(tmp_path)
    async with listening(port) as heard:
        words = ("run", "district-storm", "--sites", BAIYUN, *START, "--json")
        process = await begun(*words, port=port)
        await heard.reach(200)
        process.send_signal(signal.SIGTERM)
        code, out, error = await ended(process)
    summary = json.loads(out)
    assert (code, error) == (0, "")
    assert summary["devices"] == 60
    assert heard_once(heard) == summary["samples_acknowledged"] >= 100
    assert [said["online"] for said in heard.of("status", "huanghe-tower/TC-01")] == [True, False]


async def test_tls_and_credentials_are_used_and_a_refusal_is_told(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    paths = [tmp_path / name for name in ("ca.pem", "cert.pem", "key.pem")]
    authority.cert_pem.write_to_path(paths[0])
    issued.cert_chain_pems[0].write_to_path(paths[1])
    issued.private_key_pem.write_to_path(paths[2])
    port = start_mosquitto(
        tmp_path, users={"sim": "right-word"}, tls=(paths[0], paths[1], paths[2])
    )
    load: Sequence[str | Path] = ("fleet", "--seconds", "0.2", "--tls-ca", paths[0])
    code, loaded, _ = await sim(*load, "--user", "sim", "--password", "right-word", port=port)
    assert (code, loaded["acknowledged"]) == (0, 20)
    for mqtt in ("5", "311"):
        wrong = ("--user", "sim", "--password", "wrong-word", "--mqtt", mqtt)
        code, _, error = await sim(*load, *wrong, port=port)
        assert code == 2
        assert f"broker localhost:{port} refused the connection" in error
        assert "wrong-word" not in error


async def test_an_unknown_authority_is_told_with_the_option_to_look_at(tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    issued = authority.issue_cert("localhost")
    paths = [tmp_path / name for name in ("ca.pem", "cert.pem", "key.pem")]
    stranger.cert_pem.write_to_path(paths[0])
    issued.cert_chain_pems[0].write_to_path(paths[1])
    issued.private_key_pem.write_to_path(paths[2])
    port = start_mosquitto(tmp_path, tls=(paths[0], paths[1], paths[2]))
    code, _, error = await sim("fleet", "--tls-ca", paths[0], port=port)
    assert code == 2
    assert "--tls-ca" in error


async def test_a_fleet_reaches_its_rate_and_every_message_arrives(tmp_path: Path) -> None:
    port = start_mosquitto(tmp_path)
    words = ("fleet", "--devices", "50", "--rate", "400", "--seconds", "2", "--connections", "3")
    async with listening(port) as heard:
        code, loaded, _ = await sim(*words, port=port)
    assert (code, loaded["published"], loaded["acknowledged"]) == (0, 800, 800)
    assert len(heard.of("telemetry")) == 800
    assert loaded["seconds"] == pytest.approx(2.0, abs=1.0)


async def test_recorded_data_arrives_whole_in_order_and_as_duplicated_as_asked(
    tmp_path: Path,
) -> None:
    port = start_mosquitto(tmp_path)
    words = ("replay", EXCERPT, "--map", HUBEAU, "--until", "2020-01-21T00:00:00Z")
    async with listening(port) as plain:
        code, summary, _ = await sim(*words, port=port)
    assert (code, summary["acknowledged"]) == (0, summary["distinct"])
    assert len(plain.samples()) == summary["distinct"] > 1500
    ats = [part["at"] for part in plain.samples()]
    assert ats == sorted(ats)
    mixing = ("--shuffle", "30m", "--duplicate", "0.05", "--batch", "3")
    async with listening(port) as mixed:
        _, second, _ = await sim(*words, *mixing, port=port)
    assert second["distinct"] == summary["distinct"]
    assert second["acknowledged"] == len(mixed.of("telemetry")) > summary["distinct"] / 3
    assert heard_once(mixed) == summary["distinct"]


async def test_a_replay_at_a_speed_takes_its_time(tmp_path: Path) -> None:
    port = start_mosquitto(tmp_path)
    words = ("replay", EXCERPT, "--map", HUBEAU, "--until", "2020-01-20T01:00:00Z")
    _, summary, _ = await sim(*words, "--speed", "3000", port=port)
    assert summary["seconds"] == pytest.approx(1.0, abs=0.4)


async def test_a_broker_lost_for_good_ends_a_replay_with_code_1(tmp_path: Path) -> None:
    port = start_mosquitto(tmp_path, port=free_port())
    words = ("replay", EXCERPT, "--map", HUBEAU, "--speed", "20000", "--patience", "1s")
    process = await begun(*words, port=port)
    async with listening(port, is_cut_short=True) as heard:
        await heard.reach(20)
    stop(port)
    code, out, error = await ended(process)
    assert (code, out) == (1, "")
    assert "Traceback" not in error, error

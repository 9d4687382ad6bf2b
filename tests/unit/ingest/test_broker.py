"""The broker for those who have none: which one, where, and what becomes of it."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import aiomqtt
import pytest

from ingest.broker import LocalBroker, find_mosquitto, local_broker
from ingest.errors import SourceError
from tests import servers

pytestmark = pytest.mark.broker


@contextmanager
def needs_mosquitto() -> Iterator[None]:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    yield


def mosquitto_pid(state_dir: Path) -> int:
    return int((state_dir / "mosquitto" / "mosquitto.pid").read_text().split()[0])


async def pass_a_message(broker: LocalBroker) -> bytes:
    async with aiomqtt.Client(broker.host, broker.port) as client:
        await client.subscribe("a/b", qos=1)
        await client.publish("a/b", b"hello", qos=1)
        async with asyncio.timeout(10):
            found = await anext(aiter(client.messages))
    assert isinstance(found.payload, bytes)
    return found.payload


@pytest.mark.parametrize("kind", ["mosquitto", "amqtt"])
async def test_a_broker_is_there_for_as_long_as_the_context_lasts(
    tmp_path: Path, kind: str
) -> None:
    if kind == "mosquitto" and find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    async with local_broker(tmp_path / "state", prefer=kind) as broker:  # type: ignore[arg-type]
        assert broker.kind == kind
        assert broker.host == "127.0.0.1"
        assert await pass_a_message(broker) == b"hello"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((broker.host, broker.port), timeout=1)


async def test_amqtt_says_what_it_cannot_promise(tmp_path: Path) -> None:
    async with local_broker(tmp_path, prefer="amqtt") as broker:
        assert "lost" in broker.promises
        assert "not sent again" in broker.promises
        assert broker.version == 311


async def test_mosquitto_says_what_it_may_lose_and_is_set_to_lose_no_more(tmp_path: Path) -> None:
    with needs_mosquitto():
        async with local_broker(tmp_path, prefer="mosquitto") as broker:
            said = re.search(
                r"what came in its last (\d+) s and was not delivered", broker.promises
            )
            assert said is not None
            conf = (tmp_path / "mosquitto" / "mosquitto.conf").read_text()
            assert f"\nautosave_interval {said[1]}\n" in conf


async def test_auto_takes_mosquitto_where_it_is_installed(tmp_path: Path) -> None:
    with needs_mosquitto():
        async with local_broker(tmp_path) as broker:
            assert broker.kind == "mosquitto"


async def test_the_port_is_the_same_next_time_and_the_session_is_still_there(
    tmp_path: Path,
) -> None:
    with needs_mosquitto():
        async with local_broker(tmp_path) as broker:
            async with aiomqtt.Client(
                broker.host, broker.port, identifier="us", clean_session=False
            ) as client:
                await client.subscribe("a/#", qos=1)
            async with aiomqtt.Client(broker.host, broker.port) as client:
                await client.publish("a/b", b"kept", qos=1)
        async with local_broker(tmp_path) as again:
            assert again.port == broker.port
            async with (
                aiomqtt.Client(
                    again.host, again.port, identifier="us", clean_session=False
                ) as client,
                asyncio.timeout(10),
            ):
                assert (await anext(aiter(client.messages))).payload == b"kept"


async def test_a_mosquitto_left_by_a_killed_program_is_found_again_and_ended(
    tmp_path: Path,
) -> None:
    with needs_mosquitto():
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "import asyncio, sys, pathlib\n"
            "from ingest.broker import local_broker\n"
            "async def main():\n"
            "    async with local_broker(pathlib.Path(sys.argv[1])) as broker:\n"
            "        print(broker.port, flush=True)\n"
            "        await asyncio.sleep(600)\n"
            "asyncio.run(main())\n",
            str(tmp_path),
            stdout=asyncio.subprocess.PIPE,
        )
        assert program.stdout is not None
        port = int(await asyncio.wait_for(program.stdout.readline(), 20))
        program.kill()
        await program.communicate()
        left = mosquitto_pid(tmp_path)
        os.kill(left, 0)  # it goes on taking messages
        async with local_broker(tmp_path) as broker, kept(broker):
            assert broker.port == port
            assert mosquitto_pid(tmp_path) == left
            assert await pass_a_message(broker) == b"hello"
            os.kill(left, signal.SIGKILL)  # what was found is kept going like one of our own
            assert await answers_again(broker) == b"hello"
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((broker.host, port), timeout=1)


@asynccontextmanager
async def kept(broker: LocalBroker) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(broker.keep())
        yield
        keeping.cancel()


async def answers_again(broker: LocalBroker) -> bytes:
    async with asyncio.timeout(20):
        while True:
            with suppress(aiomqtt.MqttError):
                return await pass_a_message(broker)
            await asyncio.sleep(0.05)


def amqtt_pid(port: int) -> int:
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"ingest.embedded" in words and str(port).encode() in words:
                return int(entry.name)
    raise AssertionError(f"no embedded broker on port {port}")


@pytest.mark.parametrize("kind", ["mosquitto", "amqtt"])
async def test_a_broker_that_dies_is_started_again_on_its_port(tmp_path: Path, kind: str) -> None:
    if kind == "mosquitto" and find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    async with local_broker(tmp_path, prefer=kind) as broker, kept(broker):  # type: ignore[arg-type]
        is_mosquitto = kind == "mosquitto"
        pid = mosquitto_pid(tmp_path) if is_mosquitto else amqtt_pid(broker.port)
        os.kill(pid, signal.SIGKILL)
        assert await answers_again(broker) == b"hello"
        assert (mosquitto_pid(tmp_path) if is_mosquitto else amqtt_pid(broker.port)) != pid
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((broker.host, broker.port), timeout=1)


async def test_the_embedded_broker_does_not_outlive_a_killed_program() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ingest.embedded",
        str(servers.free_port()),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[3],
    )
    assert program.stdin is not None
    program.stdin.close()  # as the system does when the one who started it dies
    assert await asyncio.wait_for(program.wait(), 20) is not None


async def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SourceError, match=f"port {port} on 127.0.0.1 is taken"):
            async with local_broker(tmp_path, port=port):
                pass


async def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="cannot keep its state in"):
        async with local_broker(tmp_path / "file"):
            pass


@pytest.mark.slow
async def test_a_mosquitto_that_will_not_end_is_killed(tmp_path: Path) -> None:
    with needs_mosquitto():
        async with local_broker(tmp_path) as broker:
            os.kill(mosquitto_pid(tmp_path), signal.SIGSTOP)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((broker.host, broker.port), timeout=1)

"""The server's own behaviour: its port, the signals it leaves alone, its OpenAPI document."""

import asyncio
import signal
import socket
from pathlib import Path

import pytest

from groundwatch.compose import opened
from groundwatch.district import load_district
from groundwatch.http.openapi import document
from groundwatch.http.server import CannotListen, HttpServer, PortInUse, bind
from groundwatch.settings import load_settings
from tests import servers
from tests.unit.groundwatch.http.running import EXAMPLE

DOCS = Path(__file__).parents[4] / "docs"


def test_a_port_in_use_is_said_before_anything_starts() -> None:
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortInUse) as told:
            bind("127.0.0.1", port)
    assert f"127.0.0.1:{port}" in str(told.value)
    assert "--port" in str(told.value)


def test_a_port_that_was_just_left_can_be_taken_again() -> None:
    with bind("127.0.0.1", 0) as first:
        address = first.getsockname()
        with socket.create_connection(address):
            first.accept()[0].close()
    bind("127.0.0.1", address[1]).close()


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_refused_with_what_is_allowed(host: str) -> None:
    with pytest.raises(CannotListen, match="must be an address of this machine"):
        bind(host, 0)


@pytest.mark.broker
async def test_signals_stay_the_programs_and_a_stop_takes_no_longer_than_it_must(
    tmp_path: Path,
) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    port = servers.start_mosquitto(tmp_path)
    mqtt = {"host": "127.0.0.1", "port": port}
    settings = load_settings(None, sites=EXAMPLE, state=tmp_path / "state", mqtt=mqtt)
    stop, ready = asyncio.Event(), asyncio.Event()
    with bind("127.0.0.1", 0) as listener:
        async with opened(settings, load_district(EXAMPLE)) as program:
            program.http = HttpServer(program, listener)
            async with asyncio.TaskGroup() as group:
                group.create_task(program.run(stop, ready.set))
                await ready.wait()
                reader, writer = await asyncio.open_connection("127.0.0.1", program.http.port)
                writer.write(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
                during = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
                stop.set()
                rest = await reader.read()
                writer.close()
    assert during == before
    assert b"event: stopping" in rest
    servers.stop(port)


async def test_a_cancelled_server_lets_go_of_everything(tmp_path: Path) -> None:
    settings = load_settings(
        None, sites=EXAMPLE, state=tmp_path, mqtt={"host": "127.0.0.1", "port": 1}
    )
    with bind("127.0.0.1", 0) as listener:
        async with opened(settings, load_district(EXAMPLE)) as program:
            server = HttpServer(program, listener)
            async with asyncio.TaskGroup() as group:
                running = group.create_task(server.run())
                _, writer = await asyncio.open_connection("127.0.0.1", server.port)
                running.cancel()
            writer.close()
    assert running.cancelled()
    bind("127.0.0.1", server.port).close()


async def test_a_server_that_ended_in_trouble_can_be_run_again(tmp_path: Path) -> None:
    settings = load_settings(
        None, sites=EXAMPLE, state=tmp_path, mqtt={"host": "127.0.0.1", "port": 1}
    )
    with bind("127.0.0.1", 0) as listener:
        async with opened(settings, load_district(EXAMPLE)) as program:
            server = HttpServer(program, listener)
            async with asyncio.TaskGroup() as group:
                for _ in range(2):
                    running = group.create_task(server.run())
                    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
                    writer.close()
                    running.cancel()
                    await asyncio.wait({running})
                server.stop()
                await server.run()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)


def test_the_committed_openapi_document_is_that_of_the_code() -> None:
    committed = (DOCS / "openapi.json").read_text(encoding="utf-8")
    assert committed == document(), "run: python -m groundwatch.http.openapi > docs/openapi.json"


def test_the_document_says_that_errors_are_problem_documents() -> None:
    assert document().count('"application/problem+json"') > 20
    assert "HTTPValidationError" not in document()

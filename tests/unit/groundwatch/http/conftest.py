"""One running program for all tests of a module; those that break something run their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.unit.groundwatch.http.running import Running, running


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from _run(tmp_path_factory.mktemp("program"))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Running]:
    yield from _run(tmp_path)


def _run(place: Path) -> Iterator[Running]:
    port = servers.start_mosquitto(place)
    with running(place / "state", port) as program:
        yield program
    servers.stop(port)

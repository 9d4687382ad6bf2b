"""What every test leaves as it was."""

import gc
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Thousands of small examples make garbage collection a quarter of the time of many tests.
gc.set_threshold(50_000, 20, 20)

# No test fails because its machine is busy; continuous integration tries the same cases every time,
# people's machines look for new ones.
settings.register_profile(
    "groundwatch",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("GROUNDWATCH_TESTS_NEED_SERVERS")),
)
settings.load_profile("groundwatch")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files of `tests/system` among the first two thirds of the others.

    They wait for servers and for each other's processes, and leave the processor to what computes;
    several of them at once would make each other late, and the last ones would run alone.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    of_whole = [path for path in files if path.parent.name == "system"]
    order = [path for path in files if path.parent.name != "system"]
    apart = max(1, len(order) * 2 // 3 // (len(of_whole) + 1))
    for number, path in enumerate(of_whole, 1):
        order.insert(number * (apart + 1) - 1, path)
    items[:] = [item for path in order for item in files[path]]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands that set up logging in this process must not leave their streams behind."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)

"""What every test leaves as it was."""

import gc
import logging
import os
from collections.abc import Iterator

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


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands that set up logging in this process must not leave their streams behind."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)

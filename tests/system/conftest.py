"""Leaves nothing running behind a test of the whole that failed half-way."""

from collections.abc import AsyncIterator

import pytest

from tests.system.rig import RUNNING


@pytest.fixture(autouse=True)
async def nothing_left_running() -> AsyncIterator[None]:
    yield
    for running in list(RUNNING):
        await running.kill()

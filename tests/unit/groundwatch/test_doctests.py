"""The examples in the words of the program's own modules hold."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "module",
    ["alerting.book", "alerting.route.ladder", "groundwatch.ack_reply", "groundwatch.district"],
)
def test_examples_hold(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted
    assert results.failed == 0

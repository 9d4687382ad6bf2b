"""Writes site files into a temporary configuration folder and loads them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sensors.document import Fault
from sensors.site import Registry, Sensor, load_registry

Load = Callable[..., tuple[Registry, list[Fault]]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load site files given as text; each fault's file is shortened to the file's name."""

    def run(*texts: str, **named: str) -> tuple[Registry, list[Fault]]:
        folder = tmp_path / "sites"
        folder.mkdir(exist_ok=True)
        for number, text in enumerate(texts, 1):
            (folder / f"s{number}.yaml").write_text(text, encoding="utf-8")
        for name, text in named.items():
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        return load_registry(tmp_path)

    return run


@pytest.fixture
def make_sensor(load: Load) -> Callable[[str, str, str], Sensor]:
    """Load one sensor from a site file: its device's kind, its quantity, and further keys."""

    def run(kind: str, quantity: str, further: str = "") -> Sensor:
        text = (
            "site:\n  id: s\n  name: S\n  position: {lat: 23.2, lon: 113.3}\n  kind: other\n"
            "  district: d\n  street: e\n  village: f\ndevices:\n"
            f"  - id: D-1\n    kind: {kind}\n    every: 1m\n"
            f"    sensors: [{{quantity: {quantity}, {further}}}]\n"
        )
        registry, faults = load(text)
        assert faults == []
        return next(registry.sensors())

    return run

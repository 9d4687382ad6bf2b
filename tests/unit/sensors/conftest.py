"""Writes site files into a temporary configuration folder and loads them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sensors.document import Fault
from sensors.site import Registry, load_registry

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

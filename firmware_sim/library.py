"""The built-in scenarios: found by name, loaded with the devices of the sites they name."""

from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from firmware_sim.errors import Misuse
from firmware_sim.scenario import Scenario, load_scenario
from firmware_sim.site import DeviceSpec, load_sites

SCENARIOS = Path(__file__).parent / "scenarios"
_ROOT = Path(__file__).parent.parent
# Eight in the morning of a summer's day in Guangzhou, for scenarios that name no start.
DEFAULT_START = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A scenario with every device of its sites, and those that take part."""

    script: Scenario
    sites: Path
    fleet: list[DeviceSpec]
    devices: list[DeviceSpec]


def names() -> list[str]:
    """Give the names of the built-in scenarios."""
    return sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


def find(name: str) -> Scenario:
    """Load a built-in scenario by name, or any by its file.

    Raises:
        Misuse: there is none, or it has faults.
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = SCENARIOS / f"{name}.yaml"
        if not path.exists():
            raise Misuse([_unknown(name)])
    return load_scenario(path)


def _unknown(name: str) -> str:
    known = names()
    close = " or ".join(f"`{each}`" for each in get_close_matches(name, known, 3))
    hint = f"; did you mean {close}?" if close else ";"
    return (
        f"no scenario `{name}`{hint} `groundwatch-sim list` shows the {len(known)} built in;"
        " or give a YAML file"
    )


def staged(script: Scenario, sites: Path | None = None) -> Staged:
    """Load the sites of a scenario, or those given instead.

    Raises:
        Misuse: the sites have faults, or lack what the scenario names.
    """
    place = sites if sites is not None else sites_of(script)
    fleet = load_sites(place)
    return Staged(script=script, sites=place, fleet=fleet, devices=script.choose(fleet))


def sites_of(script: Scenario) -> Path:
    """Give the directory of site files a scenario names, seen from here or from the project."""
    named = Path(script.sites)
    return named if named.is_absolute() or named.is_dir() else _ROOT / named

"""One fault is one line: what only follows from a site file that cannot be used is not shown."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from groundwatch.cli import app
from sensors.site import load_registry

EXAMPLE = Path(__file__).parents[3] / "examples" / "baiyun"


@pytest.fixture
def district(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "mine")
    return tmp_path / "mine"


def checked(district: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["check", str(district), *words], env={"COLUMNS": "300"})


def broken(district: Path, pattern: str, instead: str, *, name: str = "huanghe-tower") -> Path:
    """Change one place of a site file, and give it another name than that of its site."""
    file = district / "sites" / "huanghe-tower.yaml"
    text, n = re.subn(pattern, instead, file.read_text(), count=1, flags=re.MULTILINE)
    assert n == 1
    file.unlink()
    file = district / "sites" / f"{name}.yaml"
    file.write_text(text)
    return file


def counts(district: Path) -> str:
    """Count what the loader could read."""
    registry, _ = load_registry(district)
    sites, devices, sensors = len(registry.sites), registry.n_devices, registry.n_sensors
    return f"{sites} sites, {devices} devices, {sensors} sensors"


BREAKS = {
    "no YAML": (r"^  kind: building$", "  kind: [building"),
    "no YAML and no id": (r"^  id: huanghe-tower$", "  name: [x"),
    "no position": (r"^  position: .*$", "  position: {lat: 91, lon: 113.27}"),
    "another kind of site": (r"^  kind: building$", "  kind: bilding"),
    "an unknown kind of device": (r"kind: crane$", "kind: crain"),
}


@pytest.mark.parametrize(("pattern", "instead"), BREAKS.values(), ids=BREAKS)
def test_one_fault_in_a_site_file_is_one_line(district: Path, pattern: str, instead: str) -> None:
    file = broken(district, pattern, instead, name="north-east")
    result = checked(district)
    assert result.exit_code == 2
    [line] = result.stderr.splitlines()
    assert line.startswith(f"{file}:")
    assert "1 fault, 0 warnings" in result.stdout


def test_the_counts_say_that_they_are_of_what_could_be_read(district: Path) -> None:
    assert checked(district).stdout.startswith(f"{counts(district)}; 0 faults")
    file = broken(district, *BREAKS["no YAML"])
    text = checked(district).stdout
    said = f"{counts(district)} could be read, nothing of 1 site file; 1 fault"
    assert text.startswith(said)
    assert "what people, routes, drills and couplings say of its site is checked once" in text
    assert json.loads(checked(district, "--json").stdout)["unused"] == [str(file)]


def test_counts_of_a_file_with_one_bad_device_are_of_what_could_be_read(district: Path) -> None:
    broken(district, *BREAKS["an unknown kind of device"])
    text = checked(district).stdout
    assert text.startswith(f"{counts(district)} could be read; 1 fault")
    assert "checked once" not in text


def test_a_site_that_nobody_wrote_is_still_told_of_beside_a_broken_file(district: Path) -> None:
    broken(district, *BREAKS["no YAML"], name="north-east")
    people = district / "people.yaml"
    people.write_text(people.read_text().replace("[yunxi-tower]", "[yunxi-towr]", 1))
    faults = checked(district).stderr.splitlines()
    assert len(faults) == 2
    [told] = [each for each in faults if "people.yaml" in each]
    assert "there is no site 'yunxi-towr'" in told
    assert "huanghe-tower" in told
    assert "north-east" not in told


def test_a_drill_and_a_coupling_wait_for_the_site_they_name(district: Path) -> None:
    drill = next((district / "drills").glob("*.yaml"))
    sensor = re.search(r"^sensor: (\S+)$", drill.read_text(), re.MULTILINE)
    assert sensor is not None
    file = district / "sites" / f"{sensor[1].split('/')[0]}.yaml"
    file.write_text(file.read_text().replace("devices:", "devices: [", 1))
    [line] = checked(district).stderr.splitlines()
    assert line.startswith(f"{file}:")
    gauges = district / "sites" / "baiyun-rain.yaml"
    gauges.write_text("x: [\n" + gauges.read_text())
    assert len(checked(district).stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ("calls", "there is no channel 'calls'; allowed: console, webhook, cap, sms, voice"),
        ("voce", "did you mean 'voice'?"),
        ("sms", ""),
        ("console", ""),
    ],
)
def test_orders_by_a_channel_that_is_not_there_are_refused(
    district: Path, tmp_path: Path, channel: str, said: str
) -> None:
    config = tmp_path / "groundwatch.toml"
    config.write_text(f'[tasks]\nchannel = "{channel}"\n')
    faults = [line for line in checked(district, "--config", str(config)).stderr.splitlines()
              if "tasks.channel" in line]  # fmt: skip
    assert len(faults) == (1 if said else 0)
    assert all(said in line for line in faults)

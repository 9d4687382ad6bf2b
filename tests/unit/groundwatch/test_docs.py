"""What the documents show works when it is tried."""

import re
import tomllib
from pathlib import Path

from typer.testing import CliRunner

from groundwatch.cli import app
from groundwatch.district import load_district
from groundwatch.settings import load_settings
from sensors.site import load_registry

ROOT = Path(__file__).parents[3]


def test_the_site_files_of_the_document_have_no_fault(tmp_path: Path) -> None:
    text = (ROOT / "docs/site-files.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    site, _, _, people, routes, overlay, limit = blocks  # the second and third show load charts
    (tmp_path / "sites").mkdir()
    (tmp_path / "resources").mkdir()
    (tmp_path / "sites" / "my-creek.yaml").write_text(site)
    (tmp_path / "people.yaml").write_text(people)
    (tmp_path / "routes.yaml").write_text(routes)
    district = load_district(tmp_path)
    assert district.faults == ()
    assert district.registry.n_sensors == 1
    assert district.not_judged() == []
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "rain.yaml").write_text(overlay)
    pit = site.split("devices:")[0].replace("my-creek", "my-pit") + "devices:\n"
    pit += (
        "  - id: P-1\n    kind: pit\n    every: 10m\n    design: {safety_grade: 1}\n    sensors:\n"
    )
    (tmp_path / "sites" / "my-pit.yaml").write_text(pit + limit)
    district = load_district(tmp_path)
    assert district.faults == ()
    assert district.registry.n_sensors == 2
    assert [pack.name for pack in district.packs["rain"]] == ["rain@4+my-district-1"]


def test_the_cranes_of_the_document_have_charts_zones_and_dates(tmp_path: Path) -> None:
    text = (ROOT / "docs/site-files.md").read_text()
    site, chart, cranes, *_ = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    for name in ("sites", "charts"):
        (tmp_path / name).mkdir()
    (tmp_path / "charts" / "chart.yaml").write_text(chart)
    header, _, _ = site.partition("devices:")
    place = "{lat: 23.2316312, lon: 113.2777941}"
    header = header.replace("{lat: 23.23, lon: 113.25}", place).replace("river", "building", 1)
    (tmp_path / "sites" / "my-site.yaml").write_text(header + cranes)
    registry, faults = load_registry(tmp_path)
    assert [str(fault) for fault in faults] == []
    names = {str(sensor.key).split("/", 2)[2] for sensor in registry.sensors() if sensor.derived}
    assert names >= {"chart_pct", "school/no_lift_m", "antifall_life_days"}


def test_the_settings_of_the_readme_are_settings(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text()
    shown = re.search(r"`groundwatch.toml` like:\n\n(.*?)\n\n[A-Z]", text, re.DOTALL)
    assert shown is not None
    toml = "\n".join(line.removeprefix("    ") for line in shown[1].splitlines())
    assert tomllib.loads(toml)
    (tmp_path / "groundwatch.toml").write_text(toml)
    settings = load_settings(tmp_path / "groundwatch.toml")
    assert settings.mqtt.host == "broker.example"
    assert settings.influx is not None


def test_the_example_district_is_as_large_as_it_says_and_has_no_fault() -> None:
    district = load_district(ROOT / "examples/baiyun")
    assert district.faults == ()
    registry, resources = district.registry, district.resources
    assert len(registry.sites) >= 6
    assert registry.n_devices >= 40
    assert registry.n_sensors >= 200
    assert len(resources.teams) >= 60
    assert len(resources.depots) >= 40
    assert len(resources.cameras) >= 200
    assert {sensor.kind for sensor in registry.sensors()} >= {
        *("crane", "hoist", "pit", "formwork", "rain", "water_level"),
    }


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


def test_the_settings_of_the_pages_on_service_and_keys_are_settings(tmp_path: Path) -> None:
    blocks = [
        block
        for page in ("docs/service.md", "docs/http-api.md")
        for block in re.findall(r"```toml\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    ]
    assert len(blocks) == 2
    text = "\n".join(blocks)
    for name in re.findall(r'file = "([^"]+)"', text):
        own = tmp_path / name.strip("/").replace("/", "-")
        own.write_text(f"https://monitor.example/{name.strip('/')}\n")
        text = text.replace(name, str(own))
    (tmp_path / "groundwatch.toml").write_text(text)
    settings = load_settings(tmp_path / "groundwatch.toml")
    assert settings.heartbeat.url is not None
    assert {name: key.may for name, key in settings.http.keys.items()} == {
        "wall": "look",
        "desk": "act",
    }


def test_the_unit_starts_the_program_with_options_that_it_has() -> None:
    unit = (ROOT / "deploy/groundwatch.service").read_text()
    found = re.search(r"^ExecStart=\S+/groundwatch (.*)$", unit, re.MULTILINE)
    assert found is not None
    shown = CliRunner().invoke(app, ["run", "--help"], env={"COLUMNS": "200"})
    words = found[1].split()
    assert words[0] == "run"
    assert {word for word in words if word.startswith("--")} <= set(shown.stdout.split())

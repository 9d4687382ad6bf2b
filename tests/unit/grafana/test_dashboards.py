"""The committed dashboards are what the code builds, and hold together without any server."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerting.model import Severity
from grafana.build.__main__ import main
from grafana.build.influxql import DATASOURCE_TYPE, DATASOURCE_UID
from grafana.build.limits import pack_limits
from grafana.build.queries import all_queries, panels
from grafana.build.write import FOLDER, rendered
from sensors.catalogue import KINDS
from storage.schema import ALERT, SITE

NAMES = ("district.json", "site.json")
PROVISIONING = FOLDER.parent / "provisioning"
PARAMETER = pytest.mark.parametrize("name", NAMES)


def committed(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return document


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.items() for text in strings(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def test_building_again_gives_exactly_the_committed_files() -> None:
    built = rendered()
    assert set(built) == {path.name for path in FOLDER.glob("*.json")} == set(NAMES)
    for name, text in built.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, (
            f"{name} is stale: run python -m grafana.build"
        )


def test_the_check_is_quiet_when_all_is_up_to_date_and_knows_its_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--check"]) == 0
    assert main(["--wrong"]) == 2
    assert "usage" in capsys.readouterr().err


def test_uids_are_fixed_and_differ() -> None:
    assert {committed(name)["uid"] for name in NAMES} == {"gw-district", "gw-site"}


@PARAMETER
def test_panel_ids_are_unique(name: str) -> None:
    ids = [panel["id"] for panel in panels(committed(name))]
    assert len(ids) == len(set(ids)) > 10


@PARAMETER
def test_panels_lie_within_the_grid_and_do_not_overlap(name: str) -> None:
    boxes = [panel["gridPos"] for panel in panels(committed(name))]
    for box in boxes:
        assert box["x"] >= 0
        assert box["x"] + box["w"] <= 24
        assert box["w"] > 0
        assert box["h"] > 0
    for one, other in itertools.combinations(boxes, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or apart, (one, other)


@PARAMETER
def test_every_target_asks_the_one_provisioned_source(name: str) -> None:
    wanted = {"type": DATASOURCE_TYPE, "uid": DATASOURCE_UID}
    document = committed(name)
    for panel in panels(document):
        if panel["type"] == "row":
            continue
        assert panel["datasource"] == wanted
        assert panel["targets"], panel["title"]
        letters = [target["refId"] for target in panel["targets"]]
        assert len(letters) == len(set(letters))
        for target in panel["targets"]:
            assert target["datasource"] == wanted
            assert target["rawQuery"] is True
            assert target["resultFormat"] in ("time_series", "table")
    for one in [*document["annotations"]["list"], *document["templating"].get("list", [])]:
        assert one["datasource"] == wanted


@pytest.mark.parametrize("file", ["groundwatch.yaml", "groundwatch-token.yaml.example"])
def test_the_provisioned_source_speaks_influxql_and_keeps_secrets_in_the_environment(
    file: str,
) -> None:
    [source] = yaml.safe_load((PROVISIONING / "datasources" / file).read_text())["datasources"]
    assert (source["uid"], source["type"]) == (DATASOURCE_UID, DATASOURCE_TYPE)
    assert source["jsonData"]["version"] == "InfluxQL"
    assert source["jsonData"]["httpMode"] == "POST"
    for secret in [*source["secureJsonData"].values(), source["url"]]:
        assert re.fullmatch(r"\$\{GROUNDWATCH_\w+\}", secret)


def test_dashboards_are_provided_from_a_directory() -> None:
    text = (PROVISIONING / "dashboards" / "groundwatch.yaml").read_text()
    [provider] = yaml.safe_load(text)["providers"]
    assert provider["type"] == "file"
    assert provider["options"] == {"path": "${GROUNDWATCH_DASHBOARDS}"}


def test_nothing_names_a_host() -> None:
    for path in FOLDER.parent.rglob("*"):
        if path.suffix in (".json", ".yaml", ".example"):
            for text in strings(yaml.safe_load(path.read_text(encoding="utf-8"))):
                assert "://" not in text, f"{path.name}: {text}"
                assert not text.startswith("//"), f"{path.name}: {text}"


@PARAMETER
def test_statements_name_only_measurements_and_quantities_that_are_written(name: str) -> None:
    known = {ALERT: None, SITE: None, **{key: set(kind.quantities) for key, kind in KINDS.items()}}
    for found in all_queries(committed(name)):
        for measurement in re.findall(r'FROM "(\w+)"', found.query):
            assert measurement in known, found
            quantities = known[measurement]
            for field in re.findall(r'(?:mean|max|sum|count|first|last)\("(\w+)"\)', found.query):
                if quantities is not None and field not in ("n", "mm"):
                    assert field in quantities, found


@PARAMETER
def test_alerts_are_marked_as_annotations_with_their_reason(name: str) -> None:
    [marks] = committed(name)["annotations"]["list"]
    assert marks["enable"] is True
    assert marks["target"]["fromAnnotations"] is True
    assert marks["target"]["query"] == marks["query"]
    assert "$timeFilter" in marks["query"]
    for column in ("reason", "severity", "transition", "device"):
        assert f'"{column}"' in marks["query"]
    assert marks["textColumn"] == marks["target"]["textColumn"] == "reason"


def test_limits_of_the_packs_are_drawn_in_the_colours_people_know() -> None:
    drawn = {
        panel["title"]: panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        for panel in panels(committed("site.json"))
        if panel["type"] == "timeseries" and "thresholds" in panel["fieldConfig"]["defaults"]
    }
    moment = drawn["Tower crane: moment, per cent of rated"]
    assert [(step["value"], step["color"]) for step in moment] == [
        (None, "green"),
        *((limit, at.colour) for at, limit in pack_limits("crane", "crane_moment").items()),
    ]
    assert moment[-1]["color"] == "red"


def test_a_state_that_is_not_known_is_never_green() -> None:
    for name, titles in (
        ("site.json", {"Is it safe?", "Alerts standing", "Blind"}),
        ("district.json", {"Worst now", "Alerts standing", "Blind", "Sites known"}),
    ):
        found = [
            panel
            for panel in panels(committed(name))
            if panel["title"] in titles and panel["type"] == "stat"
        ]
        assert {panel["title"] for panel in found} == titles
        for panel in found:
            defaults = panel["fieldConfig"]["defaults"]
            assert defaults["thresholds"]["steps"][0]["color"] == "#8e8e8e"
            assert defaults["noValue"] == "not known"
            assert panel["timeFrom"] == "5m", "an old state is not the present one"


def test_the_site_has_variables_for_site_and_device() -> None:
    site, device = committed("site.json")["templating"]["list"]
    assert (site["name"], device["name"]) == ("site", "device")
    assert "SHOW TAG VALUES" in site["query"]
    assert "/^$site$/" in device["query"]
    assert device["multi"] is True
    assert device["includeAll"] is True


def test_pack_limits_are_ordered_and_unknown_ones_are_named() -> None:
    limits = pack_limits("water_level", "stage_rise", "rate")
    assert list(limits) == sorted(limits)
    assert list(limits) == [Severity.MODERATE, Severity.SEVERE, Severity.EXTREME]
    with pytest.raises(KeyError, match="no rule nothing"):
        pack_limits("crane", "nothing")
    with pytest.raises(KeyError, match="no plain limit of gusts"):
        pack_limits("crane", "crane_wind", "gusts")


def test_the_files_are_where_provisioning_expects_them() -> None:
    assert Path(FOLDER).name == "dashboards"

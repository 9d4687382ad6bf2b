"""A district's own table of needs, and every fault of one with its line."""

from textwrap import dedent

import pytest

from gis_link.need import BUILT_IN, CAPABILITIES, ITEMS
from gis_link.need_file import parse_needs

RULE_HAZARDS = [
    "crane_overload",
    "crane_wind",
    "crane_collision",
    "crane_tilt",
    "hoist_overload",
    "hoist_wind",
    "pit_deformation",
    "pit_support",
    "pit_groundwater",
    "pit_surroundings",
    "formwork_collapse",
    "rainstorm",
    "river_flood",
    "ponding",
    "sensor_silent",
    "anomaly",
    "system",
]


@pytest.mark.parametrize("hazard", RULE_HAZARDS)
def test_every_hazard_the_rules_speak_of_has_a_need(hazard: str) -> None:
    assert BUILT_IN.need(hazard) is not None


@pytest.mark.parametrize("hazard", [need.hazard for need in BUILT_IN.hazards.values()])
def test_a_worse_severity_never_asks_for_less(hazard: str) -> None:
    need = BUILT_IN.hazards[hazard]
    assert list(need.n_teams) == sorted(need.n_teams)
    for row in need.supplies:
        assert list(row.quantities) == sorted(row.quantities), row.item


def test_items_are_counted_as_people_say_it() -> None:
    assert ITEMS["pump_truck"].amount(1) == "1 pump truck"
    assert ITEMS["pump_truck"].amount(4) == "4 pump trucks"
    assert ITEMS["cable"].amount(300) == "300 m of cable"


def test_a_hazard_in_the_file_replaces_the_built_in_one_whole() -> None:
    text = """
        items:
          sandwich: {name: sandwich, plural: sandwiches, zh: 三明治, unit: 份}
        capabilities:
          catering: {name: catering}
        hazards:
          ponding:
            flooded: yes
            primary: [catering]
            teams: [0, 1, 1, 2]
            supplies: {sandwich: [0, 10, 20, 40]}
    """
    table, faults = parse_needs(dedent(text), "needs.yaml")
    assert faults == []
    need = table.hazards["ponding"]
    assert (need.primary, need.support, need.flooded) == (("catering",), (), True)
    assert need.items_wanted(3) == [("sandwich", 20.0)]
    assert table.items["sandwich"].amount(2) == "2 sandwiches"
    assert table.hazards["rainstorm"] == BUILT_IN.hazards["rainstorm"]
    assert table.items.keys() > ITEMS.keys()
    assert table.capabilities.keys() > CAPABILITIES.keys()


def test_items_and_capabilities_go_by_what_people_call_them_in_either_language() -> None:
    cable, truck = ITEMS["cable"], ITEMS["pump_truck"]
    text = f"""
        items:
          sandwich: {{name: sandwich, plural: sandwiches, zh: 三明治, unit: 份}}
        hazards:
          ponding:
            primary: [{CAPABILITIES["drainage"].zh}, {CAPABILITIES["medical"].name}]
            supplies:
              三明治: [0, 10, 20, 40]
              {truck.zh}: [1, 1, 2, 2]
              {cable.name}: [1, 1, 1, 1]
    """
    table, faults = parse_needs(dedent(text), "needs.yaml")
    assert faults == []
    need = table.hazards["ponding"]
    assert need.primary == ("drainage", "medical")
    assert [each.item for each in need.supplies] == ["sandwich", "pump_truck", "cable"]


def test_an_empty_file_changes_nothing() -> None:
    assert parse_needs("# nothing yet\n", "needs.yaml") == (BUILT_IN, [])


# The text, the line of its fault, and words of the fault.
FAULTS = [
    ("hazards:\n  ponding:\n    primery: [drainage]", 3, "did you mean 'primary'?"),
    ("hazards:\n  ponding:\n    primary: [drainige]", 3, "did you mean 'drainage'?"),
    ("hazards:\n  ponding:\n    primary: drainage", 3, "expected a list"),
    ("hazards:\n  ponding:\n    duty: floods", 3, "did you mean 'flood'?"),
    ("hazards:\n  ponding:\n    flooded: maybe", 3, "'maybe' is not true or false"),
    ("hazards:\n  ponding:\n    teams: [1, 2, 3]", 3, "expected four numbers"),
    (
        "hazards:\n  ponding:\n    supplies:\n      pump: [0, 0, 1, 1]",
        4,
        "item 'pump' is not known",
    ),
    ("hazards:\n  ponding:\n    supplies:\n      cable: [0, -1, 1, 1]", 4, "expected four numbers"),
    ("hazards:\n  ponding:\n    supplies:\n      cable: [0, .nan, 1, 1]", 4, "expected four"),
    ("hazards:\n  ponding: {}\n  ponding: {}", 3, "stands twice"),
    ("hazards: [ponding]", 1, "expected `name: value` lines"),
    ("hazard: {}", 1, "did you mean 'hazards'?"),
    ("items:\n  rope: {unit: m}", 2, "name is missing"),
    ("items:\n  rope: {name: rope}", 2, "unit is missing"),
    ("hazards:\n  ponding:\n   - [", 3, "mend the YAML"),
    (
        "hazards:\n  ponding:\n    primary: [排涝, 排劳]",
        3,
        "'排劳' is not known; allowed: 交通管制, ",
    ),
    (
        "hazards:\n  ponding:\n    supplies:\n      cable: [0, 0, 1, 1]\n      CABLE: [0, 0, 2, 2]",
        5,
        "'CABLE' is item 'cable' once more",
    ),
    ("just words", 1, "expected `name: value` lines"),
]


@pytest.mark.parametrize(("text", "line", "said"), FAULTS)
def test_a_fault_says_where_and_what(text: str, line: int, said: str) -> None:
    table, faults = parse_needs(text, "needs.yaml")
    assert [(fault.file, fault.line) for fault in faults] == [("needs.yaml", line)]
    assert said in faults[0].what
    if "stands twice" not in said:
        assert table.hazards["ponding"] == BUILT_IN.hazards["ponding"]


def test_all_faults_are_told_at_once_and_the_good_entries_taken() -> None:
    text = """
        hazards:
          ponding: {duty: wrong}
          rainstorm: {primary: [wrong]}
          river_flood: {primary: [medical]}
    """
    table, faults = parse_needs(dedent(text), "needs.yaml")
    assert [fault.line for fault in faults] == [3, 4]
    assert table.hazards["river_flood"].primary == ("medical",)

"""people.yaml and routes.yaml: what is read, and what is wrong with a file and where."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerting.channels.guard import why_unusable
from alerting.model import Alert, AlertKind, Severity
from alerting.route import LAST_RESORT, Known, RouteTable, load_routes
from sensors.catalogue import KINDS
from sensors.document import Fault
from tests.unit.alerting_delivery.values import NOW, make_alert

EXAMPLE = Path(__file__).parents[3] / "examples" / "baiyun"

PEOPLE = """\
people:
  - id: ann
    name: Ann Example
    role: keeper
    contacts:
      - {channel: webhook, address: "http://127.0.0.1:9/x"}
      - {channel: console, address: "+86 000 0000 0101"}
    on_duty:
      - {days: [mon], from: "08:00", until: "18:00"}
  - id: bob
    name: Bob Example
    role: keeper
    language: zh
    contacts:
      - {channel: console}
    stand_in: ann
rotas:
  - id: duty
    name: duty room
    members: [ann, bob]
    rotate: day
    anchor: 2026-06-01
"""
ROUTES = """\
routes:
  - name: all
    recipients: {rotas: [duty]}
    repeat_every: {minor: never, extreme: 2m}
"""


def load(
    tmp_path: Path, people: str = PEOPLE, routes: str = ROUTES, known: Known | None = None
) -> tuple[RouteTable, list[Fault]]:
    (tmp_path / "people.yaml").write_text(people)
    (tmp_path / "routes.yaml").write_text(routes)
    return load_routes(tmp_path, known or Known())


def shown(tmp_path: Path, faults: list[Fault]) -> list[str]:
    return [str(fault).replace(f"{tmp_path}/", "") for fault in faults]


def test_a_good_pair_of_files_has_no_fault(tmp_path: Path) -> None:
    table, faults = load(tmp_path)
    assert faults == []
    ann = table.people["ann"]
    assert [road.channel for road in ann.roads] == ["webhook", "console"]
    assert ann.why_off_duty(datetime(2026, 6, 1, 1, 0, tzinfo=UTC)) is None
    assert table.people["bob"].roads[0].language == "zh"
    red = table.ladder(make_alert(Severity.EXTREME), NOW)
    assert red is not None
    assert red.every == timedelta(minutes=2)
    assert table.ladder(make_alert(Severity.MINOR), NOW) is None


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "role: keeper\n    lang",
            "rolle: keeper\n    lang",
            "people.yaml:12: unknown key 'rolle'",
        ),
        ("id: bob", "id: ann", "people.yaml:10: id 'ann' is used twice, first on line 2"),
        ("channel: console}", "channel: consol}", "people.yaml:15: channel 'consol' is not known"),
        ("stand_in: ann", "stand_in: anne", "people.yaml:16: there is no person 'anne'"),
        ("stand_in: ann", "stand_in: bob", "people.yaml:16: there is no person 'bob'"),
        ("[ann, bob]", "[ann, carl]", "people.yaml:20: there is no person 'carl'"),
        ("[ann, bob]", "[ann, ann]", "people.yaml:20: rota 'duty' names 'ann' twice"),
        ("rotate: day", "rotate: month", "people.yaml:21: rotate: 'month' is not one of"),
        ("[mon]", "[monday]", "people.yaml:9: days entry 1: 'monday' is not one of"),
        ('"08:00"', '"25:00"', "people.yaml:9: from: '25:00' is not a time of day"),
        ('"08:00"', '"08:00+08:00"', "people.yaml:9: from: a time of day carries an offset"),
        ("people:\n", "timezone: Mars/Base\npeople:\n", "people.yaml:1: timezone: time zone"),
        ("language: zh", "language: fr", "people.yaml:13: language: 'fr' is not one of"),
        ("9/x", "9/x y", "people.yaml:6: the address has a blank"),
        ("http://127", "ftp://127", "people.yaml:6: the address starts with 'ftp'"),
    ],
)
def test_a_mistake_in_people_is_shown_with_its_line(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    assert old in PEOPLE
    known = Known(why_refused=lambda name, at: why_unusable(at) if name == "webhook" else None)
    _, faults = load(tmp_path, PEOPLE.replace(old, new, 1), known=known)
    assert any(line.startswith(fault) for line in shown(tmp_path, faults))


@pytest.mark.parametrize(
    ("routes", "fault"),
    [
        ("routes: []\n", "routes.yaml:1: routes"),
        (
            "routes:\n  - name: a\n    recipients: {}\n",
            "routes.yaml:3: route 'a' names no recipient; allowed: people, rotas, roles",
        ),
        (
            "routes:\n  - name: a\n    recipients: {people: [anna]}\n",
            "routes.yaml:3: there is no person 'anna'; allowed: ann, bob; did you mean 'ann'?",
        ),
        (
            "routes:\n  - name: a\n    recipients: {roles: [keper]}\n",
            "routes.yaml:3: there is no role 'keper'; allowed: keeper; did you mean 'keeper'?",
        ),
        (
            "routes:\n  - name: a\n    recipients: {rotas: [dutty]}\n",
            "routes.yaml:3: there is no rota 'dutty'",
        ),
        (
            ROUTES + "  - name: all\n    recipients: {rotas: [duty]}\n",
            "routes.yaml:5: name 'all' is used twice, first on line 2",
        ),
        (
            ROUTES.replace("2m", "2"),
            "routes.yaml:4: ",
        ),
        (
            ROUTES.replace("2m", "1s"),
            "routes.yaml:4: ",
        ),
        (
            ROUTES.replace("recipients", "match: {hazards: [cranes]}\n    recipients"),
            "routes.yaml:3: there is no hazard 'cranes'; allowed: crane, rain; did you mean",
        ),
        (
            ROUTES.replace("recipients", "match: {sites: [nowhere]}\n    recipients"),
            "routes.yaml:3: there is no site 'nowhere'; allowed: tower",
        ),
        (
            ROUTES + "last_resort: {channel: pigeon}\n",
            "routes.yaml:5: channel 'pigeon' is not known; allowed: cap, console, webhook",
        ),
    ],
)
def test_a_mistake_in_routes_is_shown_with_its_line(
    tmp_path: Path, routes: str, fault: str
) -> None:
    known = Known(sites=["tower"], hazards=["crane", "rain"])
    _, faults = load(tmp_path, routes=routes, known=known)
    assert any(line.startswith(fault) for line in shown(tmp_path, faults)), faults


def test_every_mistake_is_shown_at_once(tmp_path: Path) -> None:
    people = PEOPLE.replace("stand_in: ann", "stand_in: x").replace("[ann, bob]", "[y]")
    _, faults = load(tmp_path, people, ROUTES.replace("[duty]", "[z]"))
    assert Counter(Path(fault.file).name for fault in faults) == {
        "people.yaml": 2, "routes.yaml": 1,
    }  # fmt: skip


def test_missing_files_are_faults_and_the_table_still_answers(tmp_path: Path) -> None:
    table, faults = load_routes(tmp_path)
    assert len(faults) == 2
    assert table.recipients(make_alert(), NOW) == [(LAST_RESORT,)]


@pytest.mark.parametrize(
    ("match", "gap"),
    [
        ("{min_severity: moderate}", "any hazard minor at any site"),
        (
            "{hazards: [crane]}",
            "any other hazard of any severity at any site",
        ),
        (
            "{kinds: [limit, anomaly, system]}",
            "any hazard of any severity, blind and doubtful alerts, at any site",
        ),
        ("{sites: [tower]}", "any hazard of any severity at any other site"),
        (
            "{hazards: [crane], min_severity: extreme}",
            "crane minor/moderate/severe at any site",
        ),
    ],
)
def test_alerts_nobody_would_hear_of_are_faults(tmp_path: Path, match: str, gap: str) -> None:
    routes = f"routes:\n  - name: a\n    match: {match}\n    recipients: {{rotas: [duty]}}\n"
    _, faults = load(tmp_path, routes=routes)
    said = [fault.what for fault in faults]
    assert f"nobody would be told about {gap}" in said
    assert all(not fault.is_warning for fault in faults)


@pytest.mark.parametrize(
    ("match", "gap"),
    [
        ("{sites: [tower]}", ["this program's own faults of any severity"]),
        ("{kinds: [limit, blind, anomaly]}", ["this program's own faults of any severity"]),
        ("{kinds: [limit, blind, anomaly, system]}", []),
    ],
)
def test_the_programs_own_faults_must_reach_somebody_too(
    tmp_path: Path, match: str, gap: list[str]
) -> None:
    routes = f"routes:\n  - name: a\n    match: {match}\n    recipients: {{rotas: [duty]}}\n"
    _, faults = load(tmp_path, routes=routes, known=Known(sites=["tower"]))
    assert [fault.what.removeprefix("nobody would be told about ") for fault in faults] == gap


def test_a_person_for_one_site_does_not_cover_the_others(tmp_path: Path) -> None:
    people = PEOPLE.replace(
        "role: keeper\n    contacts", "role: one\n    sites: [tower]\n    contacts"
    )
    routes = "routes:\n  - name: a\n    recipients: {roles: [one]}\n"
    _, faults = load(tmp_path, people, routes, Known(sites=["tower", "pit"]))
    assert [fault.what for fault in faults][:2] == [
        "nobody would be told about any hazard of any severity at pit",
        "nobody would be told about this program's own faults of any severity",
    ]
    assert "nobody of Ann Example is on duty" in faults[2].what


def test_hours_with_nobody_on_duty_are_a_fault(tmp_path: Path) -> None:
    routes = "routes:\n  - name: a\n    recipients: {people: [ann]}\n"
    _, faults = load(tmp_path, routes=routes)
    assert [fault.is_warning for fault in faults] == [False]
    assert shown(tmp_path, faults)[0].startswith(
        "routes.yaml:2: route 'a': on Monday 2026-01-05 00:00 nobody of Ann Example is on duty"
    )


@pytest.fixture(scope="module")
def table() -> RouteTable:
    sites = sorted(path.stem for path in (EXAMPLE / "sites").glob("*.yaml"))
    assert sites
    table, faults = load_routes(EXAMPLE, Known(sites=sites))
    assert [str(fault) for fault in faults] == []
    return table


class TestTheExampleDistrict:
    def test_it_has_people_in_every_role_of_the_chain(self, table: RouteTable) -> None:
        roles = Counter(person.role for person in table.people.values())
        assert roles.total() >= 24
        assert roles.keys() >= {
            "site_safety_officer", "supervisor", "town_duty", "district_duty", "bureau_inspector",
            "deputy_commander", "district_leader", "town_head", "village_duty",
        }  # fmt: skip

    def test_everybody_is_plainly_fictitious_and_reached_offline(self, table: RouteTable) -> None:
        assert table.console_stands_in_for == ("sms", "voice")
        for person in table.people.values():
            assert "示例" in person.name
            assert {road.channel for road in person.roads} == {"sms", "voice", "console"}
            assert person.roads[0].address.startswith("+86 000 0000 01")

    def test_the_worse_it_is_the_more_people_are_told(self, table: RouteTable) -> None:
        counts = [len(table.recipients(make_alert(severity), NOW)) for severity in Severity]
        assert counts == sorted(set(counts))

    def test_only_red_reaches_the_leaders(self, table: RouteTable) -> None:
        def leaders(severity: Severity) -> int:
            roads = table.recipients(make_alert(severity), NOW)
            roles = [table.people[road[0].id].role for road in roads]
            return roles.count("district_leader")

        assert [leaders(severity) for severity in Severity] == [0, 0, 0, 2]

    def test_at_every_hour_somebody_hears_of_every_hazard_on_every_site(
        self, table: RouteTable
    ) -> None:
        sites = sorted({site for person in table.people.values() for site in person.sites})
        for hour in range(0, 7 * 24, 3):
            now = NOW + timedelta(hours=hour)
            for site in sites:
                for kind in AlertKind:
                    alert = make_alert_at(site, kind)
                    roads = table.recipients(alert, now)
                    assert LAST_RESORT not in [road[0] for road in roads]

    def test_the_hazards_are_those_of_the_catalogue(self, table: RouteTable) -> None:
        named = {hazard for route in table.routes for hazard in route.hazards}
        assert named <= set(KINDS)


def make_alert_at(site: str, kind: AlertKind) -> Alert:
    alert = make_alert(Severity.MINOR, kind=kind)
    return make_alert(Severity.MINOR, kind=kind, sensor=alert.sensor._replace(site=site))


def test_a_road_of_cap_gets_every_alert_by_itself(tmp_path: Path) -> None:
    people = PEOPLE.replace("channel: webhook", "channel: cap")
    table, faults = load(tmp_path, people)
    assert faults == []
    roads = table.people["ann"].roads
    assert [(road.channel, road.is_system) for road in roads] == [("cap", True), ("console", False)]


def test_a_bound_that_is_a_duration_is_said_as_people_write_it(tmp_path: Path) -> None:
    ladder = "ladders:\n  - id: l\n    source: mine\n    extreme: {wait: 5m, then: [], every: 1s}\n"
    _, faults = load(tmp_path, routes=ladder + ROUTES)
    said = shown(tmp_path, faults)
    assert any("every: '1s' is out of range; allowed: at least" in text for text in said), said
    assert not any("timedelta" in text for text in said)


def test_a_place_nobody_drew_says_where_places_come_from(tmp_path: Path) -> None:
    people = PEOPLE.replace("    stand_in: ann\n", "    stand_in: ann\n    places: [Nowhere]\n")
    _, faults = load(tmp_path, people, known=Known(places=[]))
    (text,) = shown(tmp_path, faults)
    assert "there is no place 'Nowhere'; allowed: no place is on file" in text
    assert "outlines in map/" in text

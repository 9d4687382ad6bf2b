"""Statements are found wherever a dashboard keeps them, and get what Grafana would put in."""

from datetime import UTC, datetime, timedelta

import pytest

from grafana.build.queries import Found, all_queries, substitute

SINCE = datetime(2026, 6, 1, 0, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=6)


def test_statements_of_variables_annotations_panels_and_rows_are_all_found() -> None:
    document = {
        "templating": {
            "list": [
                {"name": "site", "type": "query", "query": "SHOW TAG VALUES WITH KEY = site"},
                {"name": "device", "type": "query", "query": {"query": "SHOW X", "refId": "v"}},
                {"name": "fixed", "type": "custom", "query": "a,b"},
            ]
        },
        "annotations": {
            "list": [{"name": "Alerts", "query": "SELECT a", "target": {"query": "SELECT b"}}]
        },
        "panels": [
            {"title": "One", "targets": [{"refId": "A", "query": "SELECT 1"}], "timeFrom": "1h"},
            {
                "title": "Row",
                "panels": [{"title": "Two", "targets": [{"refId": "B", "query": "SELECT 2"}]}],
            },
        ],
    }
    assert all_queries(document) == [
        Found("variable site", "", "SHOW TAG VALUES WITH KEY = site"),
        Found("variable device", "", "SHOW X"),
        Found("annotation Alerts", "", "SELECT a"),
        Found("annotation Alerts", "target", "SELECT b"),
        Found("One", "A", "SELECT 1", "1h"),
        Found("Two", "B", "SELECT 2"),
    ]


def test_a_panel_with_its_own_time_begins_there() -> None:
    assert Found("a", "A", "", "15m").since(SINCE, UNTIL) == UNTIL - timedelta(minutes=15)
    assert Found("a", "A", "", "24h").since(SINCE, UNTIL) == UNTIL - timedelta(days=1)
    assert Found("a", "A", "").since(SINCE, UNTIL) == SINCE


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("WHERE $timeFilter", "WHERE time >= 1780272000000ms and time <= 1780293600000ms"),
        ("GROUP BY time($__interval)", "GROUP BY time(60s)"),
        ("time($interval) $__interval_ms", "time(60s) 60000"),
        ("a =~ /^$site$/", "a =~ /^yard \\(north\\)$/"),
        ("a =~ /^${device:regex}$/", "a =~ /^(c-1|c\\.2)$/"),
        ("[[site]]", "yard \\(north\\)"),
    ],
)
def test_macros_and_variables_are_put_in(query: str, wanted: str) -> None:
    variables = {"site": "yard (north)", "device": ["c-1", "c.2"]}
    assert substitute(query, SINCE, UNTIL, variables) == wanted


def test_what_nobody_gave_is_named() -> None:
    with pytest.raises(KeyError, match=r"\$colour in 'SELECT \$colour'"):
        substitute("SELECT $colour", SINCE, UNTIL, {})

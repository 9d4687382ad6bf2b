"""Whatever table and alerts: of those that stand at a place somebody is told of at least one."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerting.model import Alert, Severity
from alerting.mute import Matcher
from alerting.tell.inhibit import Inhibition, InhibitionTable, Inhibitors
from tests.unit.alerting_delivery.values import NOW, make_alert

RULES = "abcde"


def line(when: str, hides: str) -> Inhibition:
    return Inhibition(
        name=f"{when}_hides_{hides}",
        why="it follows from it",
        when=Matcher(rules=frozenset(when), at_most=Severity.EXTREME),
        hides=Matcher(rules=frozenset(hides), at_most=Severity.EXTREME),
    )


def alert(number: int, rule: str, severity: Severity = Severity.MODERATE) -> Alert:
    at = NOW + timedelta(minutes=number)
    return replace(make_alert(severity), id=f"alert-{number}", rule_id=rule, detected_at=at)


def hidden(
    lines: list[Inhibition], alerts: list[Alert], false: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Give which alert is hidden by which."""
    inhibitors = Inhibitors(InhibitionTable(lines=tuple(lines)))
    for each in alerts:
        inhibitors.follow(each)
    found = {each.id: inhibitors.why_hidden(each, lambda a: a.id in false) for each in alerts}
    return {name: muted.by for name, muted in found.items() if muted is not None}


def test_of_three_in_a_circle_the_worst_is_told() -> None:
    circle = [line("a", "b"), line("b", "c"), line("c", "a")]
    three = [alert(1, "a"), alert(2, "b", Severity.SEVERE), alert(3, "c")]
    assert hidden(circle, three) == {"alert-1": "alert-3", "alert-3": "alert-2"}


def test_what_is_hidden_by_a_circle_stays_hidden() -> None:
    lines = [line("a", "b"), line("b", "a"), line("b", "c")]
    three = [alert(3, "a"), alert(2, "b"), alert(1, "c")]
    assert hidden(lines, three) == {"alert-3": "alert-2", "alert-1": "alert-2"}


def test_a_chain_is_told_at_its_beginning() -> None:
    chain = [line("a", "b"), line("b", "c")]
    three = [alert(1, "a"), alert(2, "b"), alert(3, "c")]
    assert hidden(chain, three) == {"alert-2": "alert-1", "alert-3": "alert-2"}
    assert hidden(chain, three, frozenset({"alert-1"})) == {"alert-3": "alert-2"}


@given(
    st.lists(st.builds(line, st.sampled_from(RULES), st.sampled_from(RULES)), max_size=12),
    st.lists(st.tuples(st.sampled_from(RULES), st.sampled_from(Severity)), min_size=1, max_size=8),
)
def test_whatever_hides_an_alert_leads_to_one_that_is_told(
    lines: list[Inhibition], made: list[tuple[str, Severity]]
) -> None:
    alerts = [alert(number, rule, severity) for number, (rule, severity) in enumerate(made)]
    by = hidden(lines, alerts)
    for each in alerts:
        name, seen = each.id, set[str]()
        while name in by:
            assert name not in seen, "hidden by one another, and nobody is told"
            seen.add(name)
            name = by[name]
    assert not [each for each in alerts if each.severity is Severity.EXTREME and each.id in by]

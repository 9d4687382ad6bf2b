"""Finds what a later layer makes less strict than the layer below: allowed, and always said."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from alerting.basis import Basis
from alerting.numbers import Missing
from alerting.rules.bind import limit_of, measure_of, own_candidate, with_own
from alerting.rules.bound import Measure
from alerting.rules.form import ClearSpec, RaiseSpec, RuleSpec, Side
from alerting.rules.pack import REACH, Candidate, Pack
from sensors.registry import Sensor


class Eased(NamedTuple):
    """One thing a later layer made less strict: in which rule, what, and where it says so."""

    rule: str
    what: str
    place: str


def eased_rules(pack: Pack) -> Iterator[Eased]:
    """Yield what overlays ease in a pack besides its limits: counts, times, rules out of use."""
    for rule_id, entries in pack.disabled.items():
        for entry in entries:
            named = f"level {entry.level}" if entry.level else "the whole rule"
            yield Eased(
                rule_id, f"{named} is out of use: {entry.reason} ({entry.by})", str(entry.spot)
            )
    for rule in pack.spec.rules:
        before = pack.before.get(rule.id)
        if before is not None and before != rule:
            origins = pack.origins[rule.id]
            for name, what in (*_signal(before, rule), *_unlike(before, rule)):
                yield Eased(rule.id, what, origins[name].place)


def eased_limits(pack: Pack, rule: RuleSpec, sensor: Sensor) -> Iterator[Eased]:
    """Yield the limits of a rule that are less strict on a sensor than those of the layer below."""
    own = [limit for limit in sensor.limits if limit.rule == rule.id]
    for word, ways in pack.ways[rule.id].items():
        mine = [own_candidate(limit) for limit in own if limit.severity == word]
        for layers in with_own(ways, mine):
            if len(layers) > 1:
                yield from _compared(pack, rule, sensor, word, layers)


def _compared(
    pack: Pack, rule: RuleSpec, sensor: Sensor, word: str, layers: Sequence[Candidate]
) -> Iterator[Eased]:
    below, top = layers[-2], layers[-1]
    for name in top.limits:
        basis: Basis = pack.origins[rule.id][f"measures.{name}"]
        measure = measure_of(name, rule.measures[name], rule.side, sensor, basis)
        if isinstance(measure, str):
            continue
        old, new = _value(below, name, measure, sensor), _value(top, name, measure, sensor)
        if old is None or new is None:
            continue
        if new < old if rule.side is Side.BELOW else new > old:
            what = f"{word} {name}: {new:g} {measure.unit}, not {old:g} ({below.place})"
            yield Eased(rule.id, what, top.place)


def _value(candidate: Candidate, name: str, measure: Measure, sensor: Sensor) -> float | None:
    found = limit_of(candidate, candidate.limits[name], measure, sensor)
    return None if isinstance(found, Missing) else found.value


def _signal(before: RuleSpec, after: RuleSpec) -> Iterator[tuple[str, str]]:
    """Yield (field, sentence) for whatever raises later or clears earlier than before."""
    was, now = before.raise_when, after.raise_when
    later = {
        "n": now.n > was.n,
        "of": now.of < was.of,
        "dwell": _seconds(now, "dwell") > _seconds(was, "dwell"),
        "at_once": was.at_once is not None and (now.at_once is None or now.at_once > was.at_once),
    }
    for name, is_later in later.items():
        if is_later:
            yield (
                f"raise_when.{name}",
                f"raises later: {name} {_shown(was, name)} to {_shown(now, name)}",
            )
    old, new = before.clear_when, after.clear_when
    earlier = {
        "hold": new.hold < old.hold,
        "readings": new.readings < old.readings,
        "margin": new.margin < old.margin,
        "ratio": new.ratio > old.ratio,
        "sign_off": old.sign_off and not new.sign_off,
    }
    for name, is_earlier in earlier.items():
        if is_earlier:
            yield (
                f"clear_when.{name}",
                f"clears earlier: {name} {_shown(old, name)} to {_shown(new, name)}",
            )


def _unlike(before: RuleSpec, after: RuleSpec) -> Iterator[tuple[str, str]]:
    """Yield (field, sentence) for what is not the same and cannot be called stricter or not."""
    for name in (*REACH, "flat_after"):
        if getattr(before, name) != getattr(after, name):
            yield name, f"{name} is changed; whether that is less strict cannot be said"
    for name, measure in before.measures.items():
        if after.measures[name] != measure:
            yield f"measures.{name}", f"measure {name} is changed; it cannot be compared"


def _seconds(spec: RaiseSpec, name: str) -> float:
    duration = getattr(spec, name)
    return 0.0 if duration is None else float(duration.total_seconds())


def _shown(spec: RaiseSpec | ClearSpec, name: str) -> str:
    value = getattr(spec, name)
    return "none" if value is None else str(value)

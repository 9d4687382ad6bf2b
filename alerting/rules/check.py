"""What the types of a pack cannot say: unknown quantities, measures and units that do not fit."""

from collections.abc import Iterator

from alerting.measures.kind import MeasureSpec, Number
from alerting.measures.table import MEASURES, why_no_measure
from alerting.numbers import DesignValue, Least, TableValue, parts, stem
from alerting.rules.form import PackSpec, RuleSpec, Side
from sensors.catalogue import KINDS
from sensors.design import DESIGN, OWN_PREFIX
from sensors.document import Location, did_you_mean, listed

Said = tuple[Location, str]


def inner_faults(spec: PackSpec) -> Iterator[Said]:
    """Yield what is wrong inside a pack that has the right form, with its location."""
    working, known = spec.while_working, KINDS[spec.kind].quantities
    if working is not None and working.state not in known:
        allowed = listed(sorted(known))
        text = f"{spec.kind} has no quantity {working.state!r}; allowed: {allowed}"
        yield ("while_working", "state"), text
    seen: set[str] = set()
    for number, rule in enumerate(spec.rules):
        here: Location = ("rules", number)
        if rule.id in seen:
            yield (*here, "id"), f"rule '{rule.id}' is in the pack twice"
        seen.add(rule.id)
        yield from _rule_faults(spec, rule, here)


def _rule_faults(spec: PackSpec, rule: RuleSpec, here: Location) -> Iterator[Said]:
    known = KINDS[spec.kind].quantities
    for quantity in rule.quantities:
        if quantity not in known:
            allowed = listed(sorted(known))
            yield (
                (*here, "quantities"),
                (f"{spec.kind} has no quantity {quantity!r}; allowed: {allowed}"),
            )
    quantities = [quantity for quantity in rule.quantities if quantity in known]
    for name, measure in rule.measures.items():
        at = (*here, "measures", name)
        for what in (*why_no_measure(measure), *_why_no_share(measure, rule.side)):
            yield at, what
        if measure.of in MEASURES:
            for quantity in quantities:
                what_unit = _why_wrong_unit(measure, quantity, known[quantity].unit)
                if what_unit:
                    yield (*at, "unit"), what_unit
                    break
        if measure.per_cent_of is not None:
            yield from _number_faults(measure.per_cent_of, quantities, (*at, "per_cent_of"))
    yield from _level_faults(rule, quantities, here)


def _why_no_share(measure: MeasureSpec, side: Side) -> Iterator[str]:
    whole = measure.per_cent_of
    if whole is not None and measure.origin is None and _has_own_number(whole):
        yield "a plain number in `per_cent_of` needs a `from:` that says where it comes from"
    is_least = whole is not None and any(isinstance(part, Least) for part in parts(whole))
    if is_least and side is Side.BELOW:
        yield "`least` is for limits that are reached from below, not with `side: below`"


def _has_own_number(number: Number) -> bool:
    if isinstance(number, DesignValue):
        return number.default is not None and _has_own_number(number.default)
    if isinstance(number, Least):
        return any(_has_own_number(part) for part in number.least)
    return not isinstance(number, TableValue)


def _why_wrong_unit(measure: MeasureSpec, quantity: str, unit: str) -> str:
    """Say why a measure's unit does not fit the unit of its quantity; empty when it does."""
    base = MEASURES[measure.of].unit_of(unit)
    if measure.per_cent_of is None:
        if measure.unit == base:
            return ""
        return f"{measure.of} of {quantity} is in {base}, not in {measure.unit}"
    if measure.unit != "%":
        return f"a measure that is `per_cent_of` something is in %, not in {measure.unit}"
    for whole in _units(measure.per_cent_of, quantity):
        if whole != base:
            return f"{measure.of} of {quantity} is in {base}, what it is a share of in {whole}"
    return ""


def _units(number: Number, quantity: str) -> Iterator[str]:
    """Yield the units in which a number may come out, as far as they are known."""
    if isinstance(number, DesignValue):
        entry = DESIGN.get(_name(number, quantity))
        if number.unit is not None:
            yield number.unit
        elif entry is not None:
            yield entry.unit
        if number.default is not None:
            yield from _units(number.default, quantity)
    elif isinstance(number, TableValue):
        yield number.unit or number.tables[0].spec.columns[number.column].unit
    elif isinstance(number, Least):
        for part in number.least:
            yield from _units(part, quantity)


def _name(number: DesignValue, quantity: str) -> str:
    return number.design.replace("{stem}", stem(quantity))


def _number_faults(number: Number, quantities: list[str], at: Location) -> Iterator[Said]:
    """Yield design names and table items that do not exist for some quantity of the rule.

    One of the parts of a `least` may be missing for some item; the others speak then.
    """
    leasts = [part for part in parts(number) if isinstance(part, Least)]
    spared = [inner for least in leasts for inner in least.least]
    for part in parts(number):
        for quantity in quantities:
            if isinstance(part, DesignValue):
                name = _name(part, quantity)
                if name not in DESIGN and not name.startswith(OWN_PREFIX):
                    yield at, f"there is no design value {name!r}; {did_you_mean(name, DESIGN)}"
            elif isinstance(part, TableValue):
                item = part.item.replace("{stem}", stem(quantity))
                if not any(item in table.items() for table in part.tables):
                    yield at, f"table {part.table} has no item {item!r}"
                elif not part.has_cell(item) and part not in spared:
                    yield at, f"table {part.table} has no {part.column} of {item!r}"


def _level_faults(rule: RuleSpec, quantities: list[str], here: Location) -> Iterator[Said]:
    for severity, level in rule.levels.items():
        for number, way in enumerate(level.any):
            at: Location = (*here, "levels", severity, "any", number)
            for name, limit in way.limits.items():
                measure = rule.measures.get(name)
                if measure is None:
                    yield at, f"no measure {name!r}; allowed: {', '.join(rule.measures)}"
                    continue
                yield from _number_faults(limit, quantities, at)
                for quantity in quantities:
                    wrong = [unit for unit in _units(limit, quantity) if unit != measure.unit]
                    if wrong:
                        yield at, f"the limit of {name} is in {wrong[0]}, {name} in {measure.unit}"
                        break

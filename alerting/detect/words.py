"""Numbers and spans of time as people read them, for sentences of reason."""

_SPANS = ((86_400.0, "day"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))


def amount(value: float, unit: str) -> str:
    """Give a value with three significant digits and never an exponent; `unit` may be empty.

    >>> amount(0.4213, "m"), amount(12345.6, "kN"), amount(3.0, "")
    ('0.421 m', '12346 kN', '3')
    """
    magnitude = abs(value)
    if magnitude >= 1000.0:
        text = f"{value:.0f}"
    elif magnitude >= 0.001:
        text = f"{value:.3g}"
    else:
        text = f"{value:.6f}".rstrip("0").rstrip(".")
    if text in ("-0", ""):
        text = "0"
    return f"{text} {unit}".rstrip()


def span(seconds: float) -> str:
    """Give a span of time in its largest fitting unit.

    >>> span(300), span(5400), span(86_400 * 2), span(0.2)
    ('5 min', '1.5 h', '2 days', '0.2 s')
    """
    for size, name in _SPANS:
        if seconds >= size:
            number = f"{seconds / size:.1f}".removesuffix(".0")
            plural = "s" if name == "day" and number != "1" else ""
            return f"{number} {name}{plural}"
    return f"{seconds:.1f} s"

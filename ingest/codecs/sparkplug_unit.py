"""Units as people write them into the property `engUnit`, in the symbols of `sensors.units`."""

_WORDS = {
    "°C": "degC",
    "℃": "degC",
    "C": "degC",
    "Celsius": "degC",
    "°": "deg",
    "‰": "permille",
    "m³/s": "m3/s",
    "L/s": "l/s",
    "kNm": "kN·m",
    "kN*m": "kN·m",
}


def symbol_of(word: str) -> str:
    """Give the symbol for a word; a word that is not known stands for itself."""
    return _WORDS.get(word.strip(), word.strip())

"""Every word that a rule pack may use after `of:`; a new kind of measure is one more line here."""

from alerting.measures.kind import MeasureKind
from alerting.measures.window import WINDOWED

MEASURES: dict[str, MeasureKind] = {**WINDOWED}

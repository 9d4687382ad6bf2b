"""Rules: what packs say in three layers, and what it means for one sensor.

`load_packs` reads the standard packs and a district's overlays, `rules_for` binds them to a sensor
whose design values are known (contract C3: what misses an input is not judged).
"""

from alerting.rules.bind import bind, instead_for, period_text, rules_for, unused_for
from alerting.rules.bound import BoundRule, Level, Measure, NotJudged, Way
from alerting.rules.easing import Eased, eased_limits, eased_rules
from alerting.rules.form import PatienceSpec, Side
from alerting.rules.frequency import Frequency, Required
from alerting.rules.own import own_limit_faults
from alerting.rules.pack import PACK_FOLDER, Pack, Packs, load_packs

__all__ = [
    "PACK_FOLDER",
    "BoundRule",
    "Eased",
    "Frequency",
    "Level",
    "Measure",
    "NotJudged",
    "Pack",
    "Packs",
    "PatienceSpec",
    "Required",
    "Side",
    "Way",
    "bind",
    "eased_limits",
    "eased_rules",
    "instead_for",
    "load_packs",
    "own_limit_faults",
    "period_text",
    "rules_for",
    "unused_for",
]

"""Who is to be told about an alert: people, rotas and routes, and the notices made from them."""

from alerting.route.days import Calendar, Hours, Spell
from alerting.route.known import Known
from alerting.route.ladder import FIRST_RUNG, Asked, Ladder, Roads, Rung, reminders, rung_words
from alerting.route.load import load_routes
from alerting.route.match import REPEAT_EVERY, Matter, Route
from alerting.route.notice import (
    TOLD_AS_AT_PEAK,
    Occasion,
    make_notices,
    notice_id,
    repeat_number,
)
from alerting.route.people import Instead, Person, Rota
from alerting.route.table import LAST_RESORT, RouteTable, name_words

__all__ = [
    "FIRST_RUNG",
    "LAST_RESORT",
    "REPEAT_EVERY",
    "TOLD_AS_AT_PEAK",
    "Asked",
    "Calendar",
    "Hours",
    "Instead",
    "Known",
    "Ladder",
    "Matter",
    "Occasion",
    "Person",
    "Roads",
    "Rota",
    "Route",
    "RouteTable",
    "Rung",
    "Spell",
    "load_routes",
    "make_notices",
    "name_words",
    "notice_id",
    "reminders",
    "repeat_number",
    "rung_words",
]

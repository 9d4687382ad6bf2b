"""Who is to be told about an alert: people, rotas and routes, and the notices made from them."""

from alerting.route.ladder import Asked, Ladder, Roads, Rung, reminders
from alerting.route.load import Known, load_routes
from alerting.route.notice import (
    TOLD_AS_AT_PEAK,
    Occasion,
    make_notices,
    notice_id,
    repeat_number,
)
from alerting.route.people import Hours, Person, Rota
from alerting.route.table import LAST_RESORT, REPEAT_EVERY, Route, RouteTable

__all__ = [
    "LAST_RESORT",
    "REPEAT_EVERY",
    "TOLD_AS_AT_PEAK",
    "Asked",
    "Hours",
    "Known",
    "Ladder",
    "Occasion",
    "Person",
    "Roads",
    "Rota",
    "Route",
    "RouteTable",
    "Rung",
    "load_routes",
    "make_notices",
    "notice_id",
    "reminders",
    "repeat_number",
]

"""Who is to be told about an alert: people, rotas and routes, and the notices made from them."""

from alerting.route.load import Known, load_routes
from alerting.route.notice import Occasion, is_stand_in, make_notices, notice_id, repeat_number
from alerting.route.people import Hours, Person, Rota
from alerting.route.table import LAST_RESORT, REPEAT_EVERY, Route, RouteTable

__all__ = [
    "LAST_RESORT",
    "REPEAT_EVERY",
    "Hours",
    "Known",
    "Occasion",
    "Person",
    "Rota",
    "Route",
    "RouteTable",
    "is_stand_in",
    "load_routes",
    "make_notices",
    "notice_id",
    "repeat_number",
]

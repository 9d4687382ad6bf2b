"""After a drill nothing of it goes on: the orders given in it are recalled."""

import logging

from alerting.drill import Drills
from alerting.errors import DeedRefused, JournalError
from alerting.response.desk import PROGRAM
from alerting.tasks.model import EventKind
from groundwatch.task_desk import Act, TaskDesk

_LOG = logging.getLogger(__name__)


async def recall_orders(drills: Drills, orders: TaskDesk) -> None:
    """Recall the open orders of drills that are over; what fails is tried at the next tick.

    One that cannot be recalled keeps none of the others.
    """
    for alert_id in list(drills.ended):
        open_ones = [each for each in orders.book.of_alert(alert_id) if not each.state.is_over]
        recalled = [await _is_recalled(orders, task.id) for task in open_ones]
        if all(recalled):
            drills.ended.remove(alert_id)


async def _is_recalled(orders: TaskDesk, task_id: str) -> bool:
    recall = Act(kind=EventKind.RECALLED, actor=PROGRAM, note="the exercise is over")
    try:
        await orders.act(task_id, recall)
    except (DeedRefused, JournalError) as error:
        said = {"order": task_id, "why": str(error)}
        _LOG.warning("an order of a drill is not recalled yet", extra=said)
        return False
    return True

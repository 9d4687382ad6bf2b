"""After a drill nothing of it goes on: the orders given in it are recalled."""

import logging

from alerting.drill import Drills
from alerting.errors import DeedRefused, JournalError
from alerting.response.desk import PROGRAM
from alerting.tasks.model import EventKind
from groundwatch.task_desk import Act, TaskDesk

_LOG = logging.getLogger(__name__)


async def recall_orders(drills: Drills, orders: TaskDesk) -> None:
    """Recall the open orders of drills that are over; what fails is tried at the next tick."""
    for alert_id in list(drills.ended):
        recall = Act(kind=EventKind.RECALLED, actor=PROGRAM, note="the exercise is over")
        try:
            for task in orders.book.of_alert(alert_id):
                if not task.state.is_over:
                    await orders.act(task.id, recall)
        except (DeedRefused, JournalError) as error:
            _LOG.warning("orders of a drill are not recalled yet", extra={"why": str(error)})
            return
        drills.ended.remove(alert_id)

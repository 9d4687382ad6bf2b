"""How a message is answered: in a short message where answers are heard, else by a link or a call.

Whether answers are heard is a matter of the road a message takes, so it is said when it leaves and
is no part of the notice.
"""

from alerting.model import Mark, Notice, NotifyReason, Remark
from alerting.render.words import words_of

_CALL = Remark("tell the duty office whether you come", "请告知值班室是否前往")


def short_code(task_id: str) -> str:
    """Give the beginning of an order's number, by which it is answered in a short message."""
    return task_id.removeprefix("t-")[:4]


def order_answer(task_id: str) -> Remark:
    """Say how an order is answered by a short message."""
    code = short_code(task_id)
    return Remark(
        f"answer: accept {code}, on scene {code}, done {code}, or decline {code} and why",
        f"回复：接受 {code}、到场 {code}、完成 {code}，或 拒绝 {code} 加原因",
    )


def short_answer(notice: Notice, language: str, *, hears_answers: bool) -> str:
    """Say how a short message is answered; "" where there is nothing to answer, or nobody hears.

    An order that nobody hears the answer to, and that has no link, is answered by a call.
    """
    if not hears_answers:
        return "" if notice.ack_link else order_called(notice, language)
    if notice.reason is NotifyReason.ORDER and notice.task:
        return _in(order_answer(notice.task), language)
    is_taken = notice.alert.acknowledged_at is not None and notice.batch is None
    if not notice.asks or is_taken or notice.mark is Mark.TEST:
        return ""
    return words_of(language)["answer_one"]


def order_called(notice: Notice, language: str) -> str:
    """Say how an order is answered over a road that hears nothing: by its link, or by a call."""
    if notice.reason is not NotifyReason.ORDER or not notice.task:
        return ""
    return notice.ack_link or _in(_CALL, language)


def _in(said: Remark, language: str) -> str:
    return said.zh if language == "zh" else said.en

"""Orders answered by a short message: the words that are understood, and what comes back.

    accept 3fa9 · on scene 3fa9 · done 3fa9 · decline 3fa9 the road is under water

The number is the beginning of the order's; it may be left out while only one order is open to
whoever writes. Only the telephone an order was sent to, or the responder's own, answers it. Words
that acknowledge an alert (`1`, `收到`) answer no order: whoever has seen a message has
promised nothing.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from alerting.errors import DeedRefused
from alerting.render.answer import order_answer, short_code
from alerting.render.words import mark_words
from alerting.tasks.model import EventKind, Task
from groundwatch.ack_reply import MAX_TEXT, is_same_address
from groundwatch.task_desk import Act, TaskDesk
from groundwatch.task_notices import status_line

_WORDS: dict[EventKind, tuple[str, ...]] = {
    EventKind.ACCEPTED: ("accept", "accepted", "接受", "接单", "接令", "出发"),
    EventKind.ON_SCENE: ("on scene", "onscene", "on-scene", "arrived", "到场", "已到场", "到达"),
    EventKind.DONE: ("done", "finished", "完成", "已完成"),
    EventKind.DECLINED: ("decline", "declined", "cannot come", "拒绝", "无法前往", "不能前往"),
}
_PHRASES = sorted(
    ((phrase, kind) for kind, phrases in _WORDS.items() for phrase in phrases),
    key=lambda pair: -len(pair[0]),
)
_CODE = re.compile(r"#?(?:t-)?([0-9a-f]{4,16})(?![0-9a-z])", re.IGNORECASE)
_ENDS = " \t\r\n.。!！,，;；:："
_SHOWN = 5


class Outcome(StrEnum):
    """What became of an answer to an order."""

    ORDER_ANSWERED = "order_answered"
    ORDER_REFUSED = "order_refused"
    WHICH_ORDER = "which_order"
    NO_ORDER = "no_order"
    ORDER_NOT_UNDERSTOOD = "order_not_understood"


class OrderWord(NamedTuple):
    """What somebody says of an order: of which (any, when empty), and why."""

    kind: EventKind
    code: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of an answer, in a word and in the sender's language."""

    outcome: Outcome
    text: str
    task_id: str = ""


_SAID = {
    "en": {
        Outcome.ORDER_REFUSED: "Not taken: {why}",
        Outcome.WHICH_ORDER: "Which order? Open are {open}. Answer {word} and its number.",
        Outcome.NO_ORDER: "There is no open order that was sent to you{code}.",
        Outcome.ORDER_NOT_UNDERSTOOD: "Not understood, nothing was taken. Your order is {open};"
        " {how}",
        "code": " with the number {code}",
    },
    "zh": {
        Outcome.ORDER_REFUSED: "未受理：{why}",
        Outcome.WHICH_ORDER: "是哪项任务？未完成的有{open}。请回复 {word} 加编号。",
        Outcome.NO_ORDER: "没有发给您的未完成任务{code}。",
        Outcome.ORDER_NOT_UNDERSTOOD: "无法识别，未受理。您的任务是{open}；{how}",
        "code": "（编号{code}）",
    },
}


def order_word(text: str) -> OrderWord | None:
    """Read an answer to an order; None where it is none.

    >>> order_word("Accept 3FA9"), order_word("拒绝3fa9 车坏了").why, order_word("收到")
    (OrderWord(kind=<EventKind.ACCEPTED: 'accepted'>, code='3fa9', why=''), '车坏了', None)
    """
    plain = unicodedata.normalize("NFKC", text[:MAX_TEXT]).strip(_ENDS)
    for phrase, kind in _PHRASES:
        rest = plain[len(phrase) :]
        is_whole = not (phrase.isascii() and rest[:1].isascii() and rest[:1].isalpha())
        if plain.casefold().startswith(phrase) and is_whole:
            return _with_code(kind, rest.lstrip(_ENDS))
    return None


def _with_code(kind: EventKind, rest: str) -> OrderWord | None:
    found = _CODE.match(rest)
    code = found[1].casefold() if found else ""
    why = (rest[found.end() :] if found else rest).strip(_ENDS)
    if why and kind is not EventKind.DECLINED:
        return None  # only who declines says more: anything else is not plainly understood
    return OrderWord(kind, code, why)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReplies:
    """Where answers to orders arrive; `is_known` says whether an address is somebody's on file."""

    desk: TaskDesk
    is_known: Callable[[str], bool]

    async def reply(self, sender: str, text: str) -> Answered | None:
        """Take an answer to an order; None where it is about none.

        Raises:
            JournalError: it could not be recorded, so it does not count.
        """
        said, is_known = order_word(text), self.is_known(sender)
        mine = [task for task in self.desk.book if _is_for(task, sender)]
        if said is None:
            return None if is_known or not mine else _not_understood(mine[0])
        if not mine and not is_known:
            return None
        language = _language(mine)
        meant = [task for task in mine if task.id.removeprefix("t-").startswith(said.code)]
        if len(meant) == 1:
            return await self._take(meant[0], said, language)
        words = _SAID[language]
        if meant:
            names = ", ".join(_named(task, language) for task in meant[:_SHOWN])
            word = text.split()[0] if language == "en" else _WORDS[said.kind][-1]
            asked = words[Outcome.WHICH_ORDER].format(open=names, word=word)
            return Answered(outcome=Outcome.WHICH_ORDER, text=asked)
        code = words["code"].format(code=said.code) if said.code else ""
        return Answered(outcome=Outcome.NO_ORDER, text=words[Outcome.NO_ORDER].format(code=code))

    async def _take(self, task: Task, said: OrderWord, language: str) -> Answered:
        is_no = said.kind is EventKind.DECLINED
        note = (said.why or "declined by answer") if is_no else "by answer"
        act = Act(kind=said.kind, actor=task.order.name, note=note)
        try:
            moved = await self.desk.act(task.id, act)
        except DeedRefused as error:
            now = status_line(await self.desk.task(task.id), self.desk.deadlines)
            said_why = now.zh if language == "zh" else error  # reasons have no words in Chinese
            why = _SAID[language][Outcome.ORDER_REFUSED].format(why=said_why)
            return Answered(outcome=Outcome.ORDER_REFUSED, text=why, task_id=task.id)
        line = status_line(moved, self.desk.deadlines)
        shown = line.zh if language == "zh" else line.en
        return Answered(
            outcome=Outcome.ORDER_ANSWERED,
            text=f"{mark_words(task.order.mark, language)}{shown} ({short_code(task.id)})",
            task_id=task.id,
        )


def _not_understood(task: Task) -> Answered:
    """Say how an order is answered, to a team that is told of orders only."""
    language = _language([task])
    how = order_answer(task.id)
    text = _SAID[language][Outcome.ORDER_NOT_UNDERSTOOD].format(
        open=_named(task, language), how=how.zh if language == "zh" else how.en
    )
    return Answered(outcome=Outcome.ORDER_NOT_UNDERSTOOD, text=text, task_id=task.id)


def _is_for(task: Task, sender: str) -> bool:
    order = task.order
    addresses = [road.address for road in order.roads] + [order.phone]
    return any(is_same_address(address, sender) for address in addresses if address)


def _language(tasks: list[Task]) -> str:
    spoken = [road.language for task in tasks for road in task.order.roads]
    return "en" if spoken[:1] == ["en"] else "zh"


def _named(task: Task, language: str) -> str:
    mark = mark_words(task.order.mark, language)
    return f"{task.id.removeprefix('t-')[:8]} ({mark}{task.order.what[:30]})"

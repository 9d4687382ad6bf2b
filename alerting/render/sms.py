"""A notice as one short message: its parts, or its pieces for a provider's template."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from alerting.model import Notice
from alerting.render.answer import short_answer
from alerting.render.atoms import Size, cut, utf16_size
from alerting.render.gsm import gsm_size, in_parts, is_gsm, plain
from alerting.render.short import Essentials, First, essentials, first_words, further

MAX_PARTS = 4
_NOTHING = "-"  # providers refuse a variable without a sign
_FIRST_GSM, _FIRST_UCS2 = 153, 67


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsForm:
    """How long a short message may be, where its link leads (none when empty), who hears answers.

    `hears_answers` says that what people answer to it comes to this program.
    """

    max_parts: int = MAX_PARTS
    base_url: str = ""
    hears_answers: bool = False

    def __post_init__(self) -> None:
        """Refuse what could say nothing, or is longer than a message can be."""
        if not 1 <= self.max_parts <= 10:
            raise ValueError("a short message has 1 to 10 parts")


def render_sms(notice: Notice, language: str, form: SmsForm) -> tuple[str, ...]:
    """Give the parts of one short message; the first says what matters.

    In English it is written in the alphabet of short messages where that has all its signs, so that
    a part holds more than twice as many.
    """
    text = _plain_text(notice, language, form) if language != "zh" else None
    return in_parts(text if text is not None else _text(notice, language, form))


def sms_fields(
    notice: Notice, language: str, *, longest: int, hears_answers: bool = False
) -> dict[str, str]:
    """Give the pieces of a notice for a provider's template, none longer than `longest`.

    Providers that send templates only count signs per variable and refuse more. `text` is what a
    short message would say first, with `answer` behind it where there is room.
    """
    parts = essentials(notice, language)
    near = [*_unsaid(further(notice, language), [parts.why]), *filter(None, [notice.ack_link])]
    answer = short_answer(notice, language, hears_answers=hears_answers)
    first = first_words(parts, language, limit=longest, size=utf16_size).text
    longer = _with_answer(first, answer, _gap(language))
    said = {
        "colour": parts.head,
        "what": parts.what,
        "where": parts.wheres[0],
        "value": " ".join(part for part in (parts.value, parts.limit) if part) or parts.why,
        "taken": parts.taken,
        "near": _gap(language).join(near),
        "answer": answer,
        "id": notice.alert.id,
        "text": longer if utf16_size(longer) <= longest else first,
    }
    return {name: cut(text, longest, utf16_size) or _NOTHING for name, text in said.items()}


def _plain_text(notice: Notice, language: str, form: SmsForm) -> str | None:
    parts = essentials(notice, language)
    limit = _room(parts, _FIRST_GSM, form)
    first, said = _first(parts, language, limit, _plain_size, form)
    first = plain(first)
    if not is_gsm(first) or not (parts.value or said or is_gsm(plain(parts.why))):
        return None
    mores = [plain(more) for more in _unsaid(further(notice, language, form.base_url), said)]
    link = plain(notice.ack_link)
    if not all(map(is_gsm, (*mores, link))):
        return None
    answer = short_answer(notice, language, hears_answers=form.hears_answers)
    return _filled(_answered(first, answer, "; ", form), mores, link, "; ", form)


def _text(notice: Notice, language: str, form: SmsForm) -> str:
    parts, gap = essentials(notice, language), _gap(language)
    first, said = _first(parts, language, _room(parts, _FIRST_UCS2, form), utf16_size, form)
    mores = _unsaid(further(notice, language, form.base_url), said)
    answer = short_answer(notice, language, hears_answers=form.hears_answers)
    return _filled(_answered(first, answer, gap, form), mores, notice.ack_link, gap, form)


def _first(parts: Essentials, language: str, limit: int, size: Size, form: SmsForm) -> First:
    """Give what must be read first; a why that is too long for it follows whole, if there is room.

    Who ended an alert, or what is silent for how long, is worth more than its beginning twice.
    """
    first = first_words(parts, language, limit=limit, size=size)
    if parts.value or parts.is_order or first.said:
        return first
    bare = first_words(replace(parts, whys=(("",),)), language, limit=limit, size=size)
    longer = bare.text + _gap(language) + parts.why
    return First(longer, (parts.why,)) if _fits(longer, form) else first


def _plain_size(text: str) -> int:
    """Give how long a text is in the alphabet of short messages; no room holds one that is not."""
    written = plain(text)
    return gsm_size(written) if is_gsm(written) else 10 * _FIRST_GSM + gsm_size(written)


def _room(parts: Essentials, a_part: int, form: SmsForm) -> int:
    """Give how long what must be read first may be: a part, of an order all but one."""
    return a_part * max(1, form.max_parts - 1) if parts.is_order else a_part


def _gap(language: str) -> str:
    return "；" if language == "zh" else "; "


def _unsaid(mores: Iterable[str], said: Iterable[str]) -> list[str]:
    """Give what was not said whole before: an order is its own first remark."""
    before = set(said)
    return [more for more in mores if more not in before]


def _answered(first: str, answer: str, gap: str, form: SmsForm) -> str:
    """Give what matters and how to answer it; one part alone may have no room for both."""
    longer = _with_answer(first, answer, gap)
    return longer if _fits(longer, form) else first


def _with_answer(first: str, answer: str, gap: str) -> str:
    return first + gap + answer if answer else first


def _filled(first: str, mores: list[str], link: str, gap: str, form: SmsForm) -> str:
    """Give what matters, as much more as there is room for, and the link that acknowledges.

    After what is worth saying first the room of the link is kept free, so that no list of what is
    short takes it. Where it does not fit behind that, it is left out.
    """
    text, *others = _first_more(first, mores, gap, form)
    ending = gap + link if link and _fits(text + gap + link, form) else ""
    for more in others:
        if _fits(text + gap + more + ending, form):
            text += gap + more
    return text + ending


def _first_more(first: str, mores: list[str], gap: str, form: SmsForm) -> list[str]:
    """Give the text with what is worth saying first, where that fits, and then the others."""
    if mores and _fits(first + gap + mores[0], form):
        return [first + gap + mores[0], *mores[1:]]
    return [first, *mores[1:]]


def _fits(text: str, form: SmsForm) -> bool:
    return len(in_parts(text)) <= form.max_parts

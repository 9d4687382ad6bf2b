"""What people did, or what happened to them, in words behind their name."""

import re

from alerting.model import Remark, Severity
from alerting.response.model import Deed

_DEEDS = {
    Deed.VERIFY.value: Remark("verified it", "已核实"),
    Deed.NOTIFIED.value: Remark("was told", "已收到通知"),
    Deed.ACKNOWLEDGE.value: Remark("acknowledged it", "已确认"),
    Deed.DISPATCH.value: Remark("said that help is on its way", "已派出力量"),
    Deed.ARRIVE.value: Remark("said that help is on scene", "已到现场"),
    Deed.CONTAIN.value: Remark("said that it is contained", "已控制"),
    Deed.CLOSE.value: Remark("closed it", "已结束"),
    Deed.FALSE.value: Remark("said it is false", "判定为误报"),
    Deed.REOPEN.value: Remark("reopened it", "重新打开"),
    Deed.ASSIGN.value: Remark("assigned it", "已指派"),
    Deed.NOTE.value: Remark("remark", "备注"),
    Deed.ATTACH.value: Remark("attached a picture", "附上图片"),
    Deed.SHELVE.value: Remark("set it aside", "暂时搁置"),
    Deed.UNSHELVE.value: Remark("brought it back", "恢复处置"),
    Deed.RETURN.value: Remark("came back", "自动恢复"),
    Deed.WORSEN.value: Remark("got worse", "加重"),
    Deed.RECUR.value: Remark("came back", "再次触发"),
    Deed.EASE.value: Remark("eased", "减轻"),
    "sign_off": Remark("signed it off as safe", "签字解除"),
    "drill": Remark("exercise", "演练"),
    "report": Remark("made a report", "生成报告"),
    "report_facts": Remark("entered facts for the report", "录入报告事项"),
}

_NOTES = {
    said.en: said
    for said in (
        Remark("by link", "通过链接"),
        Remark("by answer", "短信答复"),
        Remark("declined by link", "通过链接拒绝"),
        Remark("declined by answer", "短信拒绝"),
        Remark("the exercise is over", "演练已结束"),
        Remark("its condition is over", "警情已解除"),
    )
}
_ROSE = re.compile(r"it rose to (minor|moderate|severe|extreme)")
_ORDER = re.compile(r"order (t-[0-9a-f]+)")


def note_words(note: str) -> Remark:
    """Give a remark of the record in both languages; what a person wrote stands as it was written.

    >>> note_words("by answer").zh, note_words("车坏了").en
    ('短信答复', '车坏了')
    """
    rose, order = _ROSE.fullmatch(note), _ORDER.fullmatch(note)
    if rose is not None:
        severity = Severity[rose[1].upper()]
        return Remark(f"it rose to {severity.colour}", f"升为{severity.zh}色")
    if order is not None:
        return Remark(note, f"任务 {order[1]}")
    return _NOTES.get(note, Remark(note, note))


def deed_words(action: str) -> Remark:
    """Say what is recorded of somebody, for example `was told`; as it stands where no words are.

    >>> deed_words("notified").en
    'was told'
    """
    return _DEEDS.get(action, Remark(action.replace("_", " "), action))

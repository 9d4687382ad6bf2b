"""CAP's elements, their order, number and values, typed out from the standard, not from the writer.

This says of every message what the schema of OASIS says, so that nothing is left out where that is
not at hand; it may not be shipped here. Where it is (`GROUNDWATCH_DATA`), messages are held against
it as well, and both against each other (`test_shape.py`).
"""

import os
import re
from functools import cache
from pathlib import Path

from lxml import etree

DATA = Path(os.environ.get("GROUNDWATCH_DATA", Path(__file__).parents[3] / "../shared/data"))
SCHEMA = DATA / "cap" / "CAP-v1.2.xsd"
CAP = "urn:oasis:names:tc:emergency:cap:1.2"
DSIG = "http://www.w3.org/2000/09/xmldsig#"

_PAIR = "valueName 1 value 1"
_CHILDREN = {
    "alert": "identifier 1 sender 1 sent 1 status 1 msgType 1 source ? scope 1 restriction ?"
    " addresses ? code * note ? references ? incidents ? info *",
    "info": "language ? category + event 1 responseType * urgency 1 severity 1 certainty 1"
    " audience ? eventCode * effective ? onset ? expires ? senderName ? headline ? description ?"
    " instruction ? web ? contact ? parameter * resource * area *",
    "resource": "resourceDesc 1 mimeType 1 size ? uri ? derefUri ? digest ?",
    "area": "areaDesc 1 polygon * circle * geocode * altitude ? ceiling ?",
    "eventCode": _PAIR,
    "parameter": _PAIR,
    "geocode": _PAIR,
}

_WORDS = {
    "status": "Actual Exercise System Test Draft",
    "msgType": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "responseType": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}
_INSTANT = (
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"[-+](0\d|1[0-4]):[0-5]\d"
)
_FORMS = {
    **dict.fromkeys(("sent", "effective", "onset", "expires"), _INSTANT),
    "language": r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*",
    "size": r"[-+]?\d+",
    "altitude": r"[-+]?(\d+(\.\d*)?|\.\d+)",
    "ceiling": r"[-+]?(\d+(\.\d*)?|\.\d+)",
    **{name: words.replace(" ", "|") for name, words in _WORDS.items()},
}


def faults(root: "etree._Element") -> list[str]:
    """Say everything that is wrong with a message, by what is typed out here and by the schema."""
    found = faults_of_shape(root)
    if SCHEMA.is_file() and not schema().validate(root):
        found.append(f"by the schema: {schema().error_log}")
    return found


def faults_of_shape(root: "etree._Element") -> list[str]:
    """Say what stands in the wrong place or too often."""
    found: list[str] = []
    for node in root.iter():
        name = etree.QName(node)
        if name.namespace != CAP:
            continue
        wanted = _CHILDREN.get(name.localname)
        inside = [etree.QName(child) for child in node]
        own = [child.localname for child in inside if child.namespace == CAP]
        if wanted is None:
            if inside or not (node.text or "").strip():
                found.append(f"{name.localname} is empty or has children")
            wanted_form = _FORMS.get(name.localname)
            if wanted_form and not re.fullmatch(wanted_form, (node.text or "").strip()):
                found.append(f"{name.localname} is {node.text!r}")
            continue
        found += [f"{name.localname}: {said}" for said in _faults(own, wanted.split())]
    return found


def _faults(own: list[str], wanted: list[str]) -> list[str]:
    order = wanted[::2]
    places = [order.index(name) if name in order else -1 for name in own]
    found = ["out of order"] if places != sorted(places) else []
    found += [f"unknown {name}" for name in own if name not in order]
    for name, often in zip(order, wanted[1::2], strict=True):
        count = own.count(name)
        if (often in "1+" and count == 0) or (often in "1?" and count > 1):
            found.append(f"{count} of {name}")
    return found


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMA)))

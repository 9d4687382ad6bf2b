"""The order and number of CAP's elements, typed out from the standard and not from the writer.

Where the schema of OASIS is at hand (`GROUNDWATCH_DATA`) messages are held against it as well.
"""

import os
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
    "area": "areaDesc 1 polygon * circle * geocode * altitude ? ceiling ?",
    "eventCode": _PAIR,
    "parameter": _PAIR,
    "geocode": _PAIR,
}


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

"""What lies in quarantine in words: whose it is, and what a person can do about it.

A reason says what is wrong and, where something near is known, what was perhaps meant; what to do
depends on who can mend it: the site files, the settings, the sender, or nobody.
"""

import re

from ingest.codecs.table import Lane, lane_of

_THEN = "then start the program again and run `groundwatch replay`"
_ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"is not in the site files|^site '[^']*' has no device",
        "add it to a site file, or give the device a topic with the site and id that are there;"
        f" {_THEN}",
    ),
    (
        r"no device has the \S+ address",
        "give a device of the site files this address (`addresses:`), or narrow the `topics` of the"
        f" door in the settings; {_THEN}",
    ),
    (
        r"has no point '|needs `point`|no sensor for '|no sensor called '",
        "add the sensor to the device in its site file, or let the device send the name that is"
        f" there; {_THEN}",
    ),
    (
        r"no codec is set for the topic",
        "take the sender off this topic, or turn its format on in the settings (`[doors]`)",
    ),
    (
        r"a broken clock",
        "set the clock of the device; where its devices have none, a site says"
        " `clock: {future: restamp}` (docs/site-files.md)",
    ),
    (
        r"conflicts with a reading already owned",
        "nothing here: the first value is kept; the device sends two for one instant, see to it",
    ),
    (
        r"could not be read: ",
        "this is a defect of the program: its log says where; keep the message for who mends it",
    ),
)
_OF_STORE = "the readings were judged and are lost to the database only; mend it there"
_OF_SENDER = "let the sender write what docs/wire-format.md says; older messages stay unreadable"


def what_to_do(origin: str, reason: str) -> str:
    """Say what a person can do about an entry."""
    if origin == "store":
        return _OF_STORE
    return next((said for sign, said in _ADVICE if re.search(sign, reason)), _OF_SENDER)


def sender_of(origin: str, topic: str) -> tuple[str, str] | None:
    """Give site and device that a topic names; None where its format names neither."""
    if origin == "store":
        site, _, rest = topic.partition("/")
        return site, rest.partition("/")[0]
    found = lane_of(topic)
    if found is None or not isinstance(found[0], Lane):
        return None
    address = found[0].address(found[1])
    return address.site, address.device

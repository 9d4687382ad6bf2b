"""The doors by which devices that do not speak the native format are heard, and their addresses.

A site file gives a device's address behind such a door (`addresses: {sl651: "0044010699"}`); the
table is closed so that a typing error is a fault and not a device that is never heard.
"""

import re

DOORS: dict[str, str] = {
    "senml": "start of the record's name up to a : / . _ or -, else the last level of the topic",
    "sparkplug": "group/edge node/device, or group/edge node",
    "chirpstack": "DevEUI, 16 hexadecimal digits in lower case",
    "frigate": "name of the camera",
    "vendor": "feed/number of the device, for example yunzhu/HX-0017",
    "sl651": "station address, 10 digits; a further device of the station adds /name",
    "hj212": "MN, the number of the equipment",
}
MAX_ADDRESS = 128
_LEVEL = r"[^/+#]+"
FORMS: dict[str, re.Pattern[str]] = {
    "sparkplug": re.compile(rf"{_LEVEL}/{_LEVEL}(/{_LEVEL})?"),
    "chirpstack": re.compile(r"[0-9a-f]{16}"),
    "frigate": re.compile(_LEVEL),
    "vendor": re.compile(rf"(yunzhu|regulator|crane_alarm)/{_LEVEL}"),
    "sl651": re.compile(r"[0-9A-F]{10}(/[0-9A-Za-z_.-]+)?"),
    "hj212": re.compile(r"[0-9A-Za-z_.-]{1,64}"),
}


def is_address(door: str, address: str) -> bool:
    """Tell whether a device behind a door can have an address, as far as that is known."""
    form = FORMS.get(door)
    return form is None or form.fullmatch(address) is not None

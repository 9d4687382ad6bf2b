"""A stand-in for a GSM modem at the end of a real serial line (a pseudo-terminal).

It is no modem: it answers the AT commands that libGammu asks of one, keeps the PDUs it is given,
and reads them by the rules of 3GPP TS 23.040. What talks to it is the real library.
"""

import os
import pty
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_ANSWERS = {
    "AT+CGMI": "Example",
    "AT+CGMM": "Stand-in of the tests",
    "AT+CGMR": "1.0",
    "AT+CSCS=?": '+CSCS: ("GSM","UCS2")',
    "AT+CSCS?": '+CSCS: "GSM"',
    "AT+CSCA?": '+CSCA: "+8600000000999",145',
    "AT+CREG?": "+CREG: 2,1",
    "AT+CPMS=?": '+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")',
}


@dataclass(frozen=True)
class Pdu:
    """One part as it came over the line."""

    to: str
    coding: int
    udh: bytes
    text: str


@dataclass
class StandIn:
    """Answers; `script` holds what is said to the next message instead (`+CMS ERROR: 38`)."""

    pin: str = ""
    script: list[str] = field(default_factory=list)
    pdus: list[Pdu] = field(default_factory=list)
    n_pins: int = 0
    path: str = ""
    _is_open: bool = True
    _wants_pdu: bool = False

    def texts(self) -> str:
        whole: dict[tuple[str, int, int], dict[int, str]] = {}
        for number, pdu in enumerate(self.pdus):
            key = (pdu.to, pdu.udh[3], 0) if pdu.udh else (pdu.to, -1, number)
            whole.setdefault(key, {})[pdu.udh[5] if pdu.udh else 1] = pdu.text
        return "\n".join("".join(text for _, text in sorted(w.items())) for w in whole.values())

    def run(self, line: int) -> None:
        try:
            self._talk(line)
        except OSError:
            return  # the line was taken away

    def _talk(self, line: int) -> None:
        kept = b""
        while True:
            kept += os.read(line, 4096)
            while (end := kept.find(b"\x1a" if self._wants_pdu else b"\r")) >= 0:
                text, kept = kept[:end], kept[end + 1 :]
                os.write(line, self._answer(text.decode("latin-1").strip("\n\x1b ")))

    def _answer(self, text: str) -> bytes:
        if self._wants_pdu:
            self._wants_pdu = False
            return self._take(text)
        echo = text.encode("latin-1") + b"\r"
        command = text.upper()
        if command.startswith("AT+CMGS="):
            self._wants_pdu = True
            return echo + b"\r\n> "
        if command == "AT+CPIN?":
            ready = "READY" if not self.pin or self._is_unlocked else "SIM PIN"
            return echo + f"\r\n+CPIN: {ready}\r\n\r\nOK\r\n".encode()
        if command.startswith("AT+CPIN="):
            return echo + self._unlock(text)
        said = _ANSWERS.get(command)
        return echo + (f"\r\n{said}\r\n".encode() if said else b"") + b"\r\nOK\r\n"

    _is_unlocked: bool = False

    def _unlock(self, text: str) -> bytes:
        self.n_pins += 1
        self._is_unlocked = f'"{self.pin}"' in text
        return b"\r\nOK\r\n" if self._is_unlocked else b"\r\n+CME ERROR: 16\r\n"

    def _take(self, text: str) -> bytes:
        echo = text.encode("latin-1") + b"\x1a"
        if self.script:
            return echo + f"\r\n{self.script.pop(0)}\r\n".encode()
        self.pdus.append(_read(bytes.fromhex(text)))
        return echo + f"\r\n+CMGS: {len(self.pdus)}\r\n\r\nOK\r\n".encode()


def _read(octets: bytes) -> Pdu:
    """Read an SMS-SUBMIT behind the centre's address."""
    rest = octets[1 + octets[0] :]
    has_udh, has_time = bool(rest[0] & 0x40), (rest[0] >> 3) & 3
    n_digits = rest[2]
    address = rest[4 : 4 + (n_digits + 1) // 2]
    digits = "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in address)[:n_digits]
    rest = rest[4 + len(address) :]
    coding = rest[1]
    rest = rest[2 + {0: 0, 2: 1, 1: 7, 3: 7}[has_time] :]
    length, data = rest[0], rest[1:]
    udh = data[: data[0] + 1] if has_udh else b""
    if coding == 8:
        return Pdu(digits, coding, udh, data[len(udh) : length].decode("utf-16-be"))
    septets = _unpacked(data, length)
    skipped = -(-len(udh) * 8 // 7)
    return Pdu(digits, coding, udh, "".join(chr(each) for each in septets[skipped:]))


def _unpacked(data: bytes, count: int) -> list[int]:
    bits = int.from_bytes(data, "little")
    return [(bits >> (7 * at)) & 0x7F for at in range(count)]


@contextmanager
def stand_in(pin: str = "") -> Iterator[StandIn]:
    line, end = pty.openpty()
    tty.setraw(line)
    tty.setraw(end)
    modem = StandIn(pin=pin, path=os.ttyname(end))
    thread = threading.Thread(target=modem.run, args=(line,), name="modem")
    thread.start()
    try:
        yield modem
    finally:
        os.close(end)
        os.close(line)
        thread.join(10)

"""The one door to libGammu, which speaks to GSM modems and telephones; everything here blocks.

The library is optional (`pip install groundwatch[gsm]`) and is imported when a modem is opened.
"""

import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

ABSENT = "python-gammu is not installed; install groundwatch[gsm]"

_FINAL = ("ERR_SECURITYERROR", "ERR_EMPTYSMSC", "ERR_INVALIDDATA", "ERR_PERMISSION")


class ModemFailed(Exception):
    """The modem did not do it; `may_pass` where trying again may help."""

    def __init__(self, said: str, *, may_pass: bool) -> None:
        """Keep what was said."""
        super().__init__(said)
        self.may_pass = may_pass


def is_installed() -> bool:
    """Say whether the library is there."""
    return importlib.util.find_spec("gammu") is not None


class GammuModem:
    """One modem; opened when it is first used, and again after a failure."""

    def __init__(self, *, device: str, connection: str, pin: SecretStr | None) -> None:
        """Hold how it is reached; nothing is opened yet."""
        self._device = device
        self._connection = connection
        self._pin = pin
        self._machine: Any = None
        self._is_pin_wrong = False

    def send(self, number: str, parts: Sequence[str], *, is_plain: bool, reference: int) -> str:
        """Send the parts of one message; give the modem's references.

        Raises:
            ModemFailed: one of them was not taken.
        """
        gammu = importlib.import_module("gammu")
        try:
            machine = self._opened(gammu)
            said = [
                machine.SendSMS(_message(number, part, is_plain, _header(reference, parts, at)))
                for at, part in enumerate(parts, start=1)
            ]
        except gammu.GSMError as error:
            self.close()
            raise _failed(error) from None
        return " ".join(str(each) for each in said)

    def close(self) -> None:
        """Leave the modem to others."""
        machine, self._machine = self._machine, None
        if machine is not None:
            gammu = importlib.import_module("gammu")
            try:
                machine.Terminate()
            except gammu.GSMError:
                return  # it is gone already

    def _opened(self, gammu: Any) -> Any:
        if self._machine is None:
            if not Path(self._device).is_char_device():  # the library would try for minutes
                raise ModemFailed(f"there is no modem at {self._device}", may_pass=True)
            machine = gammu.StateMachine()
            config = {"Model": "at", "Connection": self._connection, "Device": self._device}
            machine.SetConfig(0, config)
            machine.Init()
            self._machine = machine  # from here on `close` ends it, whatever comes
            try:
                self._unlock(gammu, machine)
            except ModemFailed:
                # While the modem is there: thrown away later, it would hold all up for minutes.
                self.close()
                raise
        return self._machine

    def _unlock(self, gammu: Any, machine: Any) -> None:
        """Give the PIN if the card asks for it; a wrong one is tried once, three lock the card."""
        if machine.GetSecurityStatus() != "PIN":
            return
        if self._pin is None or self._is_pin_wrong:
            why = "was wrong and is not tried again" if self._is_pin_wrong else "is not set"
            raise ModemFailed(f"the card asks for its PIN, which {why}", may_pass=False)
        try:
            machine.EnterSecurityCode("PIN", self._pin.get_secret_value())
        except gammu.GSMError:
            self._is_pin_wrong = True
            raise ModemFailed("the card refused the PIN", may_pass=False) from None


def _header(reference: int, parts: Sequence[str], number: int) -> bytes:
    return bytes([5, 0, 3, reference & 0xFF, len(parts), number]) if len(parts) > 1 else b""


def _message(number: str, part: str, is_plain: bool, header: bytes) -> dict[str, Any]:  # noqa: FBT001 - a value of the message
    message: dict[str, Any] = {
        "Text": part,
        "Number": number,
        "SMSC": {"Location": 1},
        "Coding": "Default_No_Compression" if is_plain else "Unicode_No_Compression",
    }
    if header:
        message["UDH"] = {"Type": "UserUDH", "Text": header}
    return message


def _failed(error: Exception) -> ModemFailed:
    kind = type(error).__name__
    first = error.args[0] if error.args else {}
    said = str(first.get("Text", kind)) if isinstance(first, dict) else kind
    return ModemFailed(f"{said} ({kind})", may_pass=kind not in _FINAL)

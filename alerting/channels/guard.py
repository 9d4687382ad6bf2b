"""Which addresses a channel may be sent to: a plain question, asked before any connection is made.

Addresses come from people.yaml and are a way for whoever edits that file to make the program call
anything it can reach; `allowed_hosts` in the settings closes that.
"""

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

SCHEMES = ("http", "https")
MAX_LENGTH = 2048


def why_refused(address: str, allowed_hosts: Sequence[str] = ()) -> str | None:
    """Say why an HTTP address must not be used; None when it may be.

    `allowed_hosts` holds host names (`hooks.example.org`), `host:port`, or `.example.org` for every
    host below it; empty allows every host. The answer never repeats the address, which may carry a
    token, beyond its host.
    """
    if not address:
        return "the address is empty; allowed: http://… or https://…"
    if len(address) > MAX_LENGTH:
        return f"the address has {len(address)} characters; allowed: {MAX_LENGTH}"
    if any(not sign.isprintable() or sign.isspace() or sign == "\\" for sign in address):
        return "the address has a blank, a backslash or a control character"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        return f"the address cannot be read: {_without(str(error), address)}"
    return _why_parts_refused(parts) or _why_host_refused(parts.hostname or "", port, allowed_hosts)


def host_of(address: str) -> str:
    """Give `host` or `host:port` of an address, the only part of it that is ever shown."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "(unreadable address)"
    host = parts.hostname or "(no host)"
    return host if port is None else f"{host}:{port}"


def _why_parts_refused(parts: SplitResult) -> str | None:
    if parts.scheme not in SCHEMES:
        return f"the address starts with {parts.scheme or 'no scheme'!r}; allowed: http, https"
    if parts.username is not None or parts.password is not None:
        return "the address carries a user name or password; give the secret in the settings"
    if not parts.hostname:
        return "the address names no host"
    return None


def _why_host_refused(host: str, port: int | None, allowed_hosts: Sequence[str]) -> str | None:
    if not allowed_hosts:
        return None
    shown = host if port is None else f"{host}:{port}"
    if any(_is_allowed(host, shown, allowed.lower()) for allowed in allowed_hosts):
        return None
    return f"host {shown} is not allowed; allowed: {', '.join(allowed_hosts)}"


def _is_allowed(host: str, shown: str, allowed: str) -> bool:
    if allowed.startswith("."):
        return host.endswith(allowed) and len(host) > len(allowed)
    return allowed in (host, shown)


def _without(text: str, address: str) -> str:
    return text.replace(address, "…")

"""Which addresses a channel may be sent to: plain questions, asked before any byte is sent.

Addresses come from people.yaml and are a way for whoever edits that file to make the program call
anything it can reach. So a host is judged twice: by its name before it is looked up, and by the
address it turned out to have before that very address is connected to (`alerting.channels.reach`),
which leaves a name that changes its address between the two nothing to win.

`allowed_hosts` names hosts (`hooks.example.org`), `host:port`, `.example.org` for every host below
it, addresses, and networks (`10.2.0.0/16`). Empty, it allows the public internet and nothing else.
A host named there may also stand in a private network; addresses of this machine and of its nearest
link (169.254.0.0/16 with the metadata service of clouds, fe80::/10) must be named themselves.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

SCHEMES = ("http", "https")
MAX_LENGTH = 2048

_NAME = re.compile(r"\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PUBLIC, _PRIVATE, _LOCAL = "of the public internet", "private", "of this machine"
_EMPTY = (
    "not allowed, because no host is; name it in `allowed_hosts`, or give the address as the `url`"
    " of a channel in the settings; allowed without that: the public internet"
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class AllowList:
    """What `allowed_hosts` says, read once."""

    entries: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, entries: Sequence[str]) -> Self:
        """Read the entries.

        Raises:
            ValueError: one is neither a host, `.domain`, `host:port`, address nor network.
        """
        names, networks = set[str](), list[Network]()
        for entry in entries:
            network = _network(entry)
            if network is not None:
                networks.append(network)
            else:
                names.add(_named(entry))
        return cls(tuple(entries), frozenset(names), tuple(networks))

    def names_host(self, host: str, port: int | None) -> bool:
        """Say whether a host is named itself, or lies below a named domain."""
        host = host.lower().rstrip(".")
        domains = {host[at:] for at, sign in enumerate(host) if sign == "." and at}
        return bool(self.names & ({host, _with_port(host, port)} | domains))

    def why_host_refused(self, host: str, port: int | None) -> str | None:
        """Say why a host must not be looked up; None when its address decides."""
        address = _literal(host)
        if address is not None:
            return self.why_address_refused(address, host, port)
        if not self.entries or self.networks or self.names_host(host, port):
            return None
        return self._not_allowed(_with_port(host, port))

    def why_address_refused(self, address: Address, host: str, port: int | None) -> str | None:
        """Say why an address that a host has must not be connected to; None when it may."""
        address = _inner(address)
        shown, is_alias = _with_port(host, port), _literal(host) is None
        kind = _kind(address)
        if self._lets_through(address, kind, host, port):
            return None
        if kind == _PUBLIC:
            return self._not_allowed(shown)
        reads = f"host {shown} has the address {address}, which is" if is_alias else f"{shown} is"
        return f"{reads} {kind}: {self._rule()}"

    def _lets_through(self, address: Address, kind: str, host: str, port: int | None) -> bool:
        if any(address in network for network in self.networks):
            return True
        if not self.names_host(host, port):
            return kind == _PUBLIC and not self.entries
        if _literal(host) is not None or kind in (_PUBLIC, _PRIVATE):
            return True
        return kind == _LOCAL and _is_localhost(host)

    def _not_allowed(self, shown: str) -> str:
        return f"host {shown} is not allowed; allowed: {', '.join(self.entries)}"

    def _rule(self) -> str:
        return f"not allowed; allowed: {', '.join(self.entries)}" if self.entries else _EMPTY


def why_unusable(address: str) -> str | None:
    """Say why something is no HTTP address to send to; None when it may be one.

    The answer never repeats the address, which may carry a token.
    """
    if not address:
        return "the address is empty; allowed: http://… or https://…"
    if len(address) > MAX_LENGTH:
        return f"the address has {len(address)} characters; allowed: {MAX_LENGTH}"
    if any(not sign.isprintable() or sign.isspace() or sign == "\\" for sign in address):
        return "the address has a blank, a backslash or a control character"
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        return f"the address cannot be read: {_without(str(error), address)}"
    return _why_parts_refused(parts)


def why_refused(address: str, allowed: AllowList) -> str | None:
    """Say why an HTTP address must not be used; None when it may be as far as its name tells."""
    unusable = why_unusable(address)
    if unusable is not None:
        return unusable
    parts = urlsplit(address)
    return allowed.why_host_refused(parts.hostname or "", parts.port)


def host_of(address: str) -> str:
    """Give `host` or `host:port` of an address, the only part of it that is ever shown."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "(unreadable address)"
    return _with_port(parts.hostname or "(no host)", port)


def _why_parts_refused(parts: SplitResult) -> str | None:
    if parts.scheme not in SCHEMES:
        return f"the address starts with {parts.scheme or 'no scheme'!r}; allowed: http, https"
    if parts.username is not None or parts.password is not None:
        return "the address carries a user name or password; give the secret in the settings"
    if not parts.hostname:
        return "the address names no host"
    return None


def check_network(text: str) -> Network:
    """Give a network.

    Raises:
        ValueError: it is none; the text says what is allowed, and what may have been meant.

    >>> check_network("10.2.0.1/16")
    Traceback (most recent call last):
    ...
    ValueError: '10.2.0.1/16' is no network: the address goes on behind its 16 bits; \
did you mean 10.2.0.0/16?
    """
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        allowed = "an address, or one and how many bits of it count, for example 10.2.0.0/16"
        raise ValueError(f"{text[:60]!r} is no network; allowed: {allowed}") from None
    why = f"the address goes on behind its {meant.prefixlen} bits"
    raise ValueError(f"{text!r} is no network: {why}; did you mean {meant}?")


def _network(entry: str) -> Network | None:
    return check_network(entry) if "/" in entry else None


def _named(entry: str) -> str:
    text = entry.lower()
    host, _, port = text.rpartition(":")
    if not host or _literal(text) is not None:
        host, port = text, "1"
    has_port = port.isascii() and port.isdigit() and 0 < int(port) < 65536
    if not has_port or not (_literal(host) is not None or _NAME.fullmatch(host)):
        shapes = "hooks.example.org, hooks.example.org:8443, .example.org, 10.2.0.0/16"
        raise ValueError(f"{entry!r} names no host; allowed are the shapes {shapes}")
    return text


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _inner(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 address stands for, where it is such."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def _kind(address: Address) -> str:
    if address.is_loopback or address.is_unspecified:
        return _LOCAL
    if address.is_link_local:
        return "of the nearest link, where clouds keep their metadata"
    if address.is_multicast or address.is_reserved:
        return "of no single machine"
    return _PUBLIC if address.is_global else _PRIVATE


def _is_localhost(host: str) -> bool:
    return host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost")


def _with_port(host: str, port: int | None) -> str:
    if port is None:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _without(text: str, address: str) -> str:
    return text.replace(address, "…")

"""Settings that would be without effect beside others.

Whoever writes one believes that it does something. Where that is what somebody relies on (that the
connection is encrypted, that answers are heard) nothing starts; the others are told, as a program
that ran with them yesterday must run today. Only what was given is looked at, never a default.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

_Settings = Any  # those of `groundwatch.settings`, which asks here


class Idle(NamedTuple):
    """A setting without effect: where it stands, why it has none, and what to do.

    `is_relied_on` says that somebody trusts in what it would have done.
    """

    loc: tuple[str, ...]
    why: str
    fix: str
    is_relied_on: bool


class _Rule(NamedTuple):
    """In `section` ("" for none) `names` do nothing where `is_idle`.

    `relied_on` are those whose effect somebody trusts in; a program must not run without it.
    """

    section: str
    names: Sequence[str]
    is_idle: Callable[[_Settings], bool]
    why: str
    fix: str
    relied_on: Sequence[str] = ()


_LEAVE_OUT = "leave it out"
_RULES: tuple[_Rule, ...] = (
    _Rule(
        "mqtt",
        ("port",),
        lambda given: given.mqtt.host is None,
        "a port without a host: the program starts a broker of its own, on another port",
        "give `host` beside it for a broker that is there already, or name the port `broker_port`"
        " for the program's own",
    ),
    _Rule(
        "mqtt",
        ("version", "user", "password", "tls_ca", "tls_cert", "tls_key"),
        lambda given: given.mqtt.host is None,
        "without effect without `host`: the program starts a broker of its own, which only this"
        " machine reaches and which asks for nothing",
        f"give `host` beside it for a broker that is there already, or {_LEAVE_OUT}",
        relied_on=("user", "password", "tls_ca", "tls_cert", "tls_key"),
    ),
    _Rule(
        "mqtt",
        ("broker", "broker_port"),
        lambda given: given.mqtt.host is not None,
        "without effect beside `host`: the program starts no broker of its own where one is there",
        f"{_LEAVE_OUT}, or name the port of the broker at `host` `port`",
    ),
    _Rule(
        "mqtt",
        ("tls_cert", "tls_key"),
        lambda given: given.mqtt.host is not None and given.mqtt.tls_ca is None,
        "without effect without `tls_ca`: the connection would not be encrypted",
        "give `tls_ca` beside it, the authorities that may vouch for the broker (Debian's are"
        " /etc/ssl/certs/ca-certificates.crt)",
        relied_on=("tls_cert", "tls_key"),
    ),
    _Rule(
        "mqtt",
        ("tls_cert",),
        lambda given: given.mqtt.tls_key is None,
        "a certificate without its key",
        "give `tls_key` beside it",
        relied_on=("tls_cert",),
    ),
    _Rule(
        "mqtt",
        ("tls_key",),
        lambda given: given.mqtt.tls_cert is None,
        "a key without its certificate",
        "give `tls_cert` beside it",
        relied_on=("tls_key",),
    ),
    _Rule(
        "mqtt",
        ("password",),
        lambda given: given.mqtt.host is not None and given.mqtt.user is None,
        "`password` without `user`: it would not be sent",
        "give `user` beside it",
        relied_on=("password",),
    ),
    _Rule(
        "",
        ("retention_days",),
        lambda given: given.influx is not None,
        "without effect beside [influx]: it is of the embedded store",
        "say in InfluxDB how long it keeps readings, and leave this out",
    ),
    _Rule(
        "influx",
        ("org",),
        lambda given: given.influx is not None and given.influx.version == "1",
        "without effect beside `version` 1, which knows no organisations",
        _LEAVE_OUT,
    ),
    _Rule(
        "influx",
        ("user", "password"),
        lambda given: given.influx is not None and given.influx.token is not None,
        "without effect beside `token`: only one of the two is sent",
        "give user and password for InfluxDB 1.x, a token for 2.x and 3",
    ),
    _Rule(
        "influx",
        ("password",),
        lambda given: given.influx is not None and given.influx.user is None,
        "without effect without `user`",
        "give `user` beside it",
        relied_on=("password",),
    ),
    _Rule(
        "http",
        ("open",),
        lambda given: given.http.open and bool(given.http.keys),
        "without effect beside keys: whoever has none is kept out",
        f"{_LEAVE_OUT}, or leave out the keys where a proxy in front knows the people",
    ),
    _Rule(
        "cap",
        ("key_password",),
        lambda given: given.cap.key is None,
        "without effect without `key`: nothing is signed",
        "give `key` and `certificate` beside it",
        relied_on=("key_password",),
    ),
    _Rule(
        "cap",
        ("restriction",),
        lambda given: given.cap.scope != "Restricted",
        "without effect: only messages of `scope` Restricted say to whom",
        f"{_LEAVE_OUT}, or leave `scope` as it is",
    ),
    _Rule(
        "official",
        ("every_s", "allowed_hosts"),
        lambda given: not given.official.feeds,
        "without effect without `feeds`: nothing is fetched",
        "give `feeds` beside it",
    ),
    _Rule(
        "travel",
        ("deadline_ms",),
        lambda given: given.travel.by not in ("osrm", "valhalla"),
        "without effect: no server is asked",
        "write `by` osrm or valhalla and its `url` beside it",
    ),
    _Rule(
        "models",
        ("key", "train_at_hour_utc"),
        lambda given: not given.models.enabled,
        "without effect beside `enabled` false: there are no models",
        f"{_LEAVE_OUT}, or leave out `enabled`",
        relied_on=("key",),
    ),
    _Rule(
        "private",
        ("key",),
        lambda given: not given.doors.model_fields_set,
        "without effect without a format in [doors]: no other names people",
        _LEAVE_OUT,
    ),
    _Rule(
        "heartbeat",
        ("every_s",),
        lambda given: given.heartbeat.url is None,
        "without effect without `url`: nobody hears it",
        "give `url` beside it",
    ),
)

_OF_CHANNELS: tuple[tuple[str, Callable[[Any, _Settings], bool], str, str], ...] = (
    (
        "answers",
        lambda entry, given: entry.answers and not given.replies.hears,
        "without effect: no answer is heard without [replies]",
        "give [replies] `secret` or `networks`",
    ),
    (
        "tls_ca",
        lambda entry, _: entry.security == "none",
        "without effect beside `security` none: nothing is encrypted",
        f"{_LEAVE_OUT}, or leave out `security`",
    ),
    (
        "secret",
        lambda entry, _: entry.kind == "sms_http" and not entry.sends_secret,
        "without effect: no template has {secret}, so that it would not be sent",
        "write {secret} where the service wants it in `headers`, `body` or `url`",
    ),
    (
        "digit",
        lambda _, given: not given.http.public_url,
        "without effect without [http] `public_url`: nobody could tell us that it was pressed",
        "give [http] `public_url`, the address the service reaches us at",
    ),
)


def idle_settings(settings: _Settings) -> list[Idle]:
    """Find every setting that was given and would do nothing."""
    found = [
        Idle((*filter(None, [rule.section]), name), rule.why, rule.fix, name in rule.relied_on)
        for rule in _RULES
        for name in rule.names
        if _is_given(_section(settings, rule.section), name) and rule.is_idle(settings)
    ]
    unique = {each.loc: each for each in reversed(found)}  # the first rule says it
    return [*reversed(unique.values()), *_of_channels(settings)]


def _of_channels(settings: _Settings) -> Iterator[Idle]:
    for name, entry in settings.channels.items():
        for option, is_idle, why, fix in _OF_CHANNELS:
            if _is_given(entry, option) and is_idle(entry, settings):
                yield Idle(("channels", name, option), why, fix, is_relied_on=True)


def _section(settings: _Settings, name: str) -> BaseModel | None:
    found: BaseModel | None = getattr(settings, name) if name else settings
    return found


def _is_given(section: BaseModel | None, name: str) -> bool:
    """Say whether somebody wrote a setting, and not only that there is none."""
    if section is None or name not in section.model_fields_set:
        return False
    return getattr(section, name) is not None

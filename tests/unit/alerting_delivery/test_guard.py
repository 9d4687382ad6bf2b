"""Which hosts and addresses the allow-list lets through, before and after a name is looked up."""

import ipaddress
from collections.abc import Sequence
from dataclasses import replace

import pytest

from alerting.channels.guard import AllowList
from alerting.channels.http import Ask, HttpConfig, HttpRoad
from alerting.errors import DeliveryError
from tests.contract.receiver import receiving
from tests.unit.alerting_delivery.values import NOW

LIST = ("hooks.example", ".duty.example", "gate.example:8443", "10.2.0.0/16", "localhost")


def why(host: str, address: str, port: int | None = None, entries: Sequence[str] = LIST) -> str:
    allowed = AllowList.of(entries)
    refused = allowed.why_host_refused(host, port)
    at = ipaddress.ip_address(address)
    return refused or allowed.why_address_refused(at, host, port) or ""


@pytest.mark.parametrize(
    ("case", "host", "address", "port"),
    [
        ("a named host in public", "hooks.example", "93.184.215.14", None),
        ("a named host within the office", "hooks.example", "192.168.4.9", None),
        ("a host below a named domain", "a.b.duty.example", "93.184.215.14", 443),
        ("the named port", "gate.example", "93.184.215.14", 8443),
        ("capitals and the root's dot", "HOOKS.example.", "93.184.215.14", None),
        ("an address of a named network", "10.2.3.4", "10.2.3.4", 80),
        ("a name that stands in a named network", "inside.example", "10.2.3.4", None),
        ("the same written as IPv6", "inside.example", "::ffff:10.2.3.4", None),
        ("this machine by its own name", "localhost", "::1", 8080),
    ],
)
def test_let_through(case: str, host: str, address: str, port: int | None) -> None:
    assert why(host, address, port) == "", case


@pytest.mark.parametrize(
    ("case", "host", "address", "port"),
    [
        ("a host nobody named", "elsewhere.example", "93.184.215.14", None),
        ("a name that only begins like one", "hooks.example.evil.test", "93.184.215.14", None),
        ("a name that only ends like one", "evilduty.example", "93.184.215.14", None),
        ("the domain itself where only what is below it is named", "duty.example", "1.1.1.1", None),
        ("another port", "gate.example", "93.184.215.14", 22),
        ("a named host turned to this machine", "hooks.example", "127.0.0.1", None),
        ("the same by IPv6", "hooks.example", "::1", None),
        ("the same mapped into IPv6", "hooks.example", "::ffff:127.0.0.1", None),
        ("the same by 6to4", "hooks.example", "2002:7f00:1::", None),
        ("the same by NAT64", "hooks.example", "64:ff9b::7f00:1", None),
        (
            "a named host turned to a cloud's metadata",
            "hooks.example",
            "169.254.169.254",
            None,
        ),
        ("the same mapped into IPv6", "hooks.example", "::ffff:169.254.169.254", None),
        ("a neighbour on the link", "hooks.example", "fe80::1", None),
        ("everybody at once", "hooks.example", "224.0.0.1", None),
        ("no address at all", "hooks.example", "0.0.0.0", None),  # noqa: S104 - refused
        ("a network beside the named one", "inside.example", "10.3.0.1", None),
    ],
)
def test_refused(case: str, host: str, address: str, port: int | None) -> None:
    assert "allowed" in why(host, address, port), case


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "100.64.0.1",
                                     "169.254.169.254", "::1", "fd00::1", "fe80::1"])  # fmt: skip
def test_an_empty_list_is_the_public_internet_and_nothing_else(address: str) -> None:
    assert "allowed without that: the public internet" in why("any.example", address, None, ())
    assert why(address, address, None, ())
    assert why("any.example", "93.184.215.14", None, ()) == ""


@pytest.mark.parametrize(
    "entry", ["http://x.example", "x y", "10.0.0.0/99", "host:0", "host:99999", "", "ex*mple"]
)
def test_an_entry_that_names_nothing_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"names no host|no network"):
        AllowList.of([entry])


async def sent(config: HttpConfig, url: str) -> DeliveryError | None:
    road = HttpRoad(name="webhook", config=config, now=lambda: NOW)
    try:
        await road.taken(Ask(url=url))
    except DeliveryError as error:
        return error
    finally:
        await road.close()
    return None


class TestTheConnection:
    async def test_it_goes_to_the_very_address_that_was_judged(self) -> None:
        """A name that answers with an allowed address first and with ours next is asked once."""
        asked: list[str] = []

        async def turning(host: str, port: int) -> Sequence[str]:
            asked.append(f"{host}:{port}")
            return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

        async with receiving() as receiver:
            config = HttpConfig(allowed_hosts=("127.0.0.2/32",), resolve=turning)
            error = await sent(config, f"http://turning.example:{receiver.port}/x")
            assert error is not None  # nobody listens on 127.0.0.2, and 127.0.0.1 is not asked
            assert error.retryable
            assert (len(asked), receiver.received) == (1, [])
            error = await sent(config, f"http://turning.example:{receiver.port}/x")
        assert error is not None
        assert not error.retryable
        assert "has the address 127.0.0.1, which is of this machine" in error.reason
        assert receiver.received == []

    async def test_of_several_addresses_those_that_are_allowed_are_tried_in_turn(self) -> None:
        async def both(_host: str, _port: int) -> Sequence[str]:
            return ["169.254.169.254", "127.0.0.3", "127.0.0.1"]

        async with receiving() as receiver:
            config = HttpConfig(allowed_hosts=("127.0.0.0/8",), resolve=both)
            assert await sent(config, f"http://both.example:{receiver.port}/x") is None
        assert receiver.received[0].headers["host"] == f"both.example:{receiver.port}"

    @pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost"])
    async def test_other_ways_to_write_this_machine_are_seen_through(self, host: str) -> None:
        async with receiving() as receiver:
            config = HttpConfig(
                allowed_hosts=("hooks.example", ".1", host.replace("localhost", "x"))
            )
            error = await sent(config, f"http://{host}:{receiver.port}/x")
            bare = await sent(replace(config, allowed_hosts=()), f"http://{host}:{receiver.port}/x")
        for each in (error, bare):
            assert each is not None
            assert not each.retryable
        assert receiver.received == []

    async def test_a_name_nobody_knows_may_be_known_later(self) -> None:
        async def unknown(_host: str, _port: int) -> Sequence[str]:
            raise OSError("Name or service not known")

        error = await sent(HttpConfig(resolve=unknown), "http://nowhere.example/x")
        assert error is not None
        assert error.retryable

"""What a siren does about which notice, and the whole way to a device and back."""

from dataclasses import replace

import pytest

from alerting.channels.siren import Order, Siren, SirenConfig, Told, why_no_siren
from alerting.model import Batch, Gathering, Mark, NotifyReason, Severity
from tests.contract.roads import TO, error_of
from tests.unit.alerting_delivery.values import NOW, make_alert, make_notice

SIREN = replace(TO, channel="siren", address="S-01")


class Device:
    """Keeps what it was told, and says what it was told to say."""

    def __init__(self, told: Told | None = None) -> None:
        self.orders: list[Order] = []
        self.told = told or Told(is_done=True, said="done")

    async def tell(self, order: Order) -> Told:
        self.orders.append(order)
        return self.told


def siren(device: Device) -> Siren:
    return Siren(config=SirenConfig(name="siren"), teller=device, now=lambda: NOW)


@pytest.mark.parametrize(
    ("reason", "severity", "on", "seconds"),
    [
        (NotifyReason.FIRST, Severity.MINOR, True, 5),
        (NotifyReason.FIRST, Severity.MODERATE, True, 10),
        (NotifyReason.FIRST, Severity.SEVERE, True, 30),
        (NotifyReason.FIRST, Severity.EXTREME, True, 120),
        (NotifyReason.SEVERITY_ROSE, Severity.EXTREME, True, 120),
        (NotifyReason.REPEAT, Severity.SEVERE, True, 30),
        (NotifyReason.RETURNED, Severity.SEVERE, True, 30),
        (NotifyReason.RECURRED, Severity.SEVERE, True, 30),
        (NotifyReason.ESCALATED, Severity.SEVERE, True, 30),
    ],
)
async def test_what_warns_lets_it_sound(
    reason: NotifyReason, severity: Severity, on: bool, seconds: float
) -> None:
    device = Device()
    notice = make_notice(make_alert(severity), reason=reason, to=SIREN)
    await siren(device).send(notice)
    (order,) = device.orders
    assert (order.site, order.device, order.on, order.seconds, order.key) == (
        "huanghe-tower", "S-01", on, seconds, notice.id,
    )  # fmt: skip


@pytest.mark.parametrize("over", [NotifyReason.CLEARED, NotifyReason.WITHDRAWN])
async def test_the_alert_that_let_it_sound_makes_it_silent_and_no_other(
    over: NotifyReason,
) -> None:
    device, other = Device(), make_alert(id="alert-2")
    channel = siren(device)
    await channel.send(make_notice(to=SIREN))
    await channel.send(make_notice(other, reason=over, to=SIREN))
    assert [order.on for order in device.orders] == [True]
    await channel.send(make_notice(reason=over, to=SIREN))
    assert [order.on for order in device.orders] == [True, False]


@pytest.mark.parametrize(
    ("counts", "seconds"), [((0, 1, 2, 0), [30.0]), ((3, 0, 0, 1), [120.0]), ((0, 0, 0, 0), [])]
)
async def test_several_alerts_sound_as_the_worst_that_stands(
    counts: tuple[int, int, int, int], seconds: list[float]
) -> None:
    device = Device()
    batch = Batch(kind=Gathering.STORM, place="Helong Street", since=NOW, counts=counts)
    notice = replace(make_notice(reason=NotifyReason.STORM, to=SIREN), batch=batch)
    await siren(device).send(notice)
    assert [order.seconds for order in device.orders] == seconds


@pytest.mark.parametrize("reason", [NotifyReason.CARD, NotifyReason.SEVERITY_FELL])
async def test_other_notices_need_no_siren(reason: NotifyReason) -> None:
    device = Device()
    receipt = await siren(device).send(make_notice(reason=reason, to=SIREN))
    assert device.orders == []
    assert "no siren" in receipt.reference


@pytest.mark.parametrize("mark", [Mark.EXERCISE, Mark.TEST])
async def test_what_is_not_meant_sounds_for_a_moment(mark: Mark) -> None:
    device = Device()
    red = make_notice(make_alert(Severity.EXTREME), to=SIREN)
    await siren(device).send(replace(red, mark=mark))
    assert (device.orders[0].seconds, device.orders[0].mark) == (2.0, mark.value)


@pytest.mark.parametrize("may_pass", [True, False])
async def test_a_device_that_does_not_do_it_fails_the_notice(may_pass: bool) -> None:
    told = Told(is_done=False, said="unanswered: no reply within 10 s", may_pass=may_pass)
    error = await error_of(siren(Device(told)), make_notice(to=SIREN))
    assert error.retryable is may_pass
    assert error.reason == "siren: huanghe-tower/S-01: unanswered: no reply within 10 s"


@pytest.mark.parametrize("address", ["", "a/b/c", "a b", "+/x", "#"])
async def test_what_names_no_device_is_final(address: str) -> None:
    to = replace(SIREN, address=address)
    assert not (await error_of(siren(Device()), make_notice(to=to))).retryable
    assert why_no_siren(address)


async def test_another_site_may_be_named() -> None:
    device = Device()
    await siren(device).send(make_notice(to=replace(SIREN, address="yunxi-tower/S-02")))
    assert (device.orders[0].site, device.orders[0].device) == ("yunxi-tower", "S-02")


@pytest.mark.parametrize("seconds", [0.0, 601.0])
def test_a_siren_that_would_not_sound_or_stop_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="at most 600"):
        SirenConfig(name="siren", sounds_s=dict.fromkeys(Severity, seconds))

"""What e-mail adds to the contract of channels, against a real SMTP server."""

import ssl
from dataclasses import replace

import pytest
import trustme
from pydantic import SecretStr

from alerting.channels.email import Email, EmailConfig, why_no_mailbox
from tests.contract.mail import Mailbox, post_office
from tests.contract.roads import SECRET, TO, error_of
from tests.unit.alerting_delivery.values import NOW, make_card, make_notice

SENDER = "Groundwatch <gw@office.example>"
DUTY = replace(TO, channel="mail", address="duty@office.example")


async def test_the_message_says_who_what_and_that_a_machine_wrote_it() -> None:
    async with post_office(Mailbox()) as mailbox:
        config = EmailConfig(
            name="mail", host="127.0.0.1", port=mailbox.port, sender=SENDER, security="none"
        )
        notice = make_notice(to=DUTY, card=make_card())
        receipt = await Email(config=config, now=lambda: NOW).send(notice)
    (message,) = mailbox.messages
    assert message["Subject"].startswith("ORANGE alert: wind speed, ")
    assert message["From"] == SENDER
    assert message["Message-ID"] == f"<{notice.id}@office.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "鹤龙街道" in message.get_content()
    assert receipt.reference == "taken as number 1"


async def test_nobody_reads_along_where_encryption_is_not_offered() -> None:
    async with post_office(Mailbox()) as mailbox:
        config = EmailConfig(name="mail", host="127.0.0.1", port=mailbox.port, sender=SENDER)
        error = await error_of(Email(config=config, now=lambda: NOW), make_notice(to=DUTY))
    assert not error.retryable
    assert mailbox.messages == []


async def test_a_foreign_certificate_is_not_believed() -> None:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(server_side)
    async with post_office(Mailbox(), tls=server_side) as mailbox:
        config = EmailConfig(
            name="mail", host="127.0.0.1", port=mailbox.port, sender=SENDER, security="tls"
        )
        error = await error_of(Email(config=config, now=lambda: NOW), make_notice(to=DUTY))
    assert "cannot connect" in error.reason
    assert mailbox.messages == []


async def test_a_wrong_password_is_final() -> None:
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with post_office(Mailbox(password=SECRET), tls=server_side) as mailbox:
        config = EmailConfig(
            name="mail",
            host="127.0.0.1",
            port=mailbox.port,
            sender=SENDER,
            security="tls",
            user="gw",
            password=SecretStr("another-password"),
            tls=trusting,
        )
        error = await error_of(Email(config=config, now=lambda: NOW), make_notice(to=DUTY))
    assert not error.retryable
    assert "535" in error.reason


async def test_nobody_listening_may_be_tried_again() -> None:
    async with post_office(Mailbox()) as mailbox:
        port = mailbox.port
    config = EmailConfig(name="mail", host="127.0.0.1", port=port, sender=SENDER, security="none")
    error = await error_of(Email(config=config, now=lambda: NOW), make_notice(to=DUTY))
    assert error.retryable


@pytest.mark.parametrize(
    "address",
    ["", "duty", "a@b@c", "a b@c.example", "a@b.example\nBcc: x@y.example", "<a@b.example>"],
)  # fmt: skip
async def test_what_is_no_mailbox_is_final(address: str) -> None:
    config = EmailConfig(name="mail", host="127.0.0.1", port=1, sender=SENDER)
    to = replace(DUTY, address=address)
    error = await error_of(Email(config=config, now=lambda: NOW), make_notice(to=to))
    assert not error.retryable
    assert why_no_mailbox(address)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"sender": "nobody"}, "no address of a mailbox"),
        ({"user": "gw"}, "come together"),
        ({"user": "gw", "password": SecretStr(SECRET), "security": "none"}, "without protection"),
    ],
)
def test_settings_that_cannot_work_are_refused(options: dict[str, object], why: str) -> None:
    given = {"name": "mail", "host": "mail.example", "sender": SENDER, **options}
    with pytest.raises(ValueError, match=why):
        EmailConfig(**given)  # type: ignore[arg-type]

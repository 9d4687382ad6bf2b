"""Short ways to make alerts with a past, and keys that are good for nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from alerting.model import (
    Against,
    Alert,
    AlertState,
    Form,
    Sentence,
    Severity,
    Transition,
    TransitionKind,
)
from tests.unit.alerting_delivery.values import NOW, make_alert, make_transition

ENDS = (TransitionKind.CLEARED, TransitionKind.WITHDRAWN, TransitionKind.SIGNED_OFF)


def past(*kinds: TransitionKind, every_s: float = 600.0, **changes: object) -> list[Transition]:
    """Give the steps of an alert, ten minutes apart, each with its own value."""
    alert = make_alert()
    return [
        replace(
            make_transition(alert, kind=kind, ordinal=n, value=20.0 + n, said=said(20.0 + n)),
            taken_at=NOW + timedelta(seconds=(n - 1) * every_s - 5),
            detected_at=NOW + timedelta(seconds=(n - 1) * every_s),
            **changes,  # type: ignore[arg-type]
        )
        for n, kind in enumerate(kinds, 1)
    ]


def said(value: float) -> Sentence:
    part = Against(name="gust", name_zh="阵风", value=value, limit=20.0, unit="m/s")
    return Sentence(
        form=Form.LIMIT, title="Wind at the cathead", title_zh="塔顶风速", against=(part,)
    )


def alert_after(steps: list[Transition], **changes: object) -> Alert:
    """Give the alert as the record has it after its steps."""
    last = steps[-1]
    is_over = last.kind in ENDS
    alert = make_alert(
        last.severity,
        state=AlertState.RESOLVED if is_over else AlertState.FIRING,
        ordinal=last.ordinal,
        value=last.value,
        started_at=NOW,
    )
    return replace(alert, **changes)  # type: ignore[arg-type]


@cache
def key_and_certificate(kind: str = "rsa", bits: int = 2048) -> tuple[bytes, bytes]:
    """Give a private key and its own certificate, both PEM."""
    key = (
        rsa.generate_private_key(public_exponent=65537, key_size=bits)
        if kind == "rsa"
        else ec.generate_private_key(ec.SECP256R1())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "groundwatch test")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, certificate.public_bytes(Encoding.PEM)


EVERY_SEVERITY = tuple(Severity)

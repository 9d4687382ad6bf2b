"""What a receiver checks before it believes a notice."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from alerting.channels.signing import SIGNATURE_HEADER, signature, verify_signature
from tests.unit.alerting_delivery.values import NOW

SECRET = "correct-horse-battery-staple"
BODY = b'{"id": "n-1"}'
# Computed with: printf '1780293802.{"id": "n-1"}' | openssl dgst -sha256 -hmac "$SECRET"
FROZEN = "t=1780293802,v1=1d125ee691a9e38e1772a33559ff69c18f9438c243b490258810bac4144c7fcd"


def headers(value: str, name: str = SIGNATURE_HEADER) -> dict[str, str]:
    return {name: value}


def test_the_header_is_what_openssl_computes() -> None:
    assert signature(SecretStr(SECRET), BODY, NOW) == FROZEN


@pytest.mark.parametrize("name", [SIGNATURE_HEADER, SIGNATURE_HEADER.lower()])
def test_a_genuine_request_passes_whatever_the_case_of_the_header(name: str) -> None:
    verify_signature(SECRET, headers(FROZEN, name), BODY, NOW)


def test_one_of_several_signatures_is_enough() -> None:
    old, _, new = FROZEN.partition(",")
    verify_signature(SECRET, headers(f"{old},v1={'0' * 64},{new}"), BODY, NOW)


@pytest.mark.parametrize(
    ("value", "body", "later_s", "why"),
    [
        (FROZEN, BODY + b" ", 0, "does not fit"),
        (FROZEN.replace("v1=", "v1=0"), BODY, 0, "does not fit"),
        (FROZEN.replace("1780293802", "1780293803"), BODY, 0, "does not fit"),
        (FROZEN, BODY, 301, "more than 300 s"),
        (FROZEN, BODY, -301, "more than 300 s"),
        ("t=1780293802", BODY, 0, "not of the form"),
        ("v1=00", BODY, 0, "not of the form"),
        ("t=now,v1=00", BODY, 0, "not of the form"),
        ("t=1,t=2,v1=00", BODY, 0, "not of the form"),
        ("t=1780293802,v1=é", BODY, 0, "does not fit"),
        ("", BODY, 0, "not of the form"),
    ],
)
def test_anything_else_is_refused_with_the_reason(
    value: str, body: bytes, later_s: int, why: str
) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        verify_signature(SECRET, headers(value), body, NOW + timedelta(seconds=later_s))
    assert SECRET not in str(caught.value)


def test_no_header_is_refused() -> None:
    with pytest.raises(ValueError, match="no X-Groundwatch-Signature header"):
        verify_signature(SECRET, {}, BODY, NOW)


def test_another_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        verify_signature(SECRET + "x", headers(FROZEN), BODY, NOW)


@given(st.text(max_size=80))
def test_no_header_however_odd_passes_or_breaks_the_check(value: str) -> None:
    with pytest.raises(ValueError, match=r"signature|Signature"):
        verify_signature(SECRET, headers(value), BODY, NOW)


@given(body=st.binary(max_size=200), secret=st.text(min_size=16, max_size=40))
def test_what_is_signed_verifies(body: bytes, secret: str) -> None:
    verify_signature(secret, headers(signature(SecretStr(secret), body, NOW)), body, NOW)

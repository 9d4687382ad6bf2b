"""Signatures of our messages: they hold, they break when touched, and wrong keys are refused."""

import pytest
from lxml import etree

from alerting.cap.read import read_message, tree_of
from alerting.cap.sign import KeyRefused, NotGenuine, Unsigned
from alerting.cap.signature import Signer, verified
from tests.unit.alerting_cap.shape import DSIG, faults
from tests.unit.alerting_cap.test_message import last_message
from tests.unit.alerting_cap.values import key_and_certificate


@pytest.fixture(params=["rsa", "ec"])
def signed(request: pytest.FixtureRequest) -> tuple[bytes, str]:
    key, certificate = key_and_certificate(request.param)
    return Signer(key, certificate).bytes_of(last_message("Update")), certificate.decode()


def test_what_is_signed_can_be_verified_and_is_the_message(signed: tuple[bytes, str]) -> None:
    body, certificate = signed
    assert read_message(verified(tree_of, body, certificate)).message == last_message("Update")


def test_the_signature_is_the_last_child_and_changes_no_other(signed: tuple[bytes, str]) -> None:
    root = etree.fromstring(signed[0])
    assert etree.QName(root[-1]).namespace == DSIG
    assert faults(root) == []
    assert read_message(signed[0]).message == last_message("Update")


def test_one_changed_letter_breaks_it(signed: tuple[bytes, str]) -> None:
    body, certificate = signed
    assert b"Severe" in body
    with pytest.raises(NotGenuine, match="does not hold"):
        verified(tree_of, body.replace(b"<severity>Severe", b"<severity>Minor", 1), certificate)


def test_another_certificate_does_not_do(signed: tuple[bytes, str]) -> None:
    _, other = key_and_certificate("rsa", 3072)
    with pytest.raises(NotGenuine):
        verified(tree_of, signed[0], other.decode())


def test_an_unsigned_message_is_not_genuine() -> None:
    _, certificate = key_and_certificate()
    with pytest.raises(NotGenuine):
        verified(tree_of, Unsigned().bytes_of(last_message()), certificate.decode())


class TestKeys:
    def test_key_and_certificate_must_belong_together(self) -> None:
        key, _ = key_and_certificate("rsa")
        _, other = key_and_certificate("ec")
        with pytest.raises(KeyRefused, match="another key"):
            Signer(key, other)

    def test_a_weak_key_is_refused(self) -> None:
        with pytest.raises(KeyRefused, match="1024 bits; allowed: 2048"):
            Signer(*key_and_certificate("rsa", 1024))

    @pytest.mark.parametrize("place", [0, 1])
    def test_what_is_no_pem_is_refused_and_not_repeated(self, place: int) -> None:
        given = list(key_and_certificate())
        given[place] = b"very-secret-and-no-pem"
        with pytest.raises(KeyRefused, match="PEM") as caught:
            Signer(*given)
        assert "very-secret" not in str(caught.value)

    def test_a_password_nobody_asked_for_is_refused(self) -> None:
        with pytest.raises(KeyRefused, match="password"):
            Signer(*key_and_certificate(), password=b"superfluous")

    def test_it_shows_nothing_of_the_key(self) -> None:
        assert repr(Signer(*key_and_certificate())) == "Signer(…)"

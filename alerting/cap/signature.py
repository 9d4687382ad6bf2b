"""Signs messages as CAP allows: an enveloped XML signature as the last child of the alert.

The key and certificate come from the settings. A receiver pins the certificate and uses only what
the signature covers; `verified` does so. The only door to the signature's library.
"""

from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml import methods
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidInput, InvalidSignature
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from alerting.cap.sign import KeyRefused, NotGenuine
from alerting.cap.values import Message
from alerting.cap.write import bytes_of, element_of

MIN_RSA_BITS = 2048


class Signer:
    """Writes signed messages; made once, because reading a key is slow."""

    is_signing = True

    def __init__(self, key_pem: bytes, certificate_pem: bytes, password: bytes | None = None):
        """Read the key and its certificate.

        Raises:
            KeyRefused: they cannot be read, are too weak, or do not belong together.
        """
        key = _key_of(key_pem, password)
        try:
            certificate = x509.load_pem_x509_certificate(certificate_pem)
        except ValueError:
            raise KeyRefused("the certificate is no PEM certificate") from None
        if certificate.public_key() != key.public_key():
            raise KeyRefused("the certificate is for another key")
        is_rsa = isinstance(key, RSAPrivateKey)
        self._key, self._certificate = key, certificate_pem.decode("ascii")
        self._signer = XMLSigner(
            method=methods.enveloped,
            signature_algorithm=(
                SignatureMethod.RSA_SHA256 if is_rsa else SignatureMethod.ECDSA_SHA256
            ),
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )

    def __repr__(self) -> str:
        """Show nothing of the key."""
        return "Signer(…)"

    def bytes_of(self, message: Message) -> bytes:
        """Give a message as XML with its signature."""
        signed = self._signer.sign(
            element_of(message), key=self._key, cert=self._certificate, always_add_key_value=False
        )
        return bytes_of(signed)


def verified(
    parse: Callable[[bytes], "etree._Element"], body: bytes, certificate_pem: str
) -> bytes:
    """Give the part of a message that the owner of a certificate signed, without the signature.

    `parse` is a hardened parser (`alerting.cap.read.tree_of`).

    Raises:
        NotGenuine: it is not signed, by somebody else, or was changed.
    """
    try:
        found = XMLVerifier().verify(
            parse(body),
            x509_cert=certificate_pem,
            expect_config=SignatureConfiguration(
                signature_methods=frozenset(
                    {SignatureMethod.RSA_SHA256, SignatureMethod.ECDSA_SHA256}
                ),
                digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
            ),
        )
    except (InvalidSignature, InvalidInput) as error:
        raise NotGenuine(f"the signature does not hold: {error}") from error
    several = found if isinstance(found, list) else [found]
    signed = several[0].signed_xml
    if signed is None:
        raise NotGenuine("the signature covers nothing")
    return bytes_of(signed)


def _key_of(pem: bytes, password: bytes | None) -> RSAPrivateKey | EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem, password=password)
    except TypeError:
        raise KeyRefused("the key needs a password, or has none and one is set") from None
    except ValueError:
        raise KeyRefused("the key is no PEM private key, or its password is wrong") from None
    if isinstance(key, RSAPrivateKey):
        if key.key_size < MIN_RSA_BITS:
            raise KeyRefused(f"the key has {key.key_size} bits; allowed: {MIN_RSA_BITS} or more")
        return key
    if isinstance(key, EllipticCurvePrivateKey):
        return key
    raise KeyRefused(f"the key is {type(key).__name__}; allowed: RSA or elliptic curve")

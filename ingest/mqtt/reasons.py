"""Why the broker did not take us, in sentences that say what to mend."""

import ssl

from paho.mqtt.reasoncodes import ReasonCode

from ingest.errors import BrokerAway, IngestError, SourceError
from ingest.mqtt.config import MqttConfig

# CONNACK reason codes that trying again will not change (MQTT 5.0, table 3-1; paho gives those of
# MQTT 3.1.1 in the same numbers): protocol version, client id, login, banned, method.
_REFUSALS = {0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C}


def why_refused(code: ReasonCode, config: MqttConfig) -> IngestError:
    """Turn a refused connection into the error that says whether trying again is right."""
    if code.value not in _REFUSALS:
        return BrokerAway(f"{config.place} cannot take us now: {code}")
    who = f"user `{config.user}`" if config.user is not None else "a client without a user name"
    mend = {
        0x84: "set `version` to the MQTT version it speaks (5 or 311)",
        0x85: "choose another `client_id`",
    }.get(
        code.value,
        "check `user` and `password` in the settings, and that the broker knows this user",
    )
    return SourceError(f"{config.place} refused {who}, client `{config.client_id}`: {code}; {mend}")


def why_not_subscribed(refused: list[str], config: MqttConfig) -> SourceError:
    """Say which filters were refused, and who may allow them."""
    return SourceError(
        f"{config.place} refused the subscription to {', '.join(refused)}; allow it to "
        f"user `{config.user or 'anonymous'}` in the broker's access list, or change `filters`"
    )


def why_not_connected(fault: Exception, config: MqttConfig) -> Exception:
    """Translate what connecting raised; what is neither network nor TLS is passed on."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return SourceError(
            f"{config.place} shows a certificate that is not trusted: {fault.verify_message}; set "
            "`tls.ca` to the file of the authority that signed it, and `host` to the name in it"
        )
    if isinstance(fault, ssl.SSLError):
        return SourceError(
            f"no TLS with {config.place}: {fault.reason or fault}; check that this port speaks TLS"
        )
    if isinstance(fault, OSError):
        return BrokerAway(f"{config.place} cannot be reached: {fault}")
    return fault


def why_ended_early(reason: str, fault: OSError | None, config: MqttConfig) -> IngestError:
    """Say why a connection ended before it was of use; where TLS says no, a person must mend it."""
    if isinstance(fault, ssl.SSLError) and "ALERT" in (fault.reason or ""):
        return SourceError(
            f"{config.place} ended the TLS connection: {fault.reason}; it may want a client "
            "certificate: set `tls.cert` and `tls.key`"
        )
    hint = "; if it speaks only MQTT 3.1.1, set `version` to 311" if config.version == 5 else ""
    return BrokerAway(f"{config.place} ended the connection before answering ({reason}){hint}")

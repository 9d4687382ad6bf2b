"""The MQTT door: messages from a broker, acknowledged only when they are owned (paho-mqtt inside).

`config` what may be set, `buffered` the socket, `link` one connection, `reasons` why there is none,
`door` the source itself.
"""

from ingest.mqtt.config import DEFAULT_FILTERS, MqttConfig, TlsConfig
from ingest.mqtt.door import MqttSource, try_broker
from ingest.source import SourceStatus

__all__ = [
    "DEFAULT_FILTERS",
    "MqttConfig",
    "MqttSource",
    "SourceStatus",
    "TlsConfig",
    "try_broker",
]

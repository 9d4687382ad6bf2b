"""The TCP doors: stations connect to us, and are answered once their readings are owned.

`listener` is the source, `connection` one station, `dialect` what a protocol must be able to do;
`sl651` and `hj212` are protocols.
"""

from ingest.tcp.config import TcpConfig
from ingest.tcp.listener import TcpCounts, TcpSource

__all__ = ["TcpConfig", "TcpCounts", "TcpSource"]

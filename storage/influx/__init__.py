"""InfluxDB 1.x, 2.x and 3 Core as a telemetry store: one dialect of writes and InfluxQL reads."""

from storage.influx.config import InfluxConfig
from storage.influx.store import InfluxStore

__all__ = ["InfluxConfig", "InfluxStore"]

"""The program's numbers for Prometheus, read at the moment they are asked for.

Each scrape fills a registry of its own; nothing is kept in the library's global one.
"""

import platform
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from alerting.errors import JournalError
from alerting.model import Alert
from groundwatch import __version__
from groundwatch.http.board import Board, counted
from groundwatch.http.events import Hub
from groundwatch.program import Program
from storage.errors import StorageError
from storage.log_file import LogStatus

_P = "groundwatch_"
_DOOR_COUNTERS = {
    "accepted": "Connections of stations",
    "turned_away": "Connections refused because there are too many",
    "lost": "Messages for which there was no room when a station left that sends nothing again",
    "timed_out": "Connections ended because a time ran out",
    "messages": "Messages of stations",
    "confirmed": "Confirmations written to stations",
    "repeated": "Messages sent again while they were under way",
    "refused": "Frames refused and not confirmed",
}
_DOOR_GAUGES = {
    "connections": "Stations connected now",
    "unacknowledged": "Messages of stations under way",
}
Numbers = Iterable[tuple[str, str, float]]


class _Taken(Collector):
    """Metrics that were taken already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


async def metrics_text(program: Program, board: Board, hub: Hub, accept: str) -> tuple[bytes, str]:
    """Give every number as text, and the media type; what cannot be asked now is left out."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Taken(await _taken(program, board, hub)))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


async def _taken(program: Program, board: Board, hub: Hub) -> list[Metric]:
    found = [
        InfoMetricFamily(
            f"{_P}build",
            "Version of the program and of Python",
            {"version": __version__, "python": platform.python_version()},
        ),
        *_counters(_of_intake(program)),
        *_counters(_of_delivery(program)),
        *_counters(_of_telling(program)),
        *_gauges(_now(program, hub)),
        _deliveries(program),
        *_of_doors(program),
        *_of_models(program),
    ]
    try:
        found.append(_alerts(await board.standing()))
    except JournalError:
        found += _gauges([("journal_up", "1 while the journal answers", 0)])
    try:
        found += _of_log(await program.log.status())
    except StorageError:
        found += _gauges([("log_up", "1 while the log can be read", 0)])
    return found


def _counters(numbers: Numbers) -> Iterator[Metric]:
    for name, text, value in numbers:
        yield CounterMetricFamily(_P + name, text, value=value)


def _gauges(numbers: Numbers) -> Iterator[Metric]:
    for name, text, value in numbers:
        yield GaugeMetricFamily(_P + name, text, value=value)


def _of_intake(program: Program) -> Numbers:
    counts, intake = program.pipeline.counts, program.pipeline.intake.counts
    ship, unlisted = program.shipper.status(), program.pipeline.intake.unlisted
    return [
        ("messages", "Messages received from the broker", counts.messages),
        ("reports", "Reports owned by the log", counts.reports),
        ("readings", "Readings owned by the log", counts.readings),
        ("rejects", "Messages or parts of them put into quarantine", counts.rejects),
        ("acknowledged", "Messages acknowledged to the broker", counts.acknowledged),
        ("duplicates", "Samples that were owned already", intake.duplicates),
        (
            "implausible",
            "Values that failed quality control or were suspect",
            intake.implausible,
        ),
        ("unnamed", "Values of foreign senders that no site file asks for", intake.unnamed),
        ("unlisted", "Messages of whom and what no site file lists", unlisted.n_messages),
        ("unlisted_forgotten", "Of whom and what, left out of those named", unlisted.n_forgotten),
        ("restamped", "Samples stamped with their time of arrival", intake.restamped),
        ("unforeseen", "Messages refused for a fault of the program", intake.unforeseen),
        ("ignored", "Foreign messages that say nothing to us", sum(intake.ignored.values())),
        ("unkept", "Messages judged that found no room to wait for the log", counts.unkept),
        ("shipped", "Reports written to the database", ship.n_shipped),
        ("refused", "Reports the database refused", ship.n_refused),
        ("computed_written", "Computed values' reports written", program.computed.n_written),
        ("computed_dropped", "Those that made room for newer ones", program.computed.n_dropped),
        ("source_reconnects", "Connections to the broker after the first", _reconnects(program)),
    ]


def _of_telling(program: Program) -> Numbers:
    counts = program.telling.commander.counts
    return [
        ("commands_sent", "Commands sent to devices", counts.sent),
        ("commands_done", "Commands that devices carried out", counts.done),
        ("commands_refused", "Commands that devices refused", counts.refused),
        ("commands_unanswered", "Commands without a reply in time", counts.unanswered),
        ("commands_not_sent", "Commands the broker did not take", counts.not_sent),
        ("commands_unmatched", "Replies to nothing that was waited for", counts.unmatched),
        ("orders", "What foreign senders were told to be understood again", counts.orders),
        ("orders_not_sent", "Of that, what the broker did not take", counts.orders_not_sent),
    ]


def _reconnects(program: Program) -> int:
    return program.source.status.n_reconnects


def _of_delivery(program: Program) -> Numbers:
    status = program.deliverer.status()
    return [
        ("notices_sent", "Notices taken by a channel", status.sent),
        ("notices_failed", "Notices given up", status.failed),
        ("notices_retried", "Attempts after the first", status.retried),
        ("notices_cancelled", "Notices cancelled before they were sent", status.cancelled),
        ("notices_handed_on", "Notices given to a stand-in", status.handed_on),
        ("notices_lost", "Notices in no journal that could not be kept", status.lost),
    ]


def _now(program: Program, hub: Hub) -> Numbers:
    counts, ship = program.pipeline.counts, program.shipper.status()
    delivery = program.deliverer.status()
    store_up = ship.is_writing and not program.store_problem
    registry = program.district.registry
    n_unlisted = len(program.pipeline.intake.unlisted.reasons)
    return [
        ("start_time_seconds", "When the program started", program.started_at.timestamp()),
        ("sensors", "Sensors in the site files", registry.n_sensors),
        ("unlisted_senders", "Senders and sensors heard that no site file lists", n_unlisted),
        ("pipeline_waiting", "Messages judged that wait for the log", counts.waiting),
        ("unacknowledged", "Messages under way in the program", program.source.n_unacknowledged),
        ("log_full", "1 while the log takes nothing", bool(counts.log_full)),
        ("source_connected", "1 while messages can arrive", program.source.status.connected),
        ("store_writing", "1 while the database takes readings", store_up),
        ("store_behind_blocks", "Blocks the database has not taken yet", ship.behind_blocks),
        ("store_behind_reports", "Reports the database has not taken yet", ship.behind_reports),
        ("notices_waiting", "Notices waiting for a slot or their time", delivery.waiting),
        ("notices_under_way", "Attempts under way", delivery.under_way),
        ("journal_away", "1 while delivery finds the journal away", delivery.journal_away),
        ("listeners", "Open event streams", hub.n_listeners),
        ("listeners_dropped", "Event streams dropped because they were too slow", hub.n_dropped),
    ]


def _of_doors(program: Program) -> Iterator[Metric]:
    """Give the numbers of each door of stations, by its name."""
    if not program.stations:
        return
    for name, text in _DOOR_COUNTERS.items():
        counter = CounterMetricFamily(f"{_P}door_{name}", text, labels=["door"])
        for door in program.stations:
            counter.add_metric([door.source.name], getattr(door.source.counts, name))
        yield counter
    for name, text in _DOOR_GAUGES.items():
        gauge = GaugeMetricFamily(f"{_P}door_{name}", text, labels=["door"])
        for door in program.stations:
            gauge.add_metric([door.source.name], getattr(door.source, f"n_{name}"))
        yield gauge


def _of_models(program: Program) -> Iterator[Metric]:
    """Say which models are ready, and how many rows were too many for them."""
    if program.models is None:
        return
    ready = GaugeMetricFamily(f"{_P}model_ready", "1 while a model judges", labels=["model"])
    for status in program.models_here():
        ready.add_metric([status.name], float(status.readiness.is_ready))
    yield ready
    text = "Rows that came faster than models could judge them"
    yield CounterMetricFamily(f"{_P}model_rows_dropped", text, program.models.in_use.n_dropped)


def _deliveries(program: Program) -> Metric:
    metric = CounterMetricFamily(
        f"{_P}attempts",
        "Attempts to deliver a notice, by channel and outcome",
        labels=["channel", "outcome"],
    )
    for name, channel in program.deliverer.status().channels.items():
        metric.add_metric([name, "taken"], channel.sent)
        metric.add_metric([name, "not_taken"], channel.not_taken)
    return metric


def _alerts(standing: Iterable[Alert]) -> Metric:
    metric = GaugeMetricFamily(
        f"{_P}alerts", "Standing alerts, by kind and severity", labels=["kind", "severity"]
    )
    for (kind, severity), count in counted(standing).items():
        metric.add_metric([kind.value, severity.word], count)
    return metric


def _of_log(status: LogStatus) -> Iterator[Metric]:
    kept = status.quarantine
    yield from _gauges(
        [
            ("log_bytes", "Bytes in use in the log", status.n_bytes),
            ("log_max_bytes", "Bytes the log may use", status.max_bytes),
            ("log_blocks", "Blocks in the log", status.n_blocks),
            ("quarantine_entries", "Entries in quarantine", kept.n_rows),
            ("quarantine_bytes", "Bytes in quarantine", kept.n_bytes),
        ]
    )
    yield from _counters(
        [
            ("quarantined", "Entries ever put into quarantine", kept.n_total),
            ("quarantine_dropped_unseen", "Entries dropped unseen", kept.n_dropped_unseen),
        ]
    )

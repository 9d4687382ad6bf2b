"""Queries of the panels: the one data source, and the target that the SDK has no builder for."""

from typing import Final, Self

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import VariableRefresh, VariableSort

DATASOURCE_TYPE: Final = "influxdb"
DATASOURCE_UID: Final = "gw-influxql"
DATASOURCE: Final = DataSourceRef(type_val=DATASOURCE_TYPE, uid=DATASOURCE_UID)
AT_SITE: Final = '"site" =~ /^$site$/'
AT_DEVICE: Final = f'{AT_SITE} AND "device" =~ /^$device$/'


class Target(Dataquery):
    """One InfluxQL statement as Grafana's InfluxDB plugin keeps it in a panel."""

    def __init__(self, query: str, *, ref_id: str, alias: str, result_format: str) -> None:
        """Take the statement; `result_format` is `time_series` or `table`."""
        self.query = query
        self.ref_id = ref_id
        self.alias = alias
        self.result_format = result_format

    def to_json(self) -> dict[str, object]:
        """Give the target as Grafana's JSON."""
        return {
            "alias": self.alias,
            "datasource": DATASOURCE.to_json(),
            "query": self.query,
            "rawQuery": True,
            "refId": self.ref_id,
            "resultFormat": self.result_format,
        }


class Ask(Builder[Target]):
    """Builder of a `Target`: series by default, a table after `as_table`."""

    def __init__(self, query: str, ref_id: str = "A") -> None:
        """Take the statement and the letter it is referred to by."""
        self._query = " ".join(query.split())
        self._ref_id = ref_id
        self._alias = ""
        self._format = "time_series"

    @property
    def ref_id(self) -> str:
        """Give the letter that overrides refer to."""
        return self._ref_id

    def named(self, alias: str) -> Self:
        """Name the series, for example `$tag_device`."""
        self._alias = alias
        return self

    def as_table(self) -> Self:
        """Ask for rows with tags as columns."""
        self._format = "table"
        return self

    def build(self) -> Target:
        """Give the target."""
        return Target(
            self._query, ref_id=self._ref_id, alias=self._alias, result_format=self._format
        )


def variable(name: str, label: str, query: str) -> QueryVariable:
    """Make a variable whose choices a statement lists, sorted, read anew with each time range."""
    return (
        QueryVariable(name)
        .label(label)
        .datasource(DATASOURCE)
        .query(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )


def annotation(condition: str) -> dict[str, object]:
    """Give the annotations of alerts: one mark per transition, with reason and severity.

    Field mappings stand twice, in the target and beside it, because Grafana before and after 9
    look in different places.
    """
    query = (
        'SELECT "reason", "transition", "severity", "device" FROM "alert" '
        f"WHERE $timeFilter AND {condition} ORDER BY time DESC LIMIT 500"
    )
    mapping: dict[str, object] = {
        "query": query,
        "textColumn": "reason",
        "tagsColumn": "severity,transition,device",
        "titleColumn": "",
    }
    target = {
        **mapping,
        "datasource": DATASOURCE.to_json(),
        "fromAnnotations": True,
        "rawQuery": True,
        "refId": "Anno",
        "resultFormat": "table",
        "textEditor": True,
    }
    return {
        **mapping,
        "name": "Alerts",
        "datasource": DATASOURCE.to_json(),
        "enable": True,
        "hide": False,
        "iconColor": "red",
        "target": target,
    }

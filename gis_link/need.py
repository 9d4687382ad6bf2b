"""What each hazard needs: capabilities of teams, and items with quantities by severity.

The built-in table follows the project's domain reference (its sections H1 and H2); no standard
gives these numbers, so every one is a starting value. A file `needs.yaml` beside the resources
replaces single hazards and adds items and capabilities (`gis_link.need_file` reads it).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

SEVERITIES: Final = ("minor", "moderate", "severe", "extreme")
DESIGN_DEFAULT: Final = "design default (confidence D)"
DUTIES: Final = ("flood", "construction", "any")


class Item(NamedTuple):
    """A supply item: its code, what people call one and several, and the counting unit."""

    code: str
    name: str
    plural: str
    zh: str
    unit: str

    def amount(self, quantity: float) -> str:
        """Say how much, for example `4 pump trucks` or `300 m of cable`."""
        if self.unit in MEASURED:
            return f"{quantity:g} {self.unit} of {self.name}"
        return f"{quantity:g} {self.name if quantity == 1 else self.plural}"

    def figure(self, quantity: float) -> str:
        """Say how much without the name: `1`, `300 m`."""
        return f"{quantity:g} {self.unit}" if self.unit in MEASURED else f"{quantity:g}"


class Capability(NamedTuple):
    """Something a team can do."""

    code: str
    name: str
    zh: str


class ItemNeed(NamedTuple):
    """One item and how much of it each severity calls for, minor to extreme."""

    item: str
    quantities: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one hazard calls for.

    `primary` are the capabilities without which nobody can help, most wanted first, `support`
    those that help them; `n_teams` says how many teams of each primary one, by severity.
    `flooded` makes every road slow; `duty` picks the people of the command chain. Nobody is sent
    from within `danger_m` of the point, and nobody drives through `closes_m` around it, by
    severity. `source` says where the numbers are from.
    """

    hazard: str
    duty: str = "construction"
    flooded: bool = False
    primary: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    n_teams: tuple[int, int, int, int] = (1, 1, 1, 2)
    supplies: tuple[ItemNeed, ...] = ()
    danger_m: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    closes_m: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    source: str = DESIGN_DEFAULT

    def teams_wanted(self, severity: int) -> int:
        """Give how many teams of each primary capability; severity is 1 (minor) to 4 (extreme)."""
        return self.n_teams[severity - 1]

    def items_wanted(self, severity: int) -> list[tuple[str, float]]:
        """Give the items and quantities for a severity of 1 to 4, without the zeros."""
        wanted = ((need.item, need.quantities[severity - 1]) for need in self.supplies)
        return [(item, quantity) for item, quantity in wanted if quantity > 0]


MEASURED: Final = frozenset({"m", "m²", "m³", "t", "kg"})


def _items(*rows: tuple[str, str, str, str, str]) -> Mapping[str, Item]:
    return MappingProxyType({row[0]: Item(*row) for row in rows})


ITEMS: Final = _items(
    ("pump_truck", "pump truck", "pump trucks", "排水泵车", "台"),
    ("submersible_pump", "submersible pump", "submersible pumps", "潜水泵", "台"),
    ("generator", "generator", "generators", "发电机", "台"),
    ("cable", "cable", "cable", "电缆", "m"),
    ("flood_barrier", "flood barrier", "flood barriers", "防洪挡板", "块"),
    ("absorbent_bag", "absorbent bag", "absorbent bags", "吸水膨胀袋", "个"),
    ("woven_bag", "woven bag", "woven bags", "编织袋", "条"),
    ("geotextile", "geotextile", "geotextile", "土工布", "m²"),
    ("stone", "stone", "stone", "块石", "m³"),
    ("sand_gravel", "sand and gravel", "sand and gravel", "砂石料", "m³"),
    ("pile", "timber pile", "timber piles", "木桩", "根"),
    ("shovel", "shovel", "shovels", "铁锹", "把"),
    ("wire", "wire", "wire", "铅丝", "kg"),
    ("assault_boat", "assault boat", "assault boats", "冲锋舟", "艘"),
    ("life_jacket", "life jacket", "life jackets", "救生衣", "件"),
    ("life_ring", "life ring", "life rings", "救生圈", "个"),
    ("lamp", "emergency lamp", "emergency lamps", "应急灯", "个"),
    ("torch", "torch", "torches", "手电", "个"),
    ("tent", "tent", "tents", "帐篷", "顶"),
    ("quilt", "quilt", "quilts", "棉被", "床"),
    ("traffic_cone", "traffic cone", "traffic cones", "交通锥", "个"),
    ("winch_truck", "winch truck", "winch trucks", "清障车", "台"),
    ("excavator", "excavator", "excavators", "挖掘机", "台"),
    ("mobile_crane", "mobile crane", "mobile cranes", "汽车吊", "台"),
    ("sling", "lifting sling", "lifting slings", "吊索", "根"),
    ("cutter_spreader", "cutter-spreader set", "cutter-spreader sets", "液压破拆", "套"),
    ("jack", "hydraulic jack", "hydraulic jacks", "千斤顶", "台"),
    ("steel_strut", "steel strut", "steel struts", "钢支撑", "根"),
    ("steel_pipe", "steel pipe", "steel pipe", "钢管", "t"),
    ("timber", "timber", "timber", "方木", "m³"),
    ("coupler", "coupler", "couplers", "扣件", "个"),
    ("shoring_kit", "shoring kit", "shoring kits", "支护器材", "套"),
    ("lifting_airbag", "lifting airbag", "lifting airbags", "起重气垫", "套"),
    ("life_detector", "life detector", "life detectors", "生命探测仪", "台"),
    ("two_part_grout", "two-part grout", "two-part grout", "水玻璃", "t"),
    ("fast_cement", "fast cement", "fast cement", "双快水泥", "t"),
    ("rescue_cushion", "rescue cushion", "rescue cushions", "救生气垫", "个"),
    ("rope_set", "rope rescue set", "rope rescue sets", "绳索救援套装", "套"),
    ("stretcher", "stretcher", "stretchers", "担架", "副"),
    ("guy_rope", "guy rope", "guy ropes", "缆风绳", "根"),
    ("chainsaw", "chainsaw", "chainsaws", "油锯", "台"),
)


def _capabilities(*rows: tuple[str, str, str]) -> Mapping[str, Capability]:
    return MappingProxyType({row[0]: Capability(*row) for row in rows})


CAPABILITIES: Final = _capabilities(
    ("dyke_defence", "dyke defence", "堤防抢险"),
    ("boat_rescue", "boat rescue", "水上救援"),
    ("drainage", "drainage", "排涝"),
    ("evacuation", "evacuation", "人员转移"),
    ("medical", "medical", "医疗救护"),
    ("traffic_control", "traffic control", "交通管制"),
    ("power_supply", "power supply and shut-off", "电力保障"),
    ("utility_shutoff", "gas, water and power shut-off", "管线关断"),
    ("collapse_rescue", "structural-collapse rescue", "坍塌救援"),
    ("geotech", "geotechnical", "岩土专家"),
    ("earthworks", "earthworks", "土方机械"),
    ("grouting", "grouting", "注浆堵漏"),
    ("survey", "survey and monitoring", "测量监测"),
    ("scaffolding", "scaffolding", "架子工"),
    ("heavy_lifting", "heavy lifting", "起重救援"),
    ("rope_rescue", "rope rescue", "高空绳索救援"),
    ("cutting", "cutting", "破拆"),
    ("tree_removal", "tree and hoarding removal", "树木围挡清障"),
    ("shelter", "shelter", "安置"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedTable:
    """All hazards, items and capabilities known, built in or read from a file."""

    hazards: Mapping[str, Need]
    items: Mapping[str, Item] = field(default_factory=lambda: ITEMS)
    capabilities: Mapping[str, Capability] = field(default_factory=lambda: CAPABILITIES)

    def __post_init__(self) -> None:
        """Refuse a hazard that asks for an item or a capability nobody has described."""
        for need in self.hazards.values():
            codes = (*need.primary, *need.support)
            unknown = [code for code in codes if code not in self.capabilities]
            unknown += [row.item for row in need.supplies if row.item not in self.items]
            if unknown:
                raise ValueError(f"{need.hazard} asks for {', '.join(unknown)}: not described")

    def need(self, hazard: str) -> Need | None:
        """Give what a hazard needs, None for a word that is not in the table."""
        return self.hazards.get(hazard)

    def is_flooded(self, hazard: str) -> bool:
        """Say whether roads are slow while a hazard is on."""
        need = self.need(hazard)
        return need is not None and need.flooded

    def names(self) -> list[tuple[str, ...]]:
        """List what items and capabilities are called, one and several, with the Chinese.

        Of items also what they are counted in.
        """
        items: list[tuple[str, ...]] = [
            (name, item.zh, item.unit)
            for item in self.items.values()
            for name in (item.name, item.plural)
        ]
        return items + [(entry.name, entry.zh) for entry in self.capabilities.values()]


def _supplies(**quantities: tuple[float, float, float, float]) -> tuple[ItemNeed, ...]:
    return tuple(ItemNeed(item, numbers) for item, numbers in quantities.items())


# Where nobody is sent from, minor to extreme: what a jib reaches as it falls, once or twice the
# depth of a pit, what a frame throws. No standard gives these; a district's needs.yaml may.
_CRANE_DANGER_M: Final = (0.0, 30.0, 60.0, 80.0)
_PIT_DANGER_M: Final = (0.0, 10.0, 20.0, 40.0)
_HOIST_DANGER_M: Final = (0.0, 10.0, 15.0, 20.0)
_PLATFORM_DANGER_M: Final = (0.0, 10.0, 20.0, 30.0)
_CRANE_TEAMS: Final = ("heavy_lifting", "rope_rescue", "cutting")
_CRANE_SUPPORT: Final = ("medical", "traffic_control", "power_supply")
_CRANE_SUPPLIES: Final = _supplies(
    mobile_crane=(0, 0, 1, 2),
    sling=(0, 4, 8, 12),
    cutter_spreader=(0, 0, 1, 2),
    rescue_cushion=(0, 1, 1, 2),
    stretcher=(0, 0, 2, 4),
    lamp=(0, 0, 5, 10),
)
_HOIST_SUPPLIES: Final = _supplies(
    rope_set=(0, 1, 1, 2),
    rescue_cushion=(0, 0, 1, 1),
    cutter_spreader=(0, 0, 1, 1),
    stretcher=(0, 0, 2, 4),
)
_PIT_TEAMS: Final = ("collapse_rescue", "geotech", "earthworks")
_PIT_SUPPORT: Final = ("grouting", "utility_shutoff", "survey", "medical")
_PIT_SUPPLIES: Final = _supplies(
    excavator=(0, 1, 2, 3),
    woven_bag=(0, 1000, 2000, 4000),
    steel_strut=(0, 4, 8, 16),
    jack=(0, 2, 4, 8),
    steel_pipe=(0, 0, 5, 10),
    two_part_grout=(0, 1, 3, 6),
    fast_cement=(0, 2, 5, 10),
    submersible_pump=(0, 2, 4, 6),
    life_detector=(0, 0, 0, 2),
    shoring_kit=(0, 0, 1, 2),
)

_TABLE: Final = (
    Need(
        hazard="crane_overload",
        danger_m=_CRANE_DANGER_M,
        primary=_CRANE_TEAMS,
        support=_CRANE_SUPPORT,
        supplies=_CRANE_SUPPLIES,
    ),
    Need(
        hazard="crane_wind",
        danger_m=_CRANE_DANGER_M,
        primary=("heavy_lifting", "evacuation"),
        support=("tree_removal", "rope_rescue", *_CRANE_SUPPORT),
        supplies=(*_supplies(guy_rope=(0, 4, 8, 12), chainsaw=(0, 0, 2, 4)), *_CRANE_SUPPLIES),
    ),
    Need(
        hazard="crane_jib_held",
        danger_m=_CRANE_DANGER_M,
        primary=("heavy_lifting", "evacuation"),
        support=("rope_rescue", *_CRANE_SUPPORT),
        supplies=(*_supplies(guy_rope=(0, 4, 8, 12)), *_CRANE_SUPPLIES),
    ),
    Need(
        hazard="crane_collision",
        danger_m=_CRANE_DANGER_M,
        primary=_CRANE_TEAMS,
        support=_CRANE_SUPPORT,
        supplies=_CRANE_SUPPLIES,
    ),
    Need(
        hazard="crane_tilt",
        danger_m=_CRANE_DANGER_M,
        primary=_CRANE_TEAMS,
        support=("evacuation", *_CRANE_SUPPORT),
        supplies=_CRANE_SUPPLIES,
    ),
    Need(
        hazard="crane_zone",
        danger_m=_CRANE_DANGER_M,
        primary=("heavy_lifting", "evacuation"),
        support=_CRANE_SUPPORT,
        supplies=_CRANE_SUPPLIES,
    ),
    Need(
        hazard="crane_travel",
        danger_m=_CRANE_DANGER_M,
        primary=_CRANE_TEAMS,
        support=("evacuation", *_CRANE_SUPPORT),
        supplies=_CRANE_SUPPLIES,
    ),
    Need(hazard="crane_operation", primary=("heavy_lifting",), n_teams=(0, 0, 1, 1)),
    Need(hazard="crane_monitor", primary=("heavy_lifting",), n_teams=(0, 0, 1, 1)),
    Need(
        hazard="hoist_operation",
        danger_m=_HOIST_DANGER_M,
        primary=("rope_rescue",),
        support=("heavy_lifting", "cutting", "medical"),
        supplies=_HOIST_SUPPLIES,
    ),
    Need(
        hazard="platform_overload",
        danger_m=_PLATFORM_DANGER_M,
        primary=("rope_rescue", "scaffolding"),
        support=("heavy_lifting", "medical"),
        supplies=_HOIST_SUPPLIES,
    ),
    Need(
        hazard="platform_tilt",
        danger_m=_PLATFORM_DANGER_M,
        primary=("rope_rescue", "scaffolding"),
        support=("heavy_lifting", "medical"),
        supplies=_HOIST_SUPPLIES,
    ),
    Need(
        hazard="hoist_overload",
        danger_m=_HOIST_DANGER_M,
        primary=("rope_rescue",),
        support=("heavy_lifting", "cutting", "medical"),
        supplies=_HOIST_SUPPLIES,
    ),
    Need(
        hazard="hoist_wind",
        danger_m=_HOIST_DANGER_M,
        primary=("rope_rescue",),
        support=("heavy_lifting", "medical"),
        supplies=_HOIST_SUPPLIES,
    ),
    Need(
        hazard="pit_deformation",
        danger_m=_PIT_DANGER_M,
        primary=_PIT_TEAMS,
        support=_PIT_SUPPORT,
        supplies=_PIT_SUPPLIES,
    ),
    Need(
        hazard="pit_support",
        danger_m=_PIT_DANGER_M,
        primary=_PIT_TEAMS,
        support=_PIT_SUPPORT,
        supplies=_PIT_SUPPLIES,
    ),
    Need(
        hazard="pit_groundwater",
        danger_m=_PIT_DANGER_M,
        primary=("drainage", "geotech"),
        support=("grouting", "survey", "power_supply", "utility_shutoff"),
        supplies=_supplies(
            submersible_pump=(0, 2, 4, 8),
            generator=(0, 1, 2, 3),
            two_part_grout=(0, 1, 3, 6),
            fast_cement=(0, 2, 5, 10),
            woven_bag=(0, 500, 1000, 2000),
            cable=(0, 100, 200, 400),
        ),
    ),
    Need(
        hazard="pit_surroundings",
        danger_m=_PIT_DANGER_M,
        primary=("geotech", "survey"),
        support=("utility_shutoff", "evacuation", "grouting", "traffic_control"),
        supplies=_supplies(
            two_part_grout=(0, 1, 3, 6),
            fast_cement=(0, 2, 5, 10),
            woven_bag=(0, 500, 1000, 2000),
            traffic_cone=(0, 10, 20, 40),
            steel_pipe=(0, 0, 2, 5),
        ),
    ),
    Need(
        hazard="formwork_collapse",
        danger_m=(0.0, 15.0, 30.0, 50.0),
        primary=("collapse_rescue", "scaffolding", "heavy_lifting"),
        support=("cutting", "medical"),
        supplies=_supplies(
            cutter_spreader=(0, 1, 2, 3),
            jack=(0, 2, 4, 8),
            timber=(0, 2, 5, 10),
            steel_pipe=(0, 2, 5, 10),
            coupler=(0, 100, 300, 600),
            mobile_crane=(0, 0, 1, 2),
            lifting_airbag=(0, 0, 1, 2),
            life_detector=(0, 0, 1, 2),
            stretcher=(0, 0, 4, 8),
            lamp=(0, 0, 5, 10),
        ),
    ),
    Need(
        hazard="rainstorm",
        duty="flood",
        flooded=True,
        primary=("drainage", "evacuation"),
        support=("boat_rescue", "power_supply", "shelter", "medical"),
        supplies=_supplies(
            pump_truck=(0, 1, 2, 3),
            submersible_pump=(0, 2, 4, 6),
            woven_bag=(0, 500, 1000, 2000),
            flood_barrier=(0, 20, 40, 80),
            tent=(0, 0, 10, 20),
            lamp=(0, 5, 10, 20),
        ),
    ),
    Need(
        hazard="river_flood",
        danger_m=(0.0, 0.0, 50.0, 200.0),
        duty="flood",
        flooded=True,
        primary=("dyke_defence", "boat_rescue"),
        support=("evacuation", "medical", "shelter"),
        n_teams=(1, 1, 2, 3),
        supplies=_supplies(
            woven_bag=(500, 2000, 5000, 10000),
            geotextile=(0, 200, 500, 1000),
            stone=(0, 20, 50, 100),
            pile=(0, 50, 100, 200),
            assault_boat=(0, 1, 2, 4),
            life_jacket=(0, 20, 40, 80),
            lamp=(0, 5, 10, 20),
            generator=(0, 1, 2, 3),
        ),
    ),
    Need(
        hazard="ponding",
        danger_m=(0.0, 0.0, 50.0, 100.0),
        duty="flood",
        flooded=True,
        primary=("drainage", "traffic_control"),
        support=("boat_rescue", "power_supply", "medical"),
        supplies=_supplies(
            pump_truck=(0, 1, 2, 4),
            submersible_pump=(0, 2, 4, 6),
            flood_barrier=(0, 10, 20, 40),
            traffic_cone=(10, 20, 40, 60),
            cable=(0, 100, 200, 300),
            winch_truck=(0, 0, 1, 2),
        ),
        closes_m=(0.0, 50.0, 100.0, 200.0),
    ),
    Need(
        hazard="no_entry_zone",
        primary=("evacuation",),
        support=("traffic_control", "medical"),
        n_teams=(0, 1, 1, 2),
        supplies=_supplies(traffic_cone=(0, 4, 10, 20), stretcher=(0, 0, 1, 2)),
    ),
    Need(
        hazard="vehicle_in_water",
        danger_m=(0.0, 0.0, 20.0, 30.0),
        duty="flood",
        flooded=True,
        primary=("boat_rescue", "traffic_control"),
        support=("drainage", "medical"),
        n_teams=(1, 1, 2, 2),
        supplies=_supplies(
            assault_boat=(0, 1, 1, 2),
            life_jacket=(0, 4, 10, 20),
            winch_truck=(0, 1, 1, 2),
            pump_truck=(0, 1, 2, 4),
            traffic_cone=(10, 20, 40, 60),
        ),
    ),
    Need(hazard="sensor_silent", duty="any", n_teams=(0, 0, 0, 0)),
    Need(hazard="anomaly", duty="any", n_teams=(0, 0, 0, 0)),
    Need(hazard="system", duty="any", n_teams=(0, 0, 0, 0)),
)

BUILT_IN: Final = NeedTable(hazards=MappingProxyType({need.hazard: need for need in _TABLE}))

# Asked for when a rule uses a hazard word nobody has described: people first.
UNKNOWN: Final = Need(
    hazard="unknown", duty="any", primary=("evacuation", "medical"), support=("traffic_control",)
)

"""The Sparkplug B payload as protobuf, from a table of its fields; the only door to protobuf.

Field numbers and types are those of the Sparkplug 3.0 specification (its chapter on payloads).
Fields that hold no reading (data sets, templates) are carried as bytes and never looked into.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from math import nan
from typing import Any, NamedTuple

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

_TYPES = {
    "uint32": FieldDescriptorProto.TYPE_UINT32,
    "uint64": FieldDescriptorProto.TYPE_UINT64,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "float": FieldDescriptorProto.TYPE_FLOAT,
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "string": FieldDescriptorProto.TYPE_STRING,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
}
_PACKAGE = "groundwatch.sparkplug"

_VALUES = """
    {0} int_value uint32
    {1} long_value uint64
    {2} float_value float
    {3} double_value double
    {4} boolean_value bool
    {5} string_value string
"""
# Message → one line per field: number, name, type, and `*` where it repeats.
_FIELDS = {
    "PropertyValue": "1 type uint32\n2 is_null bool" + _VALUES.format(3, 4, 5, 6, 7, 8),
    "PropertySet": "1 keys string *\n2 values PropertyValue *",
    "Metric": """
        1 name string
        2 alias uint64
        3 timestamp uint64
        4 datatype uint32
        5 is_historical bool
        6 is_transient bool
        7 is_null bool
        8 metadata bytes
        9 properties PropertySet
    """
    + _VALUES.format(10, 11, 12, 13, 14, 15)
    + """
        16 bytes_value bytes
        17 dataset_value bytes
        18 template_value bytes
    """,
    "Payload": """
        1 timestamp uint64
        2 metrics Metric *
        3 seq uint64
        4 uuid string
        5 body bytes
    """,
}


class DataType(IntEnum):
    """What a metric's value is."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATE_TIME = 13
    TEXT = 14
    UUID = 15
    DATA_SET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19


_SIGNED_BITS = {DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64}
_NUMBERS = frozenset(DataType) - {each for each in DataType if each >= DataType.STRING}


class Metric(NamedTuple):
    """One metric as sent; `name` and `alias` are None where it has none.

    `sent` is the field its value came in and the value (`number` reads it), None where the metric
    is null; `unit` is its property `engUnit`.
    """

    name: str | None
    alias: int | None
    timestamp_ms: int | None
    datatype: int | None
    sent: tuple[str, Any] | None
    unit: str


class Payload(NamedTuple):
    """A message as sent; fields that are not there are None."""

    timestamp_ms: int | None
    seq: int | None
    metrics: list[Metric]


class NotSparkplug(ValueError):
    """The bytes are no Sparkplug payload."""


def decode(payload: bytes) -> Payload:
    """Read a payload.

    Raises:
        NotSparkplug: the bytes are something else.
    """
    message = _Payload()
    try:
        message.ParseFromString(payload)
        return Payload(
            message.timestamp if message.HasField("timestamp") else None,
            message.seq if message.HasField("seq") else None,
            [_metric(each) for each in message.metrics],
        )
    except (DecodeError, UnicodeDecodeError) as fault:
        raise NotSparkplug("the bytes are no protobuf of its kind") from fault


def encode_command(metric: str, *, at_ms: int) -> bytes:
    """Write a command that sets one Boolean metric."""
    message = _Payload(timestamp=at_ms)
    message.metrics.add(
        name=metric, timestamp=at_ms, datatype=int(DataType.BOOLEAN), boolean_value=True
    )
    written: bytes = message.SerializeToString()
    return written


def number(sent: tuple[str, Any], datatype: int | None) -> float:
    """Give the number in a value field, or NaN where it holds a text or something larger.

    Whole numbers travel without a sign: those of a signed type are two's complement in their
    own width.
    """
    field, value = sent
    if datatype and datatype not in _NUMBERS:
        return nan
    if field in ("int_value", "long_value"):
        bits = _SIGNED_BITS.get(DataType(datatype)) if datatype in _NUMBERS else None
        if bits is not None:
            value &= (1 << bits) - 1
            value -= (1 << bits) if value >> (bits - 1) else 0
        return float(value)
    if field in ("float_value", "double_value", "boolean_value"):
        return float(value)
    return nan


def _metric(sent: Any) -> Metric:
    field = next((name for name in _VALUE_FIELDS if sent.HasField(name)), None)
    is_given = field is not None and not sent.is_null
    return Metric(
        _text(sent.name) if sent.HasField("name") and sent.name else None,
        sent.alias if sent.HasField("alias") else None,
        sent.timestamp if sent.HasField("timestamp") else None,
        sent.datatype if sent.HasField("datatype") else None,
        (field, getattr(sent, field)) if field is not None and is_given else None,
        next(_units(sent.properties.keys, sent.properties.values), ""),
    )


def _text(sent: str | bytes) -> str:
    """Give a text; the library hands on as bytes what is no UTF-8."""
    if isinstance(sent, bytes):
        raise NotSparkplug("a name or unit is not UTF-8 text")
    return sent


def _units(keys: Sequence[str], values: Sequence[Any]) -> Iterator[str]:
    for key, value in zip(keys, values, strict=False):
        if key == "engUnit" and value.HasField("string_value"):
            yield _text(value.string_value)


def _built() -> Any:
    file = FileDescriptorProto(name="sparkplug.proto", package=_PACKAGE, syntax="proto2")
    for message, lines in _FIELDS.items():
        made = file.message_type.add(name=message)
        for line in filter(None, map(str.split, lines.splitlines())):
            field = made.field.add(name=line[1], number=int(line[0]))
            repeats = line[3:] == ["*"]
            field.label = (
                FieldDescriptorProto.LABEL_REPEATED
                if repeats
                else FieldDescriptorProto.LABEL_OPTIONAL
            )
            if line[2] in _TYPES:
                field.type = _TYPES[line[2]]
            else:
                field.type = FieldDescriptorProto.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{line[2]}"
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


_Payload = _built()
_VALUE_FIELDS = tuple(
    field.name
    for field in _Payload.DESCRIPTOR.fields_by_name["metrics"].message_type.fields
    if field.name.endswith("_value")
)

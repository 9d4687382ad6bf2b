"""YAML files with line numbers: every mistake becomes `file:line: what; allowed; fix`."""

import re
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from sensors.document import (
    MAX_BYTES,
    MAX_DEPTH,
    Document,
    Duration,
    Fault,
    FileModel,
    check_model,
    load_yaml,
    parse_yaml,
)


class Colour(StrEnum):
    RED = "red"
    YELLOW = "yellow"


class Wheel(FileModel):
    inches: Annotated[float, Field(gt=0, le=40, strict=True)]
    spokes: int = 32


class Lamp(FileModel):
    what: Literal["lamp"]
    watts: float


class Bell(FileModel):
    what: Literal["bell"]
    loud: bool = False


class Bicycle(FileModel):
    name: Annotated[str, Field(min_length=1, description="what people call it")]
    colour: Colour = Colour.RED
    wheels: list[Wheel] = Field(default_factory=list, max_length=3)
    service_every: Duration = timedelta(days=90)
    bought: date | None = None
    webhook_secret: Annotated[str, Field(pattern="^[a-z]+$")] = "abc"
    extras: list[Annotated[Lamp | Bell, Field(discriminator="what")]] = Field(default_factory=list)
    spares: dict[str, Wheel] = Field(default_factory=dict)


def faults_of(text: str) -> list[str]:
    value, faults = check_model(parse_yaml(text.encode(), "b.yaml"), Bicycle)
    assert (value is None) == bool(faults)
    return [str(fault) for fault in faults]


def test_a_sound_file_gives_the_model() -> None:
    text = "name: Rocinante\ncolour: yellow\nwheels:\n  - {inches: 28}\nservice_every: 1h30m\n"
    value, faults = check_model(parse_yaml(text.encode(), "b.yaml"), Bicycle)
    assert faults == []
    assert value is not None
    assert value.wheels[0].inches == 28.0
    assert value.service_every == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "b.yaml:1: the file is empty; allowed: name, colour, wheels,"),
        ("colour: red\n", "b.yaml:1: 'name' is missing; allowed: what people call it; add `name:`"),
        (
            "name: x\n\nwheel:\n  - {inches: 28}\n",
            "b.yaml:3: unknown key 'wheel'; allowed: name, colour, wheels,",
        ),
        ("name: x\nwheel: []\n", "did you mean 'wheels'?"),
        (
            "name: x\nwheels:\n  - inches: 28\n  - inches: 26\n    spoke: 4\n",
            "b.yaml:5: unknown key 'spoke'; allowed: inches, spokes; did you mean 'spokes'?",
        ),
        (
            "name: x\nspares:\n  front:\n    inch: 1\n    inches: 28\n",
            "b.yaml:4: unknown key 'inch'; allowed: inches, spokes; did you mean 'inches'?",
        ),
        (
            "name: x\ncolour: yelow\n",
            "b.yaml:2: colour: 'yelow' is not one of the words known here; "
            "allowed: red, yellow; did you mean 'yellow'?",
        ),
        (
            "name: x\nextras:\n  - what: lamp\n    watts: much\n",
            "b.yaml:4: watts: 'much' is not a number; allowed: a number, without quotes or unit",
        ),
        (
            "name: x\nextras:\n  - {what: bel}\n",
            "b.yaml:3: extras entry 1: what 'bel' is not known; allowed: lamp, bell; "
            "did you mean 'bell'?",
        ),
        ("name: x\nextras:\n  - {watts: 3}\n", "b.yaml:3: extras entry 1: 'what' is missing"),
        (
            "name: x\nwheels:\n  - {inches: 50}\n",
            "b.yaml:3: inches: 50 is out of range; allowed: at most 40.0",
        ),
        (
            "name: x\nwheels: [{inches: 0}]\n",
            "b.yaml:2: inches: 0 is out of range; allowed: more than 0",
        ),
        ("name: x\nwheels: [{inches: .nan}]\n", "b.yaml:2: inches: nan is "),
        ("name: x\nwheels: [{inches: '28'}]\n", "b.yaml:2: inches: '28' is not a number"),
        ("name: x\nwheels: [{inches: 1, spokes: 1.5}]\n", "spokes: 1.5 is not a whole number"),
        ("name: x\nwheels: 4\n", "b.yaml:2: wheels: 4 is not a list; allowed: a list, one `- `"),
        ("name: x\nwheels:\n", "b.yaml:2: wheels: no value is given; give one or remove the key"),
        (
            "name: x\nwheels: [{inches: 1}, {inches: 1}, {inches: 1}, {inches: 1}]\n",
            "b.yaml:2: wheels: has 4 entries; allowed: at most 3",
        ),
        ("name: ''\n", "b.yaml:1: name: it is empty; allowed: at least 1 character"),
        ("name: 12\n", "b.yaml:1: name: 12 is not text; allowed: text; put it in quotes"),
        (
            "name: x\nbought: yesterday\n",
            "b.yaml:2: bought: 'yesterday' is not a date; allowed: YYYY-MM-DD",
        ),
        (
            "name: x\nservice_every: 90\n",
            "b.yaml:2: service_every: 90 has no unit of time; allowed: a number with ms, s, m, h",
        ),
        ("name: x\nservice_every: soon\n", "b.yaml:2: service_every: 'soon' is not a duration"),
        ("name: x\nservice_every: 9999d\n", "9999d is too long; allowed: at most 3660d"),
        (
            "- name: x\n",
            "a list is not a block of keys; allowed: a block of `key: value` lines",
        ),
        (
            "name: x\nname: y\n",
            "b.yaml:2: 'name' is given twice; it is already on line 1; keep one",
        ),
        ("name: x\n\tcolour: red\n", "b.yaml:2: not YAML: "),
        ("name: [x\n", "b.yaml:2: not YAML: "),
        ("name: x\n---\nname: y\n", "b.yaml:2: not YAML: expected a single document"),
        ("name: &a x\ncolour: *a\n", "b.yaml:2: an alias (*a) is used; write it out"),
        ("name: !!python/name:os.system x\n", "b.yaml:1: the tag 'tag:yaml.org,2002:python/name"),
        ("name: !secret x\n", "b.yaml:1: the tag '!secret' is used; allowed: no tags; remove it"),
        ("name: x\nwheels: !!set {a}\n", "b.yaml:2: the tag 'tag:yaml.org,2002:set' is used"),
        ("name: !!int many\n", "b.yaml:1: 'many' cannot be read as a number"),
        (f"name: {'1' * 5000}\n", "cannot be read as a number"),
        ("name: x\n? [a, b]\n: 1\n", "b.yaml:2: a key is a list or a block; allowed: a plain word"),
        ("name: a\x07b\n", "b.yaml:1: not YAML: a control character in the text"),
        ("name: x\nwheels: " + "[" * 40 + "\n", "b.yaml:2: nested too deeply; allowed: 32 levels"),
    ],
)
def test_every_mistake_is_one_sentence_with_its_line(text: str, expected: str) -> None:
    assert any(expected in fault for fault in faults_of(text)), faults_of(text)


def test_all_mistakes_are_told_at_once_in_reading_order() -> None:
    text = "nam: x\ncolour: blue\nwheels:\n  - {inches: no}\n  - {spokes: 3}\nservice_every: 5\n"
    faults = check_model(parse_yaml(text.encode(), "b.yaml"), Bicycle)[1]
    assert [fault.line for fault in faults] == [1, 1, 2, 4, 5, 6]


def test_a_key_given_twice_does_not_hide_other_mistakes() -> None:
    faults = faults_of("name: x\nname: y\ncolour: blue\n")
    assert [fault.split(": ")[0] for fault in faults] == ["b.yaml:2", "b.yaml:3"]


def test_the_value_of_a_secret_is_not_repeated() -> None:
    (fault,) = faults_of("name: x\nwebhook_secret: HUNTER2\n")
    assert "HUNTER2" not in fault
    assert fault.startswith("b.yaml:2: webhook_secret: the value is not written as needed")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("08:30", "08:30"),
        ("20:00", "20:00"),
        ("yes", "yes"),
        ("on", "on"),
        ("012", "012"),
        ("2026-05-01", "2026-05-01"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("-12", -12),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("'12'", "12"),
        ("!!float 3", 3.0),
        ("!!str 12", "12"),
        ("", None),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    document = parse_yaml(f"key: {text}\n".encode(), "x")
    assert document.faults == ()
    assert document.value == {"key": value}
    assert type(document.value["key"]) is type(value)


def test_keys_are_always_text() -> None:
    document = parse_yaml(b"1: a\ntrue: b\n~: c\n2026-01-01: d\n", "x")
    assert list(document.value) == ["1", "true", "~", "2026-01-01"]


def test_a_location_of_pydantic_finds_its_line() -> None:
    document = parse_yaml(b"a:\n  b:\n    - c: 1\n    - c: 2\n", "x")
    assert document.line(("a", "b", 1, "c")) == 4
    assert document.line(("a", "function-after[check()]", "b", 0)) == 3
    assert document.line(("a", "b", 7, "missing")) == 2
    assert document.line(("nothing",)) == 1


def test_a_part_of_a_document_is_checked_with_the_lines_of_the_whole() -> None:
    document = parse_yaml(b"wheels:\n  - inches: 28\n  - inches: -1\n", "x")
    assert check_model(document, Wheel, ("wheels", 0)) == (Wheel(inches=28.0), [])
    value, (fault,) = check_model(document, Wheel, ("wheels", 1))
    assert value is None
    assert (fault.file, fault.line) == ("x", 3)


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    missing = load_yaml(tmp_path / "no.yaml")
    assert str(missing.faults[0]).endswith(
        "no.yaml: cannot be read: No such file or directory; allowed: a readable file"
    )
    folder = load_yaml(tmp_path)
    assert "cannot be read: Is a directory" in str(folder.faults[0])
    (tmp_path / "latin.yaml").write_bytes("a: 1\nb: Gr\u00fc\u00dfe\n".encode("latin-1"))
    latin = load_yaml(tmp_path / "latin.yaml", shown_as="latin.yaml")
    assert str(latin.faults[0]).startswith("latin.yaml:2: not UTF-8 text")
    (tmp_path / "big.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    big = load_yaml(tmp_path / "big.yaml", shown_as="big.yaml")
    assert str(big.faults[0]).startswith("big.yaml: the file is too large; allowed: at most 4 MiB")
    assert check_model(big, Bicycle) == (None, list(big.faults))


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert parse_yaml(b"\xef\xbb\xbfname: x\n", "x").value == {"name": "x"}


def test_a_fault_reads_as_one_line() -> None:
    fault = Fault("a.yaml", 3, "wrong", "right", "mend it")
    assert str(fault) == "a.yaml:3: wrong; allowed: right; mend it"
    assert str(Fault("a.yaml", 3, "odd", is_warning=True)) == "a.yaml:3: warning: odd"
    assert sorted([Fault("b", 1, "x"), Fault("a", 9, "x"), Fault("a", 2, "x")])[0].line == 2


_TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["red", "5s", "lamp", 10**400]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*sorted(Bicycle.model_fields), "what", "inches", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(tree=_TREES)
def test_any_tree_gives_a_value_or_faults_with_a_line_in_the_file(tree: object) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True)
    value, faults = check_model(parse_yaml(text.encode(), "t.yaml"), Bicycle)
    assert (value is None) == bool(faults)
    last = text.count("\n") + 1
    for fault in faults:
        assert 1 <= fault.line <= last
        assert re.match(r"t\.yaml:\d+: \S", str(fault))
        assert "\n" not in str(fault)


@given(content=st.binary(max_size=200))
def test_any_bytes_give_a_document(content: bytes) -> None:
    document = parse_yaml(content, "x")
    assert isinstance(document, Document)


def test_the_deepest_allowed_nesting_is_read() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse_yaml(text.encode(), "x").faults == ()
    assert parse_yaml(f"[{text}]".encode(), "x").faults != ()


def test_a_fault_that_quotes_a_line_break_stays_on_one_line() -> None:
    text = str(Fault("site.yaml", 3, "'\n' is not a kind of device", "crane", "堤 stays as it is"))
    assert text == "site.yaml:3: '\\n' is not a kind of device; allowed: crane; 堤 stays as it is"

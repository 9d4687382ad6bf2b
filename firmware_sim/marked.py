"""YAML whose mappings and lists remember their lines, so that every fault can say `file:line`."""

from pathlib import Path
from typing import Any

import yaml

from firmware_sim.errors import Misuse

MAX_FILE_BYTES = 8 * 1024 * 1024


class Block(dict[str, Any]):
    """A mapping with the line of each of its keys."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """Give the line of `key`, or of the mapping when the key is not there."""
        return self.lines.get(key, self.line)


class Rows(list[Any]):
    """A list with the line of each of its items."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class Page:
    """One YAML file being read: its faults gather here and are raised together."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[str] = []
        self.root = self._read()

    def fault(self, line: int, sentence: str) -> None:
        """Note one fault at `line`."""
        self.faults.append(f"{self.path}:{line}: {sentence}")

    def raise_faults(self) -> None:
        """Raise Misuse with every fault noted so far, if there is any."""
        if self.faults:
            raise Misuse(self.faults)

    def unknown_keys(self, block: Block, allowed: tuple[str, ...]) -> None:
        """Note every key of `block` that is not in `allowed`."""
        for key in block:
            if key not in allowed:
                names = ", ".join(allowed)
                self.fault(block.line_of(key), f"unknown key `{key}`; allowed are {names}")

    def _read(self) -> Block:
        try:
            size = self.path.stat().st_size
            text = self.path.read_text(encoding="utf-8") if size <= MAX_FILE_BYTES else ""
        except (OSError, UnicodeDecodeError) as error:
            raise Misuse([f"{self.path}: cannot be read: {error}"]) from error
        if size > MAX_FILE_BYTES:
            raise Misuse([f"{self.path}: {size} bytes; at most {MAX_FILE_BYTES} are allowed"])
        try:
            loader = _loader()(text)
            node = loader.get_single_node()
            root = self._build(loader, node) if node is not None else None
        except yaml.YAMLError as error:
            raise Misuse([_yaml_fault(self.path, error)]) from error
        if not isinstance(root, Block):
            raise Misuse([f"{self.path}:1: the file must hold a mapping of keys to values"])
        return root

    def _build(self, loader: Any, node: yaml.Node) -> Any:
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            block = Block(line)
            for key_node, value_node in node.value:
                key = str(loader.construct_object(key_node))
                key_line = key_node.start_mark.line + 1
                if key in block:
                    self.fault(key_line, f"key `{key}` stands here twice")
                block[key] = self._build(loader, value_node)
                block.lines[key] = key_line
            return block
        if isinstance(node, yaml.SequenceNode):
            rows = Rows(line)
            for item in node.value:
                rows.append(self._build(loader, item))
                rows.lines.append(item.start_mark.line + 1)
            return rows
        return loader.construct_object(node)


def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _yaml_fault(path: Path, error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{path}:{error.problem_mark.line + 1}: not valid YAML: {error.problem}"
    return f"{path}:1: not valid YAML: {error}"

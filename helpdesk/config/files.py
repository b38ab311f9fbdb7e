"""One YAML file per section; JSON is read, too.

A narrower YAML than usual: only ``true``, ``false``, ``null`` and plain numbers are anything but
text, so that 18:30 stays an hour, ``no`` a language and 2026-05-01 the text of a date.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from helpdesk.config.errors import ConfigRefused

ENDINGS = (".yaml", ".yml", ".json")
_SCALARS = (
    ("tag:yaml.org,2002:bool", r"true|false", "tf"),
    ("tag:yaml.org,2002:null", r"null|~|", ["n", "~", ""]),
    ("tag:yaml.org,2002:int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("tag:yaml.org,2002:float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+", "-0123456789"),
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = [self.construct_object(key, deep=True) for key, _value in node.value]
        if twice := sorted({str(key) for key in seen if seen.count(key) > 1}):
            raise ConfigRefused(f"{twice[0]!r} stands there twice (line {node.start_mark.line}).")
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers: dict[str, Any] = {}

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


for _tag, _pattern, _first in _SCALARS:
    for _kind in (_Loader, _Dumper):
        _kind.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), list(_first))
_Dumper.add_representer(str, _represent_text)


def dump(rows: Mapping[str, Any]) -> str:
    return yaml.dump(
        dict(rows),
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=False,
        width=100,
    )


def write_folder(folder: Path, sections: Mapping[str, Mapping[str, Any]]) -> list[Path]:
    """A section without rows has no file; files of other names stay as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in sections.items():
        path = folder / f"{name}.yaml"
        if rows:
            path.write_text(dump(rows))
            written.append(path)
        else:
            path.unlink(missing_ok=True)
    return written


def read_folder(folder: Path, *, known: list[str]) -> dict[str, dict[str, Any]]:
    if not folder.is_dir():
        raise ConfigRefused(f"There is no folder {folder}.")
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix not in ENDINGS:
            continue
        if path.stem not in known:
            names = ", ".join(known)
            raise ConfigRefused(f"{path.name}: there is no section {path.stem!r}; known: {names}.")
        if path.stem in found:
            raise ConfigRefused(f"{path.name}: the section {path.stem!r} has two files.")
        found[path.stem] = read_file(path)
    return found


def read_file(path: Path) -> dict[str, Any]:
    text = path.read_text()
    try:
        content = json.loads(text) if path.suffix == ".json" else yaml.load(text, _Loader)  # noqa: S506
    except (ValueError, yaml.YAMLError) as problem:
        first = " ".join(str(problem).split())[:300]
        raise ConfigRefused(f"{path.name} cannot be read: {first}") from None
    except ConfigRefused as refusal:
        raise ConfigRefused(f"{path.name}: {refusal.reason}") from None
    content = {} if content is None else content
    if not isinstance(content, dict):
        raise ConfigRefused(f"{path.name} must be a mapping of names to their values.")
    return {str(key): value for key, value in content.items()}

"""Scripted customers to practise with: content/scenarios.yaml."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

CONTENT = Path(__file__).parent / "content" / "scenarios.yaml"


@dataclass(frozen=True, slots=True)
class Scenario:
    code: str
    language: str
    name: str
    lines: tuple[str, ...]  # what the customer says, one after each answer


@cache
def _load() -> dict[str, Scenario]:
    given = yaml.safe_load(CONTENT.read_text())
    return {
        one["code"]: Scenario(one["code"], one["language"], one["name"], tuple(one["lines"]))
        for one in given
    }


SCENARIOS = _load()

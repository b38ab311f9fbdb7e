"""Labelled snippets of conversations, and how well each check finds what a person would mark."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from quality.checks.agreement import Agreement, cohen_kappa
from quality.checks.running import CHECKS
from quality.checks.shapes import Said, Talk, Who

APART = "apart"
_WHO = ("customer", "agent", "bot")


class Malformed(ValueError):
    """A file that does not follow tests/quality/snippets/README.md."""


@dataclass(frozen=True, slots=True)
class Snippet:
    check: str
    language: str
    talk: Talk
    expect: bool
    where: str  # file and place in it
    is_apart: bool


@dataclass(frozen=True, slots=True)
class Measured:
    check: str
    part: str  # "seen" or "apart"
    right_faults: int
    false_faults: int
    missed: int
    right_sound: int
    wrong: tuple[str, ...]  # where

    @property
    def count(self) -> int:
        return self.right_faults + self.false_faults + self.missed + self.right_sound

    @property
    def precision(self) -> float | None:
        found = self.right_faults + self.false_faults
        return self.right_faults / found if found else None

    @property
    def recall(self) -> float | None:
        there = self.right_faults + self.missed
        return self.right_faults / there if there else None

    @property
    def agreement(self) -> Agreement:
        return cohen_kappa(
            [(1, 1)] * self.right_faults
            + [(1, 0)] * self.false_faults
            + [(0, 1)] * self.missed
            + [(0, 0)] * self.right_sound
        )


def read_snippets(folder: Path) -> list[Snippet]:
    found = []
    for file in sorted(folder.rglob("*.yaml")):
        given = yaml.safe_load(file.read_text()) or []
        for at, one in enumerate(given, start=1):
            name = f"{file.relative_to(folder)}:{at}"
            try:
                found.append(_read(one, name, is_apart=APART in file.relative_to(folder).parts))
            except (KeyError, TypeError, ValueError) as error:
                raise Malformed(f"{name}: {error}") from error
    return found


def _read(given: dict[str, Any], where: str, *, is_apart: bool) -> Snippet:
    if given["check"] not in CHECKS:
        raise ValueError(f"there is no check {given['check']!r}")
    if not isinstance(given["expect"], bool):
        raise ValueError("expect is true or false")
    at, said = timedelta(), []
    for message in given["messages"]:
        if message["from"] not in _WHO:
            raise ValueError(f"from is one of {', '.join(_WHO)}")
        at += timedelta(minutes=float(message.get("after_minutes", 0)))
        said.append(Said(cast(Who, message["from"]), str(message["text"]), at))
    channel = cast(Literal["chat", "mail"], given.get("channel", "chat"))
    talk = Talk(tuple(said), str(given["language"]), channel)
    return Snippet(given["check"], talk.language, talk, given["expect"], where, is_apart)


def measure(snippets: Sequence[Snippet]) -> Iterator[Measured]:
    """Per check and part; what was kept apart is never mixed with the rest."""
    groups: dict[tuple[str, bool], list[Snippet]] = defaultdict(list)
    for one in snippets:
        groups[one.check, one.is_apart].append(one)
    for check in CHECKS:
        for is_apart in (False, True):
            if among := groups.get((check, is_apart)):
                yield _count(check, APART if is_apart else "seen", among)


def _count(check: str, part: str, among: Sequence[Snippet]) -> Measured:
    pairs = [(CHECKS[check](one.talk).state == "fault", one.expect) for one in among]
    wrong = [one.where for one, (said, is_so) in zip(among, pairs, strict=True) if said != is_so]
    return Measured(
        check,
        part,
        pairs.count((True, True)),
        pairs.count((True, False)),
        pairs.count((False, True)),
        pairs.count((False, False)),
        tuple(wrong),
    )

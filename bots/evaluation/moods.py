"""How far our sense of mood agrees with what people hear in a message."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from sklearn.metrics import cohen_kappa_score

from bots.understanding.engine import Engine
from bots.understanding.training import learn_moods

APART = "apart"
LANGUAGES = ("en", "zh")
# As the line of moods beside a ticket calls them: below and above is unhappy and happy.
EVEN = 0.25


class Malformed(ValueError):
    """A file that does not follow tests/bots/moods/README.md."""


@dataclass(frozen=True, slots=True)
class Labelled:
    text: str
    language: str
    mood: int  # -1, 0, 1
    where: str  # file and place in it
    is_apart: bool


@dataclass(frozen=True, slots=True)
class Measured:
    part: str  # "seen" or "apart"
    language: str
    pairs: tuple[tuple[int, int], ...]  # ours, a person's
    wrong: tuple[str, ...]

    @property
    def share(self) -> float:
        return sum(ours == theirs for ours, theirs in self.pairs) / len(self.pairs)

    @property
    def kappa(self) -> float:
        """Cohen's, with quadratic weights: happy for unhappy is worse than happy for neither."""
        ours, theirs = zip(*self.pairs, strict=True)
        return float(cohen_kappa_score(ours, theirs, labels=[-1, 0, 1], weights="quadratic"))

    @property
    def precision(self) -> float | None:
        """Of the unhappy ones, which are what somebody acts upon."""
        found = [theirs for ours, theirs in self.pairs if ours == -1]
        return found.count(-1) / len(found) if found else None

    @property
    def recall(self) -> float | None:
        there = [ours for ours, theirs in self.pairs if theirs == -1]
        return there.count(-1) / len(there) if there else None


def read_labelled(folder: Path) -> list[Labelled]:
    found = []
    for file in sorted(folder.rglob("*.yaml")):
        name = file.relative_to(folder)
        for at, one in enumerate(yaml.safe_load(file.read_text()) or [], start=1):
            where = f"{name}:{at}"
            if not isinstance(one, dict) or one.get("mood") not in (-1, 0, 1):
                raise Malformed(f"{where}: mood is -1, 0 or 1.")
            if one.get("language") not in LANGUAGES or not isinstance(one.get("text"), str):
                raise Malformed(f"{where}: it needs a text and a language, en or zh.")
            is_apart = APART in name.parts
            found.append(Labelled(one["text"], one["language"], one["mood"], where, is_apart))
    return found


def measure(labelled: Sequence[Labelled]) -> Iterator[Measured]:
    """With the model every understanding is taught; per part and language."""
    engine = Engine({}, learn_moods(), 0)
    for is_apart in (False, True):
        for language in LANGUAGES:
            among = [
                one for one in labelled if (one.is_apart, one.language) == (is_apart, language)
            ]
            if not among:
                continue
            ours = [_class_of(engine.feel(one.text, one.language)) for one in among]
            pairs = tuple((said, one.mood) for said, one in zip(ours, among, strict=True))
            wrong = tuple(
                f"{one.where} {said:+d} for {one.mood:+d}"
                for said, one in zip(ours, among, strict=True)
                if said != one.mood
            )
            yield Measured(APART if is_apart else "seen", language, pairs, wrong)


def _class_of(mood: float) -> int:
    return -1 if mood <= -EVEN else 1 if mood >= EVEN else 0

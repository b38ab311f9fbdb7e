"""Reading labelled sets as they lie in a folder. A ``…_test`` file beside a set is measured on;
without one a share of the set is kept apart, the same at every run."""

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Labelled:
    texts: list[str]
    labels: list[str]

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Parts:
    """What is learned from and what is measured on, never the same rows."""

    train: Labelled
    judge: Labelled
    part: str  # "test" or "validation"


@dataclass(frozen=True, slots=True)
class Paragraphs:
    texts: list[str]
    questions: list[tuple[str, int]]  # and the number of the paragraph that answers


def read_parts(path: Path, *, text: str, label: str, share: float = 0.1) -> Parts | None:
    if not path.exists():
        return None
    rows = drop_repeated(read_rows(path, text=text, label=label))
    stem = path.stem.removesuffix("_part").removesuffix("_train")
    test = path.with_name(f"{stem}_test{path.suffix}")
    if test.exists():
        return Parts(rows, read_rows(test, text=text, label=label), "test")
    return split(rows, share)


def read_folds(path: Path, *, text: str, label: str, count: int) -> list[Parts]:
    """The test part, or each share of the set once kept apart from the others."""
    parts = read_parts(path, text=text, label=label)
    if parts is None or parts.part == "test":
        return [parts] if parts else []
    rows = Labelled(
        [*parts.train.texts, *parts.judge.texts], [*parts.train.labels, *parts.judge.labels]
    )
    order = sorted(range(len(rows)), key=lambda at: (rows.labels[at], _hash(rows.texts[at])))
    folds = [order[number::count] for number in range(count)]
    return [
        Parts(
            take(rows, (at for fold in folds if fold is not out for at in fold)),
            take(rows, out),
            "validation",
        )
        for out in folds
    ]


def read_rows(path: Path, *, text: str, label: str) -> Labelled:
    """CSV with a head, a list of JSON objects or one a line, or tab-separated text and label."""
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows: list[dict[str, Any]] = list(csv.DictReader(file))
    elif path.suffix == ".tsv":
        cells = [line.rpartition("\t") for line in path.read_text().splitlines() if line]
        rows = [{text: before, label: after} for before, _tab, after in cells]
    else:
        rows = _read_json(path.read_text())
    return Labelled([str(row[text]) for row in rows], [str(row[label]) for row in rows])


def _read_json(content: str) -> list[dict[str, Any]]:
    if content.lstrip().startswith("["):
        found: list[dict[str, Any]] = json.loads(content)
        return found
    return [json.loads(line) for line in content.splitlines() if line.strip()]


def read_seq(folder: Path, name: str) -> Labelled | None:
    """A pair of files, ``….seq.in`` with sentences and ``….label`` with what each means."""
    texts, labels = folder / f"{name}.seq.in", folder / f"{name}.label"
    if not texts.exists() or not labels.exists():
        return None
    return Labelled(
        texts.read_text().rstrip("\n").split("\n"), labels.read_text().rstrip("\n").split("\n")
    )


def drop_repeated(rows: Labelled) -> Labelled:
    first = dict(zip(reversed(rows.texts), reversed(rows.labels), strict=True))
    return Labelled(*map(list, zip(*reversed(first.items()), strict=True)))


def split(rows: Labelled, share: float) -> Parts:
    """That share of each label, chosen by a hash of the words."""
    by_label: dict[str, list[int]] = defaultdict(list)
    for at in sorted(range(len(rows)), key=lambda at: _hash(rows.texts[at])):
        by_label[rows.labels[at]].append(at)
    kept: set[int] = set()
    for places in by_label.values():
        kept |= set(places[: round(len(places) * share)])
    inside = [at for at in range(len(rows)) if at not in kept]
    return Parts(take(rows, inside), take(rows, sorted(kept)), "validation")


def halve(rows: Labelled) -> tuple[Labelled, Labelled]:
    """In an order that has nothing to do with labels."""
    order = sorted(range(len(rows)), key=lambda at: _hash(rows.texts[at]))
    return take(rows, order[::2]), take(rows, order[1::2])


def texts_but(rows: Labelled, others: Labelled) -> list[str]:
    """In an order that has nothing to do with labels, either."""
    known = {text.strip().lower() for text in others.texts}
    return sorted((text for text in rows.texts if text.strip().lower() not in known), key=_hash)


def take(rows: Labelled, places: Iterable[int]) -> Labelled:
    chosen = list(places)
    return Labelled([rows.texts[at] for at in chosen], [rows.labels[at] for at in chosen])


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def read_clinc(folder: Path) -> tuple[Parts, list[str]] | None:
    """And sentences that belong to none of the intents. They are only ever measured on."""
    full, part = folder / "clinc150_data_full.json", folder / "clinc150_train_val.json"
    path = full if full.exists() else part
    if not path.exists():
        return None
    held = json.loads(path.read_text())
    train = _pairs(held["train"])
    if "test" in held:
        return Parts(train, _pairs(held["test"]), "test"), [text for text, _ in held["oos_test"]]
    outside = [text for name in ("oos_val", "oos_train") for text, _ in held.get(name, [])]
    return Parts(train, _pairs(held["val"]), "validation"), outside


def _pairs(rows: Sequence[Sequence[str]]) -> Labelled:
    return Labelled([row[0] for row in rows], [row[1] for row in rows])


def read_paragraphs(path: Path) -> Paragraphs | None:
    """In SQuAD's format."""
    if not path.exists():
        return None
    found = Paragraphs([], [])
    for article in json.loads(path.read_text())["data"]:
        for paragraph in article["paragraphs"]:
            found.texts.append(paragraph["context"])
            number = len(found.texts) - 1
            found.questions.extend((one["question"], number) for one in paragraph["qas"])
    return found

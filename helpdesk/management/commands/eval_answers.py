"""How well questions to the demonstration shop's articles are answered, and others left alone."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from bots.confidence import LEAST
from bots.queries.answers import Answer, find_answer
from connectors.models import Brand
from helpdesk.demo.telling import CONTENT
from knowledge.actions.indexing import compute_missing_vectors
from knowledge.models import ArticleVersion, Reader


@dataclass(frozen=True, slots=True)
class Asked:
    language: str
    text: str
    article: str  # its title in English; nothing where none answers it


class Command(BaseCommand):
    help = "Ask the demonstration's questions; run it in a house that was made with --demo."

    def handle(self, *args: Any, **options: Any) -> None:
        while compute_missing_vectors():
            pass
        reader = Reader(Brand.objects.values_list("pk", flat=True).first())
        asked = read_questions()
        answers = [find_answer(one.text, reader=reader, language=one.language) for one in asked]
        for line in report(asked, answers):
            self.stdout.write(line)


def read_questions() -> list[Asked]:
    titles = {path.name[:2]: _title_in(path) for path in (CONTENT / "articles").glob("*.md")}
    rows = (line.split("\t") for line in (CONTENT / "questions.tsv").read_text().splitlines())
    return [Asked(language, text, titles.get(number, "")) for number, language, text in rows]


def _title_in(path: Path) -> str:
    return next(line[2:] for line in path.read_text().splitlines() if line.startswith("# "))


def title_of(article: Any) -> str:
    versions = ArticleVersion.objects.out().filter(article=article, language="en")
    return next(iter(versions.values_list("title", flat=True)), "")


def report(asked: list[Asked], answers: list[Answer]) -> list[str]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one, answer in zip(asked, answers, strict=True):
        spoken = "en" if one.language == "en" else "zh"
        kind = "answerable" if one.article else "others"
        counts[spoken][kind] += 1
        if answer.sentences:
            is_right = title_of(answer.articles[0][0]) == one.article
            counts[spoken][f"{kind}, {'right' if is_right and one.article else 'wrong'}"] += 1
    lines = [f"answered from a confidence of {LEAST}"]
    for spoken, found in counts.items():
        lines += [f"{spoken}: {name} {many}" for name, many in sorted(found.items())]
    return lines

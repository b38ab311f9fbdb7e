import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from quality.checks.snippets import Malformed, Measured, measure, read_snippets


class Command(BaseCommand):
    help = "Measure the automatic checks of conversations on labelled snippets."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--snippets",
            type=Path,
            default=settings.BASE_DIR / "tests" / "quality" / "snippets",
            help="the folder; what lies in its folder apart is reported apart",
        )
        parser.add_argument("--out", type=Path, help="add the figures to this JSON file")
        parser.add_argument(
            "--wrong",
            action="store_true",
            help="name the snippets judged wrong (never those apart)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            snippets = read_snippets(options["snippets"])
        except Malformed as error:
            raise CommandError(str(error)) from error
        found = list(measure(snippets))
        apart = sum(one.is_apart for one in snippets)
        print(
            f"{'Automatic check':22} {'part':6} {'precision':>10} {'recall':>8} {'κ':>6} {'n':>5}"
        )
        for one in found:
            print(line_of(one))
            if options["wrong"] and one.part != "apart":
                print("".join(f"    {where}\n" for where in one.wrong), end="")
        print(f"{len(snippets)} snippets, {apart} of them kept apart")
        if out := options["out"]:
            keep(out, found)


def line_of(one: Measured) -> str:
    kappa = one.agreement.kappa
    told = "–" if kappa is None else f"{kappa:.2f}"
    shares = f"{_percent(one.precision):>10} {_percent(one.recall):>8}"
    return f"{one.check:22} {one.part:6} {shares} {told:>6} {one.count:5}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def keep(out: Path, found: list[Measured]) -> None:
    """Beside what understanding has written there."""
    report = json.loads(out.read_text()) if out.exists() else {}
    report["checks"] = [
        {
            "check": one.check,
            "part": one.part,
            "precision": one.precision,
            "recall": one.recall,
            "kappa": one.agreement.kappa,
            "count": one.count,
        }
        for one in found
    ]
    out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")

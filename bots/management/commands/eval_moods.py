import json
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Measure how far the sense of mood agrees with people, on labelled messages."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--messages",
            type=Path,
            default=settings.BASE_DIR / "tests" / "bots" / "moods",
            help="the folder; what lies in its folder apart is reported apart",
        )
        parser.add_argument("--out", type=Path, help="add the figures to this JSON file")
        parser.add_argument(
            "--wrong", action="store_true", help="name those heard otherwise (never those apart)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        moods = import_module("bots.evaluation.moods")
        try:
            labelled = moods.read_labelled(options["messages"])
        except moods.Malformed as error:
            raise CommandError(str(error)) from error
        if not labelled:
            raise CommandError(f"{options['messages']} holds no labelled messages.")
        print(
            f"{'Mood':10} {'part':6} {'same':>6} {'κ':>6}  unhappy: {'precision':>9} {'recall':>7}"
            f" {'n':>5}"
        )
        found = list(moods.measure(labelled))
        for one in found:
            print(
                f"{one.language:10} {one.part:6} {_percent(one.share):>6} {one.kappa:6.2f}"
                f"           {_percent(one.precision):>9} {_percent(one.recall):>7}"
                f" {len(one.pairs):5}"
            )
            if options["wrong"] and one.part != moods.APART:
                print("".join(f"    {where}\n" for where in one.wrong), end="")
        if out := options["out"]:
            _keep(out, found)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def _keep(out: Path, found: list[Any]) -> None:
    """Beside what the other measures have written there."""
    report = json.loads(out.read_text()) if out.exists() else {}
    report["moods"] = [
        {
            "language": one.language,
            "part": one.part,
            "same": one.share,
            "kappa": one.kappa,
            "precision": one.precision,
            "recall": one.recall,
            "count": len(one.pairs),
        }
        for one in found
    ]
    out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")

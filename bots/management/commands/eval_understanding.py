import json
import sys
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.clock import now


class Command(BaseCommand):
    help = "Measure understanding on labelled sets in a folder, beside what is known of others."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="the folder with the sets")
        parser.add_argument("--out", type=Path, help="write the figures as JSON")
        parser.add_argument("--only", default="", help="names of measures, with commas between")
        parser.add_argument(
            "--cache",
            type=Path,
            default=settings.DATA_DIR / "eval",
            help="a folder for vectors, so that a second run is quick",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["data"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        figures = import_module("bots.evaluation.figures")
        vectors = import_module("bots.evaluation.vectors").Vectors(options["cache"])
        only = [name for name in options["only"].split(",") if name]
        found, began, day = [], time.monotonic(), now().date().isoformat()
        print(f"{'':52} {'%':>7} {'goal':>7}  {'on':11}{'rows':>6}  known of others")
        for figure in figures.measure_all(folder, vectors, only):
            found.append(figure)
            print(line_of(figure), flush=True)
        if not found:
            raise CommandError(f"{folder} holds no set that is known here.")
        seconds = round(time.monotonic() - began)
        print(f"{day}, in {seconds} s")
        if out := options["out"]:
            rows = [asdict(one) | {"reached": one.is_reached} for one in found]
            report = {"date": day, "seconds": seconds, "figures": rows}
            out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        missed = [one.name for one in found if one.is_reached is False]
        if missed:
            sys.stderr.write(f"Missed: {'; '.join(missed)}\n")


def line_of(figure: Any) -> str:
    goal = "" if figure.goal is None else f"{'≤' if figure.is_error else '≥'} {figure.goal:.1f}"
    mark = {True: "✓", False: "✗", None: " "}[figure.is_reached]
    return (
        f"{figure.name:52} {figure.value:7.2f} {goal:>7} {mark}{figure.part:11}{figure.size:6}"
        f"  {figure.anchor}"
    )

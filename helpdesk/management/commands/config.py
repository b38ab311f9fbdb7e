"""The configuration as files: export it, see what files would change, apply them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk.config.errors import ConfigRefused
from helpdesk.config.files import dump, read_folder, write_folder
from helpdesk.config.plan import Change, apply, export, plan
from helpdesk.config.sections import SECTIONS

SIGNS = {"add": "+", "change": "~", "remove": "-", "keep": "="}
DIFFERS = 2


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["export", "plan", "apply"])
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--prune",
            action="store_true",
            help="remove or switch off calendars, types, fields, inboxes, macros, views, rules, "
            "flows and intents that stand in no file; everything else stays in any case",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verb"] == "export":
                self.export(options["folder"])
            else:
                self.compare(options["folder"], options["verb"], prune=options["prune"])
        except ConfigRefused as refusal:
            raise CommandError(refusal.reason) from None

    def export(self, folder: Path) -> None:
        found = export()
        written = write_folder(folder, found.sections)
        for name in found.left_out:
            self.stderr.write(name)
        self.stdout.write(f"{len(written)} files written to {folder}.")

    def compare(self, folder: Path, verb: str, *, prune: bool) -> None:
        wanted = read_folder(folder, known=[section.name for section in SECTIONS])
        changes = (apply if verb == "apply" else plan)(wanted, prune=prune)
        for change in changes:
            self.show(change)
        done = [change for change in changes if change.verb != "keep"]
        if not done:
            self.stdout.write("Nothing to change.")
        elif verb == "apply":
            self.stdout.write(f"{len(done)} changes made.")
        else:
            self.stdout.write(f"{len(done)} changes; `config apply` makes them.")
            raise SystemExit(DIFFERS)

    def show(self, change: Change) -> None:
        note = "  (in no file; it stays)" if change.verb == "keep" else ""
        self.stdout.write(f"{SIGNS[change.verb]} {change.section}/{change.key}{note}")
        for name, (before, after) in change.values.items():
            if not name:
                continue
            if change.verb == "add":
                self.stdout.write(f"    {name}: {in_words(after)}")
            else:
                self.stdout.write(f"    {name}: {in_words(before)} → {in_words(after)}")


def in_words(value: Any) -> str:
    text = dump({"": value}).partition(":")[2].strip()
    return " ".join(text.split()) if text else "''"

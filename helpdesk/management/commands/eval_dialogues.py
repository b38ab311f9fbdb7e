"""Play the scripted customers and print what came of them, ours and those kept apart."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bots.models import Bot
from helpdesk.demo.scripted import Outcome, Share, Stage, add_up, read_scripts


class Command(BaseCommand):
    help = "Play scripted customers (tests/dialogues) against the demonstration's bot."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, default=settings.BASE_DIR / "tests" / "dialogues")
        parser.add_argument("--show", action="store_true", help="print each talk that went wrong")
        parser.add_argument("--out", type=Path, help="write the figures as JSON")
        parser.add_argument("--only", help="only names with these words")

    def handle(self, *args: Any, **options: Any) -> None:
        bot = Bot.objects.order_by("created_at").first()
        if bot is None:
            raise CommandError("There is no bot; load the demonstration first.")
        stage = Stage(bot)
        shares = []
        for title, folder in (("ours", options["data"]), ("apart", options["data"] / "apart")):
            scripts = read_scripts(folder) if folder.is_dir() else []
            if words := options["only"]:
                scripts = [one for one in scripts if words.lower() in one.name.lower()]
            outcomes = [stage.play(script) for script in scripts]
            shares.append(add_up(title, outcomes))
            if options["show"]:
                self._show(outcomes)
        for share in shares:
            self.stdout.write(line_of(share))
        if options["out"]:
            options["out"].write_text(json.dumps([asdict(one) for one in shares], indent=1))

    def _show(self, outcomes: list[Outcome]) -> None:
        for one in outcomes:
            if one.is_right:
                continue
            why = "; ".join([*one.problems, *one.promises])
            self.stdout.write(f"\n✗ {one.script.where}: {one.script.name} — {why}")
            for who, words in one.talk:
                self.stdout.write(f"    {'>' if who == 'customer' else '<'} {words}")


def line_of(share: Share) -> str:
    if not share.count:
        return f"{share.title}: none"
    part = 100 * share.solved / share.solved_wanted if share.solved_wanted else 100.0
    return (
        f"{share.title}: {share.count} dialogues, right {share.right}; "
        f"solved {share.solved} of {share.solved_wanted} ({part:.1f} %), "
        f"handed over as expected {share.handed} of {share.handed_wanted}, "
        f"needlessly {share.handed_needlessly}, wrong promises {share.promises}"
    )

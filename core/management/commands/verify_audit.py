import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from core import audit
from core.models import AuditSeal, Event


class Command(BaseCommand):
    help = (
        "Prove that nobody altered the history. Exit codes: 0 intact, 2 altered content, "
        "3 something is missing, 4 cut or rolled back against a checkpoint, 5 unsealed for over "
        "60 seconds, 6 a checkpoint's signature is not ours."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--checkpoints", type=Path, help="the checkpoint file as it was copied away"
        )
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--most", type=int, default=20, help="findings to print")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(audit.verify(options["checkpoints"]))
        shown = findings[: options["most"]]
        if options["json"]:
            rows = [{"code": f.code, "place": f.place, "what": f.what} for f in shown]
            self.stdout.write(json.dumps({"findings": rows, "count": len(findings)}))
        for finding in [] if options["json"] else shown:
            self.stderr.write(f"{finding.place}: {finding.what}")
        if findings:
            if not options["json"]:
                self.stderr.write(f"The history is NOT intact: {len(findings)} finding(s).")
            raise SystemExit(findings[0].code)
        if not options["json"]:
            seals, events = AuditSeal.objects.count(), Event.objects.count()
            self.stdout.write(f"The history is intact: {events} events, {seals} sealed.")

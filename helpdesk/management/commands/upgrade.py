"""Run with the new version, before it replaces the one that runs: what stands in its way."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from helpdesk.upgrade import LOOK, OK, STOP, Finding, check_all

CODES = {OK: 0, LOOK: 1, STOP: 2}


class Command(BaseCommand):
    help = (
        "Tell what stands between this version and the data. Changes nothing. Exit codes: 0 go "
        "ahead, 1 look at what is marked first, 2 do not."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", required=True)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        found = check_all()
        code = max(CODES[one.state] for one in found)
        if options["json"]:
            self.stdout.write(
                json.dumps({"code": code, "findings": [asdict(one) for one in found]})
            )
        else:
            self._show(found, code)
        raise SystemExit(code)

    def _show(self, found: list[Finding], code: int) -> None:
        width = max(len(one.subject) for one in found)
        before = ""
        for one in found:
            subject = "" if one.subject == before else one.subject
            self.stdout.write(f"{one.state:<5} {subject:<{width}}  {one.text}")
            before = one.subject
        self.stdout.write(
            ("Go ahead.", "Look at what is marked first.", "Do not upgrade yet.")[code]
        )

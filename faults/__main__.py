"""`make faults`: see docs/faults.md."""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

from faults.blows import CHAT_SECONDS, PLAN_SECONDS
from faults.chat import AGENTS, VISITORS, ChatRun
from faults.chat_report import print_chat
from faults.report import print_report
from faults.run import Run
from faults.survey_verdicts import print_surveys
from faults.surveys import CASES
from faults.surveys import SECONDS as SURVEY_SECONDS
from faults.surveys import make_run as make_survey_run
from faults.webhook_verdicts import print_webhooks
from faults.webhooks import ENDPOINTS, make_run
from faults.webhooks import SECONDS as WEBHOOK_SECONDS

PARTS = ("storm", "chat", "webhooks", "surveys")


def main() -> int:
    # As for Ctrl-C, nothing is left behind: small disks, processes, folders.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = read_options()
    report: dict[str, Any] = {}
    if "storm" in options.part:
        run = Run(options.seconds, seed=options.seed, only=options.only, keep=options.keep)
        report, verdicts = run.carry_out()
        print_report(report, verdicts)
    if "chat" in options.part:
        report["chat"] = run_chat(options)
        report["passed"] = report.get("passed", True) and report["chat"]["passed"]
    if "webhooks" in options.part:
        report["webhooks"] = make_run(options)
        print_webhooks(report["webhooks"])
        report["passed"] = report.get("passed", True) and report["webhooks"]["passed"]
    if "surveys" in options.part:
        report["surveys"] = make_survey_run(options)
        print_surveys(report["surveys"])
        report["passed"] = report.get("passed", True) and report["surveys"]["passed"]
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if report["passed"] else 1


def run_chat(options: argparse.Namespace) -> dict[str, Any]:
    report = ChatRun(
        options.chat_seconds,
        seed=options.seed,
        visitors=options.visitors,
        agents=options.agents,
        only=options.only,
        keep=options.keep,
    ).carry_out()
    print_chat(report)
    return report


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--seconds", type=float, default=PLAN_SECONDS, help="of load and faults")
    parser.add_argument("--chat-seconds", type=float, default=CHAT_SECONDS, help="of the chat's")
    parser.add_argument("--visitors", type=int, default=VISITORS)
    parser.add_argument("--agents", type=int, default=AGENTS)
    parser.add_argument("--endpoints", type=int, default=ENDPOINTS, help="of the webhooks")
    parser.add_argument("--webhook-seconds", type=float, default=WEBHOOK_SECONDS)
    parser.add_argument("--cases", type=int, default=CASES, help="requests of the surveys'")
    parser.add_argument("--survey-seconds", type=float, default=SURVEY_SECONDS)
    parser.add_argument("--json", type=Path, help="write the report here")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", default="", help="only faults whose name has one of these words, comma"
    )
    parser.add_argument("--keep", action="store_true", help="keep logs and ledger")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""`make faults`: see docs/faults.md."""

import argparse
import json
import sys
from pathlib import Path

from faults.blows import PLAN_SECONDS
from faults.report import print_report
from faults.run import Run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=PLAN_SECONDS, help="of load and faults")
    parser.add_argument("--json", type=Path, help="write the report here")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", default="", help="only faults whose name has one of these words, comma"
    )
    parser.add_argument("--keep", action="store_true", help="keep logs and ledger")
    options = parser.parse_args()
    run = Run(options.seconds, seed=options.seed, only=options.only, keep=options.keep)
    report, verdicts = run.carry_out()
    print_report(report, verdicts)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if report["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())

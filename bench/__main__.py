"""The command line: start a house, fill it, measure the cases asked for, print and write."""

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.cases import CASES, USUAL
from bench.house import House
from bench.measuring import Bench
from bench.report import Figure, describe_machine, table_of


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000, metavar="N")
    parser.add_argument("--thin", type=int, default=0, metavar="N", help="tickets without words")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--cases", default=",".join(map(str, USUAL)), metavar="1,2,…")
    parser.add_argument("--seconds", type=float, default=5.0, help="per measurement")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="kept for the next run")
    arguments = parser.parse_args()
    arguments.cases = [int(number) for number in arguments.cases.split(",")]
    if unknown := set(arguments.cases) - set(CASES):
        parser.error(f"there is no case {min(unknown)}")
    return arguments


def main() -> int:
    arguments = read_arguments()
    say(f"{describe_machine()}; {arguments.tickets} tickets and {arguments.thin} thin ones")
    with ExitStack() as stack:
        home = arguments.data or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        )
        home.mkdir(parents=True, exist_ok=True)
        if not arguments.data:
            # The account that runs PostgreSQL when we are root must get through.
            home.chmod(0o711)
        house = stack.enter_context(House(home / "data", say=say))
        house.fill(arguments.tickets, thin=arguments.thin)
        bench = Bench(house, seconds=arguments.seconds, tickets=arguments.tickets)
        figures = measure(bench, arguments.cases)
    say("\n" + table_of(figures))
    missed = [figure for figure in figures if figure.is_met is False]
    say(f"{len(figures)} figures, {len(missed)} goals missed")
    for figure in missed:
        say(f"missed: case {figure.case}, {figure.name}: {figure.shortfall}")
    if arguments.json:
        write_json(arguments, figures)
    return 0


def measure(bench: Bench, cases: list[int]) -> list[Figure]:
    figures: list[Figure] = []
    for number in cases:
        say(f"case {number}: {CASES[number].title} …")
        bench.house.wait_idle()
        figures += [figure.of_case(number) for figure in CASES[number].run(bench)]
    return figures


def write_json(arguments: argparse.Namespace, figures: list[Figure]) -> None:
    content = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": describe_machine(),
        "tickets": arguments.tickets,
        "thin": arguments.thin,
        "seconds": arguments.seconds,
        "figures": [figure.as_json() for figure in figures],
    }
    arguments.json.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

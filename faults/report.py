"""The run as a table for people and as JSON for programs."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from faults.blows import Blow
from faults.ledger import DOORS, Pulse
from faults.verdicts import SHOWN, Verdict


def measure(blow: Blow, pulse: Pulse) -> dict[str, dict[str, float | None]]:
    """Per door: the longest silence the blow has a part in, and the time until it is served again.

    Recovery ends with the first thing that was begun after the blow was over and done.
    """
    found: dict[str, dict[str, float | None]] = {}
    for door in DOORS:
        back = pulse.recovered_at(door, blow.ended)
        found[door] = {
            "outage": round(pulse.longest_gap(door, blow.began, back), 2) if back else None,
            "recovery": round(back - blow.ended, 2) if back else None,
        }
    return found


def sum_up(blows: Iterable[Blow], pulse: Pulse) -> dict[str, dict[str, Any]]:
    """By kind, the worst of each measure."""
    groups: dict[str, list[Blow]] = defaultdict(list)
    for blow in blows:
        groups[blow.kind].append(blow)
    return {kind: sum_up_kind(group, pulse) for kind, group in groups.items()}


def sum_up_kind(group: list[Blow], pulse: Pulse) -> dict[str, Any]:
    struck = [blow for blow in group if not blow.skipped]
    measures = [measure(blow, pulse) for blow in struck]
    return {
        "struck": len(struck),
        "kills": sum(blow.kills for blow in struck),
        "skipped": [blow.skipped for blow in group if blow.skipped],
        "notes": [blow.note for blow in struck if blow.note],
        "worst": {
            door: {
                name: max((m[door][name] or 0.0 for m in measures), default=None)
                for name in ("outage", "recovery")
            }
            for door in DOORS
        },
    }


def print_report(report: dict[str, Any], verdicts: list[Verdict]) -> None:
    print_faults(report["faults"])
    counts = report["counts"]
    print(f"\n{'':14}attempted  acknowledged")
    for kind, row in report["kinds"].items():
        print(f"{kind:14}{row['attempted']:9}  {row['acknowledged']:12}")
    print(f"{'together':14}{counts['attempted']:9}  {counts['acknowledged']:12}")
    print(
        f"\nkills {counts['kills']} · other blows {counts['blows'] - counts['kills']} · "
        f"observed {counts['observed']} · recovered {counts['recovered']} · lost {counts['lost']} "
        f"· unexpected {counts['unexpected']} · duplicated {counts['duplicated']}"
    )
    print(
        f"mails out {counts['mails_out']}, {counts['repeats']} of them again under the same "
        f"Message-ID ({counts['sender_blows']} senders struck), {counts['ambiguous']} listed as "
        f"ambiguous · zombies refused {counts['fenced']} · reads {report['reads']}\n"
    )
    width = max(len(verdict.name) for verdict in verdicts)
    for verdict in verdicts:
        word = "holds" if verdict.holds else "FAILS"
        print(f"{word}  {verdict.name:{width}}  {verdict.said}")
        for line in verdict.against[:SHOWN]:
            print(f"       {line}")
        if len(verdict.against) > SHOWN:
            print(f"       … and {len(verdict.against) - SHOWN} more")


def print_faults(faults: dict[str, dict[str, Any]]) -> None:
    """Seconds; an outage is the longest silence of a door, recovery ends with its next answer."""
    print(f"\n{'':26}{'':7}  {'worst outage, s':^21}  {'worst recovery, s':^21}")
    heads = "".join(f"{door:>7}" for door in DOORS)
    print(f"{'fault':26}{'struck':>7}  {heads}  {heads}")
    for kind, row in sorted(faults.items()):
        cells = [
            "".join(show(row["worst"][door][name]) for door in DOORS)
            for name in ("outage", "recovery")
        ]
        print(f"{kind:26}{row['struck']:7}  {cells[0]}  {cells[1]}")
        for reason in row["skipped"]:
            print(f"{'':28}skipped: {reason}")


def show(seconds: float | None) -> str:
    return f"{'-':>7}" if seconds is None else f"{seconds:7.2f}"

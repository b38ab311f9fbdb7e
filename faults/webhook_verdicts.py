"""What came to those who are told, beside what the database says happened."""

import statistics
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from faults.blows import Blow
from faults.verdicts import SHOWN, Verdict

# What the others may lose by one that is dead and one that hangs; and what a clock cannot tell.
GROWTH, UNSEEN = 0.10, 0.02


def judge_webhooks(
    found: dict[str, Any],
    lines: dict[str, list[str]],
    ids: dict[str, str],
    spans: list[tuple[str, float, float]],
    blows: list[Blow],
    bad: list[str],
) -> dict[str, Any]:
    """``lines``: by webhook, the ids of the events it must have been told of, in their order."""
    by_name: dict[str, list[list[Any]]] = defaultdict(list)
    for call in found["calls"]:
        by_name[call[0]].append(call)
    wanted = {name: lines[pk] for name, pk in ids.items()}
    delays = collect_delays(found["calls"], spans, bad)
    verdicts = [
        judge_complete(by_name, wanted),
        judge_order(by_name, wanted),
        judge_tickets(by_name),
        Verdict("each bears the id of its event", [c[0] for c in found["calls"] if c[1] != c[2]]),
        Verdict("each is signed", [f"{c[0]} {c[1]}" for c in found["calls"] if not c[8]]),
        judge_volume(wanted, blows),
        judge_delays(delays),
    ]
    taken = [call for call in found["calls"] if call[7]]
    return {
        "passed": all(verdict.holds for verdict in verdicts),
        "endpoints": len(ids),
        "events": max((len(line) for line in wanted.values()), default=0),
        "calls": len(found["calls"]),
        "repeats": len(taken) - len({(call[0], call[1]) for call in taken}),
        "kinds": found["kinds"],
        "delays": {kind: describe(values) for kind, values in delays.items()},
        "blows": [{"kind": b.kind, "kills": b.kills, "skipped": b.skipped} for b in blows],
        "verdicts": {verdict.name: verdict.as_json() for verdict in verdicts},
    }


def taken_in_order(calls: list[list[Any]]) -> list[str]:
    """Each once, where it was first taken."""
    return list(dict.fromkeys(call[1] for call in calls if call[7]))


def judge_complete(by_name: dict[str, Any], wanted: dict[str, list[str]]) -> Verdict:
    against = []
    for name, line in wanted.items():
        taken = set(taken_in_order(by_name[name]))
        if missing := len(set(line) - taken):
            against.append(f"{name}: {missing} of {len(line)} never came")
        if strange := len(taken - set(line)):
            against.append(f"{name}: {strange} that it should not know")
    return Verdict("everybody was told of everything", against, f"{len(wanted)} webhooks")


def judge_order(by_name: dict[str, Any], wanted: dict[str, list[str]]) -> Verdict:
    against = []
    for name, line in wanted.items():
        taken = taken_in_order(by_name[name])
        known = set(taken)
        if taken != [pk for pk in line if pk in known]:
            against.append(name)
    return Verdict("each in the order of its line", against)


def judge_tickets(by_name: dict[str, Any]) -> Verdict:
    """What the receivers see by themselves: of a ticket the numbers rise."""
    against = []
    for name, calls in by_name.items():
        heads: dict[str, int] = {}
        seen: set[str] = set()
        for _who, pk, _event, ticket, seq, *_rest in [call for call in calls if call[7]]:
            if ticket and pk not in seen and seq < heads.get(ticket, 0):
                against.append(f"{name}: {seq} after {heads[ticket]}")
            if ticket and pk not in seen:
                heads[ticket] = seq
            seen.add(pk)
    return Verdict("of each ticket in its order", against)


def judge_volume(wanted: dict[str, list[str]], blows: list[Blow]) -> Verdict:
    kills = sum(blow.kills for blow in blows)
    count = sum(len(line) for line in wanted.values())
    too_few = [] if kills >= 3 and count >= 20 * len(wanted) else ["this run proves little"]
    return Verdict("volume", too_few, f"{kills} kills, {count} deliveries")


# Delays


def collect_delays(
    calls: list[list[Any]], spans: list[tuple[str, float, float]], bad: list[str]
) -> dict[str, list[float]]:
    """Seconds from the event to its arrival, of those that are neither dead nor hang."""
    delays: dict[str, list[float]] = defaultdict(list)
    for who, _pk, _event, _ticket, _seq, happened, came, is_taken, _ours in calls:
        at = datetime.fromisoformat(happened).timestamp()
        for kind, began, ended in spans:
            if began <= at < ended and is_taken and who not in bad:
                delays[kind].append(came - at)
    return delays


def describe(values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        return {"count": len(values), "mean": 0.0, "p50": 0.0, "p95": 0.0, "max": 0.0}
    cuts = statistics.quantiles(values, n=20)
    return {
        "count": len(values),
        "mean": round(statistics.fmean(values), 4),
        "p50": round(cuts[9], 4),
        "p95": round(cuts[18], 4),
        "max": round(max(values), 4),
    }


def judge_delays(delays: dict[str, list[float]]) -> Verdict:
    calm, trouble = describe(delays["calm"]), describe(delays["trouble"])
    against = [
        f"{name}: {calm[name]:.3f} s became {trouble[name]:.3f} s"
        for name in ("mean", "p50", "p95")
        if trouble[name] > calm[name] * (1 + GROWTH) + UNSEEN
    ]
    if min(calm["count"], trouble["count"]) < 100:
        against.append("too few were measured")
    said = f"mean {calm['mean']:.3f} s became {trouble['mean']:.3f} s"
    return Verdict("the others wait at most 10 % longer", against, said, is_timed=True)


# As tables for people


def print_webhooks(report: dict[str, Any]) -> None:
    print(f"\n{'delay of the others, s':24}" + "".join(f"{h:>9}" for h in _HEADS))
    for kind, row in report["delays"].items():
        cells = "".join(f"{row[which]:9.3f}" for which in _HEADS[1:])
        print(f"{kind:24}{row['count']:9}{cells}")
    struck = Counter(blow["kind"] for blow in report["blows"] if not blow["skipped"])
    print(
        f"\n{report['endpoints']} webhooks · {report['events']} events · {report['calls']} calls · "
        f"{report['repeats']} taken twice · {report['kinds']}\n{dict(struck)}\n"
    )
    width = max(len(name) for name in report["verdicts"])
    for name, verdict in report["verdicts"].items():
        print(f"{'holds' if verdict['holds'] else 'FAILS'}  {name:{width}}  {verdict['said']}")
        for line in verdict["against"][:SHOWN]:
            print(f"       {line}")


_HEADS = ("count", "mean", "p50", "p95", "max")

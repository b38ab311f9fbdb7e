"""Saved views: five that a desk typically keeps, and thirty to be counted."""

from itertools import cycle
from typing import Any

from bench.measuring import Bench
from bench.report import Figure, Limit

VIEW_P95_MS = 50
COUNTS_P95_MS = 250
STATEMENTS = 8
COUNTED = 30
_OPEN = {"field": "status", "is": "any", "value": ["unresolved"]}


def condition(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "is": op} | ({} if value is None else {"value": value})


# Name → order, what must hold, and of what one must.
TYPICAL: dict[str, tuple[str, list[dict[str, Any]], list[dict[str, Any]]]] = {
    "mine, waiting longest first": (
        "waiting",
        [_OPEN, condition("assignee", "any", ["me"]), condition("waiting", "set")],
        [],
    ),
    "VIP or urgent, due soonest first": (
        "due",
        [_OPEN],
        [condition("tier", "any", ["vip"]), condition("priority", "at_least", "urgent")],
    ),
    "nobody's, unread, of my teams": (
        "newest",
        [
            _OPEN,
            condition("assignee", "any", ["nobody"]),
            condition("team", "any", ["mine"]),
            condition("unread", "yes"),
        ],
        [],
    ),
    "quiet for a week": ("oldest", [_OPEN, condition("activity", "older_than", "1 w")], []),
    "tagged and in Chinese, resolved or not": (
        "newest",
        [condition("tags", "set"), condition("language", "any", ["zh-hans", "zh-hant"])],
        [],
    ),
}


def run_views(bench: Bench) -> list[Figure]:
    keys = bench.house.inside("keep_views", bench.furniture["user"])
    figures = []
    statements = 0
    for key, name in zip(keys, TYPICAL, strict=True):
        asked = bench.page(f"/tickets/?view={key}")
        times = bench.one_by_one(cycle([asked]))
        goal = Limit(VIEW_P95_MS, "goal")
        note = f"p50 {times.at(50):.1f}"
        figures.append(
            Figure(f"saved view ({name}), p95", times.at(95), "ms", False, limits=[goal], note=note)
        )
        statements = max(statements, bench.counts(asked)["statements"])
    counts = bench.page("/tickets/views/counts/")
    times = bench.one_by_one(cycle([counts]))
    budget = Limit(STATEMENTS, "budget")
    return [
        *figures,
        Figure("statements of any of them", statements, "", False, limits=[budget]),
        Figure(
            f"numbers of {COUNTED} saved views, 1 client, p95",
            times.at(95),
            "ms",
            False,
            limits=[Limit(COUNTS_P95_MS, "goal")],
            note=f"p50 {times.at(50):.1f}; pages ask every ten seconds at most",
        ),
        Figure("statements", bench.counts(counts)["statements"], "", False, limits=[budget]),
    ]

"""Case 15: 200 rules asked about 10,000 recorded events, per core."""

from bench.measuring import Bench
from bench.report import Figure, Limit

_RULES, _EVENTS = 200, 10_000


def run_rules(bench: Bench) -> list[Figure]:
    took = bench.house.inside("judge_rules", _RULES, _EVENTS)
    return [
        Figure(
            f"events judged by {_RULES} rules, each by those that follow it",
            took["aimed"],
            "/s",
            limits=[Limit(1000, "goal")],
            note=f"{took['aimed'] * _RULES / 4:,.0f} rules a second of processor time",
        ),
        Figure(
            f"events judged by {_RULES} rules that all follow each",
            took["all"],
            "/s",
            note=f"{took['all'] * _RULES:,.0f} rules a second of processor time",
        ),
    ]

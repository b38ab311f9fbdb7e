"""Case 16: who gets a ticket, decided among 40 people with the reasons stored."""

from bench.measuring import Bench
from bench.report import Figure, Limit

_ALONE = 200
_ROUNDS, _AT_ONCE = 40, 20


def run_routing(bench: Bench) -> list[Figure]:
    took = bench.house.inside("give_tickets", _ALONE, _ROUNDS, _AT_ONCE)
    alone, together = sorted(took["alone"]), sorted(took["together"])
    return [
        Figure(
            "one waiting ticket given to one of 40 people, reasons stored, p95",
            _p95(alone),
            "ms",
            False,
            limits=[Limit(50, "goal")],
            note=f"p50 {alone[len(alone) // 2]:.1f}",
        ),
        Figure(
            f"of {_AT_ONCE} that wait together, each, p95",
            _p95(together),
            "ms",
            False,
            limits=[Limit(50, "goal")],
            note=f"p50 {together[len(together) // 2]:.1f}",
        ),
        Figure("statements of a decision", took["statements"], "", False),
    ]


def _p95(times: list[float]) -> float:
    return times[int(len(times) * 0.95)]

"""Case 11: from a key to the changed screen, and what the workspace weighs."""

import json
from typing import Any

from bench.measuring import Bench
from bench.report import Figure, Limit

GOAL_MS = 100
GOAL_KB = 150
STEPS = ("open a preloaded ticket", "assign", "status", "tag", "macro")


def run_interaction(bench: Bench) -> list[Figure]:
    furniture = bench.furniture
    macro = bench.house.inside("add_macro", furniture["user"])
    given = [
        f"http://localhost:{bench.house.port}",
        furniture["cookie"],
        furniture["tickets"][0],
        max(20.0, bench.seconds * 12),
        macro,
    ]
    found = json.loads(bench.house.run_module("bench.hand", json.dumps(given)).splitlines()[-1])
    figures = [step_of(name, found) for name in STEPS]
    return [*figures, *weights_of(found["weights"])]


def step_of(name: str, found: dict[str, Any]) -> Figure:
    times, missed = sorted(found["times"].get(name, [])), found["missed"].get(name, 0)
    if not times:
        return Figure(f"{name}: not measured", 0, "ms", False, note=f"{missed} without an effect")
    p50, p95 = times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.95))]
    note = f"p50 {p50:.0f}, {len(times)} times" + (f", {missed} missed" if missed else "")
    return Figure(
        f"key → screen: {name}, p95", p95, "ms", False, limits=[Limit(GOAL_MS, "goal")], note=note
    )


def weights_of(weights: dict[str, float]) -> list[Figure]:
    limit = Limit(GOAL_KB, "goal")
    return [
        Figure(
            "our JS and CSS on the workspace, gzip", weights["ours"], "kB", False, limits=[limit]
        ),
        Figure("the libraries' beside them, gzip", weights["libraries"], "kB", False),
    ]

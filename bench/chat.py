"""Case 12: what visitors' sockets cost, and how long a word takes from one screen to the other."""

import json
from typing import Any

from bench.measuring import Bench
from bench.report import Figure, Limit

SMALL, LARGE = 100, 1_000
PER_SECOND = 5.0
GIB = 1024.0
SHARE = 0.5  # of the sockets of a bare echo
GOAL_SOCKETS, GOAL_MIB = 10_000, 500
KINDS = {"said": "visitor → agent's page", "answered": "agent → visitor's widget"}


def run_chat(bench: Bench) -> list[Figure]:
    seats = bench.house.inside("seat_visitors", bench.furniture["user"], LARGE, LARGE)
    bench.house.wait_idle()
    agent = {name: bench.furniture[name] for name in ("cookie", "token")}
    ours = talk_in(bench, "chat", seats | {"agent": agent})
    bench.house.inside("unseat_visitors")
    bare = talk_in(bench, "echo", {})
    return [*figures_of_memory(ours, bare), *figures_of_ways(ours, bare), saturated(ours, bare)]


def talk_in(bench: Bench, kind: str, plan: dict[str, Any]) -> dict[str, Any]:
    place = bench.house.data_dir / "bench-plan.json"
    with bench.house.web_process(kind) as (port, pid):
        given = {
            "port": port,
            "pid": pid,
            "small": SMALL,
            "large": LARGE,
            "seconds": bench.seconds,
            "per_second": PER_SECOND,
        }
        place.write_text(json.dumps(plan | given))
        try:
            said = bench.house.run_module("bench.talk", str(place))
        finally:
            place.unlink()
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def figures_of_memory(ours: dict[str, Any], bare: dict[str, Any]) -> list[Figure]:
    per_gib = {
        name: GIB / (max(found["held"] - found["base"], 0.1) / (LARGE - SMALL))
        for name, found in (("ours", ours), ("bare", bare))
    }
    each = GIB * 1024 / per_gib["ours"]
    return [
        Figure(
            "visitors' sockets per GiB of the web process",
            per_gib["ours"],
            "",
            ceiling=per_gib["bare"],
            share=SHARE,
            limits=[Limit(GOAL_SOCKETS * GIB / GOAL_MIB, "10,000 in 500 MiB")],
            note=f"{each:.0f} kB each; with {SMALL} the process has {ours['base']:.0f} MiB, "
            f"the echo {bare['base']:.0f}",
        ),
        Figure("sockets opened and signed in", ours["opened"], "/s", ceiling=bare["opened"]),
        Figure(
            f"processor while {LARGE:,} sockets are idle",
            ours["idle"] * 100,
            "% of a core",
            False,
            note=f"echo {bare['idle'] * 100:.0f}",
        ),
    ]


def figures_of_ways(ours: dict[str, Any], bare: dict[str, Any]) -> list[Figure]:
    figures = []
    for size, name in ((SMALL, "small"), (LARGE, "large")):
        echo = bare[name]["echoed"]["shown"]
        for kind, words in KINDS.items():
            ways = ours[name][kind]
            figures += [
                Figure(
                    f"{words}, {size:,} connected, from accepted to shown, {percent}",
                    ways["after"][at],
                    "ms",
                    False,
                    ceiling=echo[at],
                    note=f"posted to accepted {ways['accepted'][at]:.0f}, to the hint "
                    f"{ways['hinted'][at]:.0f}, to shown {ways['shown'][at]:.0f}",
                )
                for at, percent in enumerate(("p50", "p95"))
            ]
    return figures


def saturated(ours: dict[str, Any], bare: dict[str, Any]) -> Figure:
    return Figure(
        f"messages from visitors shown to agents, {LARGE:,} connected, saturated",
        ours["rate"],
        "/s",
        ceiling=bare["rate"],
        note=f"ceiling: echoes; the process had {ours['busy']:.1f} cores, the echo "
        f"{bare['busy']:.1f}",
    )

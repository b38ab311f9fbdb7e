"""Case 14: the demonstration shop's bot with fifty chats at once, in a house of its own."""

import json
import time
from typing import Any

import psutil

from bench.house import House, pss_of
from bench.measuring import Bench
from bench.report import Figure, Limit
from bench.talk import middle_and_end

CHATS, WARMING = 50, 8
PAUSE, ROUNDS = 10.0, 5  # each says something every ten seconds, and so often
GOAL_ANSWER, GOAL_SHARE = 1_000, 60
_TRAINING_SECONDS = 900


def run_bots(bench: Bench) -> list[Figure]:
    place = bench.house.data_dir.parent / "shop"
    with House(place, say=bench.house.say, has_shop=True) as house:
        wait_for_training(house)
        house.wait_idle(seconds=_TRAINING_SECONDS)
        found = visit(house)
        turns = house.inside("read_turns")
        workers = memory_of_workers(house)
    return [*figures_of_answers(found), *figures_of_turns(turns), *figures_of_memory(workers)]


def wait_for_training(house: House) -> None:
    until = time.monotonic() + _TRAINING_SECONDS
    live = "SELECT count(*) FROM bots_understandingmodel WHERE is_live"
    while not house.count(live) and time.monotonic() < until:
        time.sleep(1)


def visit(house: House) -> dict[str, Any]:
    plan = house.inside("seat_guests", WARMING + 2 * CHATS)
    given = {"port": house.port, "many": CHATS, "warming": WARMING}
    place = house.data_dir / "bench-plan.json"
    place.write_text(json.dumps(plan | given | {"pause": PAUSE, "rounds": ROUNDS}))
    try:
        said = house.run_module("bench.visiting", str(place))
    finally:
        place.unlink()
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def memory_of_workers(house: House) -> list[float]:
    """MiB of each process that reacts."""
    pids = json.loads((house.data_dir / "run" / "processes.json").read_text())
    children = psutil.Process(pids["worker"]).children()
    return [pss_of([child.pid]) for child in children]


def figures_of_answers(found: dict[str, Any]) -> list[Figure]:
    names = {
        "first": f"bot's first answer, {CHATS} chats begun within {PAUSE:.0f} s, p95",
        "later": f"bot's next answers, {CHATS} chats, a message every {PAUSE:.0f} s in each, p95",
        "rush": f"bot's first answer, {CHATS} more chats begun in the same second, p95",
    }
    figures = []
    for kind, name in names.items():
        (middle, slow), accepted = found[kind]["answered"], found[kind]["accepted"]
        note = f"p50 {middle:.0f}; posted to accepted p50 {accepted[0]:.0f}, p95 {accepted[1]:.0f}"
        if missing := found[kind]["unanswered"]:
            note += f"; {missing} never answered"
        limits = [Limit(GOAL_ANSWER, "goal")]
        figures.append(Figure(name, slow, "ms", False, limits=limits, note=note))
    return figures


def figures_of_turns(turns: list[list[float]]) -> list[Figure]:
    """Of all answers but those of the last fifty, who came together."""
    took, spent, waited = (list(column) for column in zip(*turns[:-CHATS], strict=True))
    middle, slow = middle_and_end([one / 1000 for one in took])
    note = f"p50 {middle:.0f}; processor p50 {median_of(spent):.0f}; {len(took)} answers"
    before = middle_and_end([one / 1000 for one in waited])
    return [
        Figure(
            "bot's share of the way of a message, p95",
            slow,
            "ms",
            False,
            limits=[Limit(GOAL_SHARE, "goal")],
            note=note,
        ),
        Figure(
            "from the bot being asked to its beginning, p95",
            before[1],
            "ms",
            False,
            note=f"p50 {before[0]:.0f}",
        ),
    ]


def median_of(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def figures_of_memory(workers: list[float]) -> list[Figure]:
    note = ", ".join(f"{size:.0f}" for size in workers)
    return [Figure("memory of a worker process", max(workers), "MiB", False, note=note)]

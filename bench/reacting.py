"""Cases 9 and 10: from an event to its reaction, and what the whole weighs."""

import time
from statistics import median, quantiles

from bench.house import ENGINES
from bench.measuring import PEERS, Bench
from bench.report import Figure, Limit


def run_reaction(bench: Bench) -> list[Figure]:
    paced = {kind: starts_of(bench, kind, 300, 50.0) for kind in ("delay", "ping")}
    flood = int(bench.seconds * 400)
    rates = {kind: flood_of(bench, kind, flood) for kind in ("delay", "ping")}
    p50, celery = median(paced["ping"]), median(paced["delay"])
    return [
        Figure(
            "event → reaction started, p50",
            p50,
            "ms",
            False,
            ceiling=celery,
            share=2,
            note=f"p95 {percentile(paced['ping'], 95):.1f}; ceiling: plain Celery, "
            f"p95 {percentile(paced['delay'], 95):.1f}",
        ),
        Figure(
            "events with their reaction",
            rates["ping"],
            "/s",
            ceiling=rates["delay"],
            limits=[Limit(800, "goal")],
            note="ceiling: plain Celery tasks",
        ),
    ]


def percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def starts_of(bench: Bench, kind: str, times: int, per_second: float) -> list[float]:
    bench.house.inside(kind, times, per_second)
    found: list[float] = wait_for_starts(bench, times)
    return found


def flood_of(bench: Bench, kind: str, times: int) -> float:
    """From the first event to the start of the last reaction."""
    per_second: float = bench.house.inside(kind, times, 0)
    starts = wait_for_starts(bench, times)
    # The last to be recorded had waited this long when it started.
    return times / (times / per_second + starts[-1] / 1000)


def wait_for_starts(bench: Bench, times: int) -> list[float]:
    until = time.monotonic() + 120
    while len(starts := bench.house.inside("read_starts")) < times and time.monotonic() < until:
        time.sleep(0.5)
    return list(starts)


def run_footprint(bench: Bench) -> list[Figure]:
    found = bench.house.memory()
    ours = {name: size for name, size in found.items() if name not in ENGINES}
    bench.house.stop()
    started = bench.house.start()
    parts = ", ".join(f"{name} {size:.0f}" for name, size in sorted(ours.items()))
    engines = ", ".join(f"{name} {found[name]:.0f}" for name in ENGINES if name in found)
    return [
        Figure(
            "memory of our processes",
            sum(ours.values()),
            "MiB",
            False,
            limits=[Limit(450, "goal"), Limit(PEERS.memory, "RT")],
            note=parts,
        ),
        Figure(
            "memory of the engines beside them",
            sum(found[n] for n in ENGINES),
            "MiB",
            False,
            note=engines,
        ),
        Figure("`up` to READY with data there", started, "s", False, limits=[Limit(6, "goal")]),
    ]

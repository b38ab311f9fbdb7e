"""Cases 1 to 3: the pages people read most, and search."""

from itertools import cycle
from urllib.parse import quote

from bench.load import Request
from bench.measuring import PEERS, Bench, at_least, statements_of
from bench.report import Figure, Limit

MAX_LIST_BYTES = 80 * 1024


def run_list(bench: Bench) -> list[Figure]:
    figures = []
    for view in ("open", "all"):
        asked = bench.page(f"/tickets/?view={view}")
        alone, busy = bench.one_by_one(cycle([asked])), bench.saturated(cycle([asked]))
        is_main = view == "open"
        bare = 0.0
        if is_main:
            with bench.house.bare_server() as port:
                bench.one_by_one(cycle([Request("/rows/")]), port)
                bare = bench.saturated(cycle([Request("/rows/")]), port)
        figures += [
            Figure(
                f"queue page ({view}), 8 clients",
                busy,
                "req/s",
                ceiling=bare or None,
                share=0.5 if is_main else None,
                limits=[at_least(PEERS.list_rate, 30)],
            ),
            Figure(
                f"queue page ({view}), 1 client, p50",
                alone.at(50),
                "ms",
                False,
                limits=[Limit(PEERS.list_p50 / 30, "1/30 of the best peer")],
                note=f"p95 {alone.at(95):.1f}",
            ),
        ]
        if is_main:
            counts = bench.counts(asked)
            size = Limit(MAX_LIST_BYTES, "budget")
            figures += [
                statements_of(counts),
                Figure("bytes of the page", counts["bytes"], "", False, limits=[size]),
            ]
    return figures


def run_ticket(bench: Bench) -> list[Figure]:
    pages = [bench.page(f"/tickets/{pk}/") for pk in bench.furniture["tickets"]]
    bare_pages = [Request(f"/tickets/{pk}/") for pk in bench.furniture["tickets"]]
    alone, busy = bench.one_by_one(cycle(pages)), bench.saturated(cycle(pages))
    with bench.house.bare_server() as port:
        bench.one_by_one(cycle(bare_pages), port)
        bare = bench.saturated(cycle(bare_pages), port)
    return [
        Figure(
            "ticket page, 8 clients",
            busy,
            "req/s",
            ceiling=bare,
            share=0.4,
            limits=[at_least(PEERS.ticket_rate, 3)],
        ),
        Figure(
            "ticket page, 1 client, p50",
            alone.at(50),
            "ms",
            False,
            note=f"p95 {alone.at(95):.1f}, {alone.size:,} bytes",
        ),
        statements_of(bench.counts(pages[0])),
    ]


def run_search(bench: Bench) -> list[Figure]:
    figures = []
    for kind, queries in bench.house.inside("choose_words").items():
        if not queries:
            continue
        asked = [bench.page(f"/search/?q={quote(query)}") for query in queries]
        alone = bench.one_by_one(cycle(asked))
        limit = Limit(25, "bounded phrase") if "phrase" in kind else Limit(10, "goal")
        figures.append(
            Figure(
                f"search, {kind}, 1 client, p95",
                alone.at(95),
                "ms",
                False,
                limits=[limit],
                note=f"p50 {alone.at(50):.1f}",
            )
        )
        if "phrase" not in kind and kind != "no hit":
            bare_asked = [Request(f"/search/?q={quote(query)}") for query in queries]
            with bench.house.bare_server() as port:
                bench.one_by_one(cycle(bare_asked), port)
                bare = bench.saturated(cycle(bare_asked), port)
            figures.append(
                Figure(
                    f"search, {kind}, 8 clients",
                    bench.saturated(cycle(asked)),
                    "req/s",
                    ceiling=bare,
                    share=0.5,
                    limits=[at_least(PEERS.search_rate, 6)],
                )
            )
            figures.append(statements_of(bench.counts(asked[0])))
    return figures

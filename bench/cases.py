"""The cases of the list of goals, each with what it is held against."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, cycle
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from psycopg import sql

from bench import control
from bench.house import ENGINES, House
from bench.interaction import run_interaction
from bench.kept_views import run_views
from bench.load import Client, Request, Times, ask_one_by_one, keep_busy
from bench.mails import send_all
from bench.report import Figure, Limit

MAX_STATEMENTS = 8
MAX_LIST_BYTES = 80 * 1024


@dataclass(frozen=True)
class Peers:
    """The best of django-helpdesk, RT and osTicket on the same small machine, 100,000 tickets."""

    list_rate: float = 6.7
    list_p50: float = 282
    ticket_rate: float = 86
    search_rate: float = 47
    create_rate: float = 142
    reply_rate: float = 149
    mails_per_minute: float = 6_740
    memory: float = 464


PEERS = Peers()


@dataclass
class Bench:
    house: House
    seconds: float
    tickets: int
    results: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def furniture(self) -> dict[str, Any]:
        found: dict[str, Any] = self.house.inside("furnish")
        return found

    @cached_property
    def copying(self) -> list[sql.Composed]:
        return control.prepare(self.house)

    def page(self, path: str) -> Request:
        return Request(path, headers={"Cookie": self.furniture["cookie"]})

    def post(self, path: str, body: object) -> Request:
        headers = {
            "Authorization": f"Token {self.furniture['token']}",
            "Content-Type": "application/json",
        }
        return Request(path, "POST", json.dumps(body).encode(), headers)

    def one_by_one(self, requests: Any, port: int = 0) -> Times:
        return ask_one_by_one(port or self.house.port, requests, seconds=self.seconds)

    def saturated(self, requests: Any, port: int = 0) -> float:
        return keep_busy(port or self.house.port, requests, seconds=self.seconds)

    def counts(self, request: Request) -> dict[str, int]:
        body = request.body.decode() if request.body else None
        asked = {"it": [request.method, request.path, body, request.headers]}
        found: dict[str, int] = self.house.inside("count_statements", asked)["it"]
        return found

    def disk(self) -> list[Figure]:
        """The control every write case carries."""
        self.copying  # noqa: B018 - makes the tables
        return [
            Figure(
                f"control: bare commits, {clients} client{'s' if clients > 1 else ''}",
                control.commits_per_second(
                    self.house, clients=clients, seconds=min(self.seconds, 2)
                ),
                "/s",
            )
            for clients in (1, control.CLIENTS)
        ]

    def bare_tickets(self, clients: int) -> float:
        return control.tickets_per_second(
            self.house,
            self.copying,
            self.furniture["tickets"][0],
            clients=clients,
            seconds=min(self.seconds, 3),
        )


def at_least(peer: float, times: float, name: str = "best peer") -> Limit:
    return Limit(peer * times, f"{times:g}× {name}")


def statements_of(counts: dict[str, int]) -> Figure:
    limit = Limit(MAX_STATEMENTS, "budget")
    return Figure("statements", counts["statements"], "", False, limits=[limit])


def commits_of(counts: dict[str, int], limit: int = 1) -> Figure:
    return Figure("commits", counts["commits"], "", False, limits=[Limit(limit, "budget")])


# Reading


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


# Writing


def new_tickets(bench: Bench) -> Any:
    run = uuid4().hex[:8]
    for number in count():
        yield bench.post(
            "/api/v1/tickets/",
            {
                "subject": f"The lamp {number} flickers",
                "body": "It went dark twice today, and once yesterday. What should I do? " * 3,
                "customer": {"name": f"Petra {number}", "email": f"p{number}.{run}@api.example"},
            },
        )


def run_create(bench: Bench) -> list[Figure]:
    control_figures = bench.disk()
    alone = bench.one_by_one(new_tickets(bench))
    busy = bench.saturated(new_tickets(bench))
    with bench.house.bare_server() as port:
        place = place_on(port)
        body = json.dumps(place | {"subject": "A lamp flickers", "body": "It went dark. " * 12})
        bare = Request("/tickets/", "POST", body.encode(), {"Content-Type": "application/json"})
        bench.one_by_one(cycle([bare]), port)
        ceiling = bench.saturated(cycle([bare]), port)
    return [
        Figure(
            "create by API, 8 clients",
            busy,
            "req/s",
            ceiling=ceiling,
            share=0.25,
            limits=[at_least(PEERS.create_rate, 2.5)],
        ),
        Figure(
            "create by API, 1 client, p50",
            alone.at(50),
            "ms",
            False,
            note=f"p95 {alone.at(95):.1f}",
        ),
        commits_of(counts := bench.counts(next(new_tickets(bench)))),
        Figure("statements", counts["statements"], "", False),
        *control_figures,
    ]


def place_on(port: int) -> dict[str, str]:
    from_bare = ask_for(port, "/place/")
    found: dict[str, str] = json.loads(from_bare)
    return found


def ask_for(port: int, path: str) -> bytes:
    client = Client(port)
    try:
        return client.ask(Request(path))
    finally:
        client.close()


def run_reply(bench: Bench) -> list[Figure]:
    control_figures = bench.disk()
    said = {"body": "Thank you for writing. We will send another one today. " * 4}
    targets = cycle(bench.furniture["tickets"])

    def replies() -> Any:
        while True:
            yield bench.post(f"/api/v1/tickets/{next(targets)}/replies/", said)

    alone, busy = bench.one_by_one(replies()), bench.saturated(replies())
    with bench.house.bare_server() as port:
        body, kind = json.dumps(said).encode(), {"Content-Type": "application/json"}
        bare = [
            Request(f"/tickets/{pk}/replies/", "POST", body, kind)
            for pk in bench.furniture["tickets"]
        ]
        bench.one_by_one(cycle(bare), port)
        ceiling = bench.saturated(cycle(bare), port)
    return [
        Figure(
            "public reply, 8 clients",
            busy,
            "req/s",
            ceiling=ceiling,
            share=0.4,
            limits=[at_least(PEERS.reply_rate, 3)],
        ),
        Figure(
            "public reply, 1 client, p50", alone.at(50), "ms", False, note=f"p95 {alone.at(95):.1f}"
        ),
        commits_of(counts := bench.counts(next(replies()))),
        Figure("statements", counts["statements"], "", False),
        *control_figures,
    ]


def run_mail(bench: Bench) -> list[Figure]:
    control_figures = bench.disk()
    address = bench.furniture["address"]
    send_all(bench.house, address, mails=20)
    mails = max(200, int(bench.seconds * 60))
    accepted, done = send_all(bench.house, address, mails=mails)
    return [
        Figure(
            "mails applied",
            mails / done * 60,
            "/min",
            ceiling=bench.bare_tickets(1) * 60,
            share=0.05,
            limits=[at_least(PEERS.mails_per_minute, 1.2)],
            note=f"{mails} mails; ceiling: ticket + message + event as rows, 1 client",
        ),
        Figure("mails accepted (stored and acknowledged)", mails / accepted * 60, "/min"),
        *control_figures,
    ]


# Reacting


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


# Weight


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


@dataclass(frozen=True)
class Case:
    title: str
    run: Callable[[Bench], list[Figure]]


CASES = {
    1: Case("queue page, 50 rows, signed in, with counters", run_list),
    2: Case("ticket page with thread, timeline and customer panel", run_ticket),
    3: Case("search", run_search),
    4: Case("create by API", run_create),
    5: Case("public reply", run_reply),
    6: Case("mail ingest", run_mail),
    7: Case("saved views and their numbers", run_views),
    9: Case("event to reaction", run_reaction),
    10: Case("footprint", run_footprint),
    11: Case("from key to changed screen, in Chromium", run_interaction),
}
# Not without being asked for: it needs a browser.
USUAL = [number for number in CASES if number != 11]

"""Cases 4 to 6: tickets and answers by the API, and mails."""

import json
from itertools import count, cycle
from typing import Any
from uuid import uuid4

from bench.load import Client, Request
from bench.mails import send_all
from bench.measuring import PEERS, Bench, at_least, commits_of
from bench.report import Figure


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

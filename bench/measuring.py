"""What all cases measure with: the house, its clients, what was furnished, and the limits."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from psycopg import sql

from bench import control
from bench.house import House
from bench.load import Request, Times, ask_one_by_one, keep_busy
from bench.report import Figure, Limit

MAX_STATEMENTS = 8


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

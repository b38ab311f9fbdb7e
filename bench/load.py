"""Clients: one that waits for each answer, and many that keep the server busy."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle
from statistics import quantiles

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    method: str = "GET"
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds per answer, and how many came per second of the whole measurement."""

    seconds: list[float]
    rate: float
    size: int  # bytes of the last answer

    def at(self, percent: int) -> float:
        """Milliseconds."""
        if len(self.seconds) < 2:
            return self.seconds[0] * 1000
        return quantiles(self.seconds, n=100, method="inclusive")[percent - 1] * 1000


class RefusedAnswer(Exception):
    pass


class Client:
    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("localhost", port, timeout=60)

    def ask(self, request: Request) -> bytes:
        self.connection.request(request.method, request.path, request.body, request.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 201):
            raise RefusedAnswer(
                f"{request.method} {request.path}: {answer.status} {content[:300]!r}"
            )
        return content

    def close(self) -> None:
        self.connection.close()


def ask_one_by_one(port: int, requests: Iterator[Request], *, seconds: float) -> Times:
    """At least ten answers, however long they take."""
    client = Client(port)
    for _ in range(3):
        client.ask(next(requests))
    times: list[float] = []
    content = b""
    started = time.perf_counter()
    while len(times) < 10 or time.perf_counter() - started < seconds:
        begun = time.perf_counter()
        content = client.ask(next(requests))
        times.append(time.perf_counter() - begun)
    client.close()
    return Times(times, len(times) / (time.perf_counter() - started), len(content))


def keep_busy(port: int, requests: Iterator[Request], *, seconds: float) -> float:
    """Answers per second with several connections."""
    taking, done, problems = threading.Lock(), count(), []
    until = time.perf_counter() + seconds

    def ask_on() -> None:
        client = Client(port)
        try:
            while time.perf_counter() < until:
                with taking:
                    request = next(requests)
                client.ask(request)
                next(done)
        except (OSError, http.client.HTTPException, RefusedAnswer) as problem:
            problems.append(problem)
        finally:
            client.close()

    elapsed = run_together([ask_on] * CONNECTIONS)
    if problems:
        raise problems[0]
    return next(done) / elapsed


def run_together(functions: Sequence[Callable[[], None]]) -> float:
    """Seconds until the last has ended."""
    threads = [threading.Thread(target=function, daemon=True) for function in functions]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def in_turn(requests: Sequence[Request]) -> Iterator[Request]:
    return cycle(requests)

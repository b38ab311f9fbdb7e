"""Connections that begin a request and never end it are nobody else's trouble."""

import socket
from contextlib import ExitStack

import pytest

from tests.system.deployment import Deployment

pytestmark = pytest.mark.slow

HALF = (
    b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Cookie: csrftoken=abcdefghijklmnopqrstuvwxyzabcdef\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nlogin=a"
)


def test_a_hundred_half_requests_hold_up_nobody(running: Deployment) -> None:
    with ExitStack() as held:
        for _ in range(100):
            line = socket.create_connection(("127.0.0.1", running.port), timeout=10)
            held.enter_context(line)
            line.sendall(HALF)
        assert running.api().get("/tickets/") is not None
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as other:
            other.sendall(b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert other.recv(100).startswith(b"HTTP/1.1 200")

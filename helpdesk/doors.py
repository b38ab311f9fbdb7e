"""The listening sockets. The supervisor opens them and its children share them, so that
connections wait in the queue while a child starts again, and none is refused."""

import errno
import http.client
import socket
import time
from collections.abc import Sequence

from helpdesk.programs import CannotStart

BACKLOG = 2048
LOOPBACK = ("127.0.0.1", "::1")


def open_doors(host: str, port: int, *, variable: str) -> list[socket.socket]:
    """One socket per address of ``host``, none for port 0.

    ``variable`` is what people change when the port is busy.
    """
    if not port:
        return []
    addresses = LOOPBACK if host == "localhost" else (host,)
    doors = []
    for address in addresses:
        try:
            doors.append(open_patiently(address, port))
        except OSError as failure:
            if failure.errno == errno.EADDRINUSE:
                raise CannotStart(
                    f"Port {port} is in use by another program; stop that one or choose another "
                    f"port with {variable}."
                ) from None
            if failure.errno == errno.EACCES:
                raise CannotStart(
                    f"Port {port} is reserved for root; choose one above 1023 with {variable}."
                ) from None
            if doors and failure.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                # A machine without IPv6.
                continue
            raise CannotStart(f"{address}:{port} cannot be opened: {failure.strerror}.") from None
    return doors


def open_patiently(address: str, port: int) -> socket.socket:
    """The children of a supervisor that was killed hold its doors a moment longer than it."""
    for _ in range(10):
        try:
            return open_door(address, port)
        except OSError as failure:
            if failure.errno != errno.EADDRINUSE:
                raise
            time.sleep(0.1)
    return open_door(address, port)


def open_door(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Connections of an earlier run that the kernel still remembers are no obstacle.
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        door.bind((address, port))
        door.listen(BACKLOG)
    except OSError:
        door.close()
        raise
    return door


def list_numbers(doors: Sequence[socket.socket]) -> str:
    """How a child is told about sockets that it has from its parent."""
    return ",".join(str(door.fileno()) for door in doors)


def answers_http(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=3)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def greets_mail(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            greeting = connection.recv(512)
            connection.sendall(b"QUIT\r\n")
            return greeting.startswith(b"220")
    except OSError:
        return False

"""Calling addresses that people have entered, and through them nothing inside our own network.

A name is looked up once. Every address it has must be a public one, and that very address is
connected to, so that a name cannot come to mean a machine inside after it was checked. Redirects
are not followed, no proxy is used, and one deadline holds for everything from the connection on.
"""

import contextlib
import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import certifi
from django.utils.translation import gettext as _

from core.errors import Invalid

LONGEST_URL = 500
_PORTS = {"http": 80, "https": 443}
_WRITTEN = re.compile(r"[!-\[\]-~]+\Z")  # ASCII one can see, without the backslash
# IPv6 forms that carry an IPv4 address: mapped and compatible, NAT64, 6to4, Teredo.
_CARRIERS = [
    ipaddress.ip_network(net)
    for net in (
        "::/96",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
    )
]
# A cloud's own machine behind an address that looks public (Azure's WireServer).
_INSIDE = ipaddress.ip_network("168.63.129.16/32")
_MOST_HEAD = 64 * 1024


class Unreachable(Exception):
    """It was not called, or did not answer. Its text is a code; it names no address."""


@dataclass(frozen=True, slots=True)
class Place:
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As the Host header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Limits:
    connect: float = 3.0
    whole: float = 10.0
    body: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes  # as much of it as was asked for and came in time


USUAL = Limits()


def read_url(url: str, *, inside: Collection[str] = ()) -> Place:
    """``inside``: what of our own network may be called, as "host" or "host:port"; plain http and
    other ports only there. Raises ``Invalid``."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Invalid(_("This is no web address."), field="url") from None
    host = (parts.hostname or "").rstrip(".")
    if not host or parts.scheme not in _PORTS or not _is_plain(url, parts):
        raise Invalid(_("This is no web address."), field="url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = Place(parts.scheme, host, port or _PORTS[parts.scheme], path)
    if not is_named(place, inside) and (place.scheme, place.port) != ("https", 443):
        raise Invalid(_("Only https addresses on the usual port can be called."), field="url")
    return place


def _is_plain(url: str, parts: Any) -> bool:
    is_written = len(url) <= LONGEST_URL and _WRITTEN.match(url) is not None
    return is_written and parts.username is None and "#" not in url and "%" not in parts.netloc


def is_named(place: Place, inside: Collection[str]) -> bool:
    """Whether the operator allows this place by name; a name alone stands for ports 80 and 443."""
    usual = place.host in inside and place.port in _PORTS.values()
    return usual or f"{place.host}:{place.port}" in inside


def find_address(place: Place, *, inside: Collection[str] = ()) -> str:
    """The address to connect to. Raises ``Unreachable`` where any of its addresses leads inside."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("no_address") from None
    addresses = [str(row[4][0]) for row in found]
    may_call = _is_machine if is_named(place, inside) else is_public
    if not addresses or not all(may_call(address) for address in addresses):
        raise Unreachable("inside")
    return addresses[0]


def is_public(text: str) -> bool:
    address = ipaddress.ip_address(text)
    if any(address.version == net.version and address in net for net in [*_CARRIERS, _INSIDE]):
        return False
    return address.is_global and _is_machine(text) and not getattr(address, "is_site_local", False)


def _is_machine(text: str) -> bool:
    """Not link-local, where clouds keep the keys of machines, nor what is no single machine."""
    address = ipaddress.ip_address(text)
    if inner := getattr(address, "ipv4_mapped", None):
        return _is_machine(str(inner))
    is_odd = address.is_multicast or address.is_unspecified or address.is_reserved
    return address.is_loopback or not (is_odd or address.is_link_local)


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    inside: Collection[str] = (),
    limits: Limits = USUAL,
) -> Answer:
    """Whatever it answers, a redirect as well. Raises ``Unreachable``."""
    deadline = time.monotonic() + limits.whole
    try:
        place = read_url(url, inside=inside)
    except Invalid:
        raise Unreachable("address") from None
    address = find_address(place, inside=inside)
    try:
        line = _connect(place, address, deadline=deadline, seconds=limits.connect)
        try:
            return _ask(line, place, body, headers, most=limits.body)
        finally:
            line.end()
    except TimeoutError:
        raise Unreachable("timeout") from None
    except ssl.SSLCertVerificationError:
        raise Unreachable("certificate") from None
    except ConnectionRefusedError:
        raise Unreachable("refused") from None
    except http.client.HTTPException:
        raise Unreachable("no_http") from None
    except OSError:
        raise Unreachable("cut_off") from None


class _Line:
    """What http.client needs of a socket, under one deadline however slowly the bytes drip."""

    def __init__(self, line: socket.socket, deadline: float) -> None:
        self.line, self.deadline = line, deadline
        self.came = 0
        self.most = _MOST_HEAD

    def _limit(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.line.settimeout(left)

    def sendall(self, data: bytes) -> None:
        self._limit()
        self.line.sendall(data)

    def read_into(self, buffer: Any) -> int:
        if self.came > self.most:
            raise http.client.HTTPException
        self._limit()
        count = self.line.recv_into(buffer)
        self.came += count
        return count

    def makefile(self, *_mode: object) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Said by http.client once it has the headers; the body is still to come."""

    def end(self) -> None:
        self.line.close()


class _Reader(io.RawIOBase):
    def __init__(self, line: _Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._line.read_into(buffer)


def _connect(place: Place, address: str, *, deadline: float, seconds: float) -> _Line:
    # A name server may have taken all the time there was.
    left = min(seconds, deadline - time.monotonic())
    if left <= 0:
        raise TimeoutError
    line = socket.create_connection((address, place.port), timeout=left)
    try:
        if place.scheme == "https":
            line.settimeout(max(min(seconds, deadline - time.monotonic()), 0.001))
            line = _tls().wrap_socket(line, server_hostname=place.host)
    except BaseException:
        line.close()
        raise
    return _Line(line, deadline)


@cache
def _tls() -> ssl.SSLContext:
    """What the machine trusts, for houses with an authority of their own, and what browsers do."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _ask(
    line: _Line, place: Place, body: bytes, headers: Mapping[str, str], *, most: int
) -> Answer:
    connection = http.client.HTTPConnection(place.host, place.port)
    connection.sock = line
    fixed = {"Host": place.authority, "Accept-Encoding": "identity", "Connection": "close"}
    connection.request("POST", place.path, body=body, headers={**headers, **fixed})
    answer = connection.getresponse()
    line.most += most
    said = b""
    # What it decided stands in its first line.
    with contextlib.suppress(OSError, http.client.HTTPException):
        said = answer.read(most)
    return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, said)

"""Calling the house's own systems: typed, signed, and only where a tool was set up to lead.

The address that was looked up is the one that is called, so that a name cannot come to mean a
machine inside after it was checked.
"""

import json
import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import certifi
import urllib3

from bots.dialogue.shapes import ToolAnswered
from bots.models import Tool, ToolFailure
from bots.queries.tools import body_of, check_url, is_own, sign, take_outputs
from core.errors import Invalid
from core.outside import is_public

log = logging.getLogger("helpdesk.bots")

_MOST_BYTES = 64 * 1024
_MOST_SECONDS = 10
_KEPT = 20


@dataclass(frozen=True, slots=True)
class Request:
    url: str
    body: bytes
    headers: Mapping[str, str]
    seconds: float


class Unreachable(Exception):
    """It did not answer, or not as it should. Says nothing of what was asked."""


Carrier = Callable[[Request], bytes]


def call_tool(
    tool: Tool,
    inputs: Mapping[str, str],
    *,
    customer: UUID,
    proved: list[str],
    key: UUID,
    carry: Carrier | None = None,
) -> ToolAnswered:
    """``key`` is the same each time the same turn is worked out: what changes something is done
    once. A tool that fails is an answer like any other."""
    request = build_request(tool, inputs, customer=customer, proved=proved, key=key)
    began = time.monotonic()
    try:
        given = json.loads((carry or carry_by_http)(request))
    except (Unreachable, ValueError) as error:
        log.warning("A tool did not answer (%s).", type(error).__name__)
        code = str(error) if isinstance(error, Unreachable) else "no json"
        note_failure(tool, code, milliseconds=int((time.monotonic() - began) * 1000))
        return ToolAnswered(False)
    return ToolAnswered(True, take_outputs(tool.outputs, given))


def build_request(
    tool: Tool, inputs: Mapping[str, str], *, customer: UUID, proved: list[str], key: UUID
) -> Request:
    wanted = {name: str(inputs.get(name, ""))[:500] for name in tool.inputs}
    body = body_of(wanted, customer=customer, proved=proved)
    headers = {
        "Content-Type": "application/json",
        "X-Helpdesk-Signature": sign(body, tool.secret),
        "Idempotency-Key": str(key),
    }
    return Request(tool.url, body, headers, min(tool.timeout_seconds, _MOST_SECONDS))


def note_failure(tool: Tool, code: str, *, milliseconds: int) -> None:
    """Of each tool the last ones are kept, for who looks after it."""
    ToolFailure.objects.create(tool=tool, code=code[:60], milliseconds=milliseconds)
    failures = ToolFailure.objects.filter(tool=tool)
    kept = failures.order_by("-at", "-id").values_list("pk", flat=True)[:_KEPT]
    failures.exclude(pk__in=list(kept)).delete()


def carry_by_http(request: Request) -> bytes:
    try:
        check_url(request.url)
    except Invalid as refusal:
        raise Unreachable(refusal.code) from None
    pool, path = _pool_for(request)
    with pool:
        try:
            answer = pool.request(
                "POST",
                path,
                body=request.body,
                headers={**request.headers, "Host": urlsplit(request.url).netloc},
                redirect=False,
                retries=False,
                preload_content=False,
            )
            content: bytes = answer.read(_MOST_BYTES + 1)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable(type(error).__name__) from None
    if answer.status != 200 or len(content) > _MOST_BYTES:
        raise Unreachable(str(answer.status))
    return content


def _pool_for(request: Request) -> tuple[urllib3.HTTPConnectionPool, str]:
    parts = urlsplit(request.url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    host = parts.hostname or ""
    timeout = urllib3.Timeout(connect=request.seconds, read=request.seconds)
    if is_own(request.url) and parts.scheme == "http":
        return urllib3.HTTPConnectionPool(host, parts.port or 80, timeout=timeout), path
    pool = urllib3.HTTPSConnectionPool(
        host if is_own(request.url) else find_public_address(host),
        parts.port or 443,
        timeout=timeout,
        cert_reqs="CERT_REQUIRED",
        ca_certs=certifi.where(),
        server_hostname=host,
        assert_hostname=host,
    )
    return pool, path


def find_public_address(host: str) -> str:
    """Raises ``Unreachable`` where any of its addresses leads inside."""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        raise Unreachable("no address") from None
    addresses = [str(row[4][0]) for row in found]
    if not addresses or not all(is_public(one) for one in addresses):
        raise Unreachable("inside")
    return addresses[0]

"""Who vouches for a mail: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489), judged by us.

What the mail itself says about that is worth nothing, but for one header: the topmost
`Authentication-Results` of a mailbox whose provider an admin named.
"""

import ipaddress
import logging
import re
from functools import cache

import spf
from publicsuffixlist import PublicSuffixList

from connectors.errors import ParserBug, Unreadable
from connectors.mail import sandbox, signatures
from connectors.mail.limits import Header, normalise_line_ends, read_head
from connectors.mail.markup import words
from connectors.mail.resolver import NoAnswer, Off, Resolver
from connectors.mail.sender import find_sender
from connectors.messages import Verdicts

log = logging.getLogger("helpdesk.mail")

RESULTS = words("none neutral pass fail softfail policy temperror permerror")
METHOD = re.compile(r"\s*(spf|dkim|dmarc)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)
COMMENT = re.compile(r"\([^()]*\)")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"')
HEADER_FROM = re.compile(r"header\.from\s*=\s*\"?(?:[^\s;\"@]*@)?([^\s;\"]+)", re.IGNORECASE)
MAX_COMMENTS = 20


def judge(
    raw: bytes,
    *,
    peer: str = "",
    helo: str = "",
    mail_from: str | None = None,
    resolver: Resolver,
    authserv_id: str = "",
    sender: str | None = None,
) -> Verdicts:
    """``sender`` is the address that the reader found, so that another charset of the body cannot
    make us judge somebody else; "" for nobody, None where it has not been read yet.

    ``peer`` is the address the mail was handed over from, "" where we fetched it.

    ``authserv_id`` names the server whose `Authentication-Results` is believed: only for mail
    out of a mailbox of that server, never for mail that anybody may hand us.
    """
    headers = _read_headers(raw)
    if sender is None:
        sender = find_sender([value for name, value in headers if name == "from"])[0].email
    domain = sender.rpartition("@")[2].lower()
    if authserv_id and (told := _read_results(headers, authserv_id, domain)):
        return told
    if isinstance(resolver, Off):
        return Verdicts()
    spf_result, spf_domain = _judge_spf(peer, helo, mail_from, resolver)
    found = _judge_dkim(raw, headers, resolver)
    return Verdicts(
        spf=spf_result,
        dkim=_sum_up(found, domain),
        dmarc=_judge_dmarc(domain, (spf_result, spf_domain), found, resolver),
    )


def _read_headers(raw: bytes) -> list[Header]:
    try:
        data = normalise_line_ends(raw.lstrip())
        return read_head(data, 0, len(data))[0]
    except Unreadable:
        return []


# What another server says


def _read_results(headers: list[Header], authserv_id: str, domain: str) -> Verdicts | None:
    """RFC 8601. Everything below the topmost header may be the sender's own invention."""
    value = next((value for name, value in headers if name == "authentication-results"), None)
    if value is None:
        return None
    text = QUOTED.sub(_hide_signs, value.decode("latin-1"))
    for _ in range(MAX_COMMENTS):
        text, count = COMMENT.subn(" ", text)
        if not count:
            break
    server, _, rest = text.partition(";")
    if (server.split() or [""])[0].lower() != authserv_id.strip().lower():
        return None
    told: dict[str, str] = {}
    for part in rest.split(";"):
        match = METHOD.match(part)
        if match and match.group(2).lower() in RESULTS:
            _take_in(told, match.group(1).lower(), match.group(2).lower(), part, domain)
    return Verdicts(**told)


def _hide_signs(quoted: re.Match[str]) -> str:
    """Local parts of addresses may be quoted, and then hold whatever their sender likes."""
    return re.sub(r"[;()=\s]", "_", quoted.group())


def _take_in(told: dict[str, str], method: str, result: str, part: str, domain: str) -> None:
    if method == "dmarc":
        judged = HEADER_FROM.search(part)
        if judged and judged.group(1).lower() != domain:
            # Of another From than the one we read.
            result = "fail"
        if told.get(method, result) != result:
            # Of several the worst: one of them may be the sender's, repeated by the server.
            result = "fail"
        told[method] = result
    elif method not in told or (method == "dkim" and result == "pass"):
        told[method] = result


# SPF


def _judge_spf(peer: str, helo: str, mail_from: str | None, resolver: Resolver) -> tuple[str, str]:
    """The result, and the domain it speaks of."""
    if not _is_public(peer):
        # A server of our own handed it over: the sender's address is not known.
        return "none", ""
    sender = (mail_from or "").strip("<> ")
    domain = (sender.rpartition("@")[2] or helo).lower()
    if not domain or not domain.isascii():
        return "none", ""
    query = _SpfQuery(resolver, peer, sender, helo)
    try:
        result = query.check()[0]
    except NoAnswer:
        result = "temperror"
    except Exception as error:  # noqa: BLE001  strangers write the records it reads
        log.info("an SPF record could not be read: %s", type(error).__name__)
        result = "permerror"
    return (result if result in RESULTS else "none"), domain


def _is_public(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer.split("%")[0]).is_global
    except ValueError:
        return False


class _SpfQuery(spf.query):
    """pyspf with our resolver instead of its own."""

    def __init__(self, resolver: Resolver, peer: str, sender: str, helo: str) -> None:
        super().__init__(i=peer, s=sender, h=helo)
        self.resolver = resolver

    def dns(
        self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False
    ) -> list[object]:
        found = self.resolver.look_up(str(name), qtype)
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("Too many look-ups without an answer")
        return [_as_pyspf_has_it(record, qtype) for record in found]


def _as_pyspf_has_it(record: str, kind: str) -> object:
    if kind == "TXT":
        return (record.encode("latin-1", "replace"),)
    if kind == "MX":
        preference, _, host = record.partition(" ")
        return int(preference), host.rstrip(".")
    return record.rstrip(".")


# DKIM


def _judge_dkim(raw: bytes, headers: list[Header], resolver: Resolver) -> list[tuple[str, str]]:
    """(result, domain) of each signature we look at."""
    if not any(name == "dkim-signature" for name, _ in headers):
        return []
    keys = {name: _fetch_key(name, resolver) for name in signatures.key_names(headers)}
    try:
        results = sandbox.verify_signatures(raw, keys)
    except (Unreadable, ParserBug) as error:
        log.info("signatures could not be checked: %s", type(error).__name__)
        return [("permerror", "")]
    return [(word, domain) for word, _, domain in (result.partition(" ") for result in results)]


def _fetch_key(name: str, resolver: Resolver) -> str:
    try:
        found = resolver.look_up(name, "TXT")
    except NoAnswer:
        return "!"
    # Several records at one name leave it open which one counts (RFC 6376 3.6.2.2).
    return found[0] if len(found) == 1 else ""


def _sum_up(found: list[tuple[str, str]], domain: str) -> str:
    """The best that is said for this sender; a signature that may be stretched says nothing."""
    results = [result for result, _ in found]
    for best in ("pass", "temperror", "fail", "permerror"):
        if best in results:
            return best
    return "none"


# DMARC


def _judge_dmarc(
    domain: str, spf_found: tuple[str, str], signed: list[tuple[str, str]], resolver: Resolver
) -> str:
    if not domain:
        return "none"
    try:
        policy = _find_policy(domain, resolver)
    except NoAnswer:
        return "temperror"
    if policy is None:
        return "none"
    results = [
        result
        for result, by in signed
        if _is_aligned(by, domain, is_strict=policy.get("adkim") == "s")
    ]
    if _is_aligned(spf_found[1], domain, is_strict=policy.get("aspf") == "s"):
        results.append(spf_found[0])
    if "pass" in results:
        return "pass"
    return "temperror" if "temperror" in results else "fail"


def _find_policy(domain: str, resolver: Resolver) -> dict[str, str] | None:
    """The record of the domain, else that of its organisation (RFC 7489 6.6.3)."""
    for name in dict.fromkeys([domain, _organisation(domain)]):
        records = [
            tags
            for record in resolver.look_up(f"_dmarc.{name}", "TXT")
            if (tags := _read_policy(record))
        ]
        if len(records) == 1:
            return records[0]
        if records:
            return None
    return None


def _read_policy(record: str) -> dict[str, str]:
    if not re.match(r"v\s*=\s*DMARC1\s*(;|$)", record):
        return {}
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip().lower() for name, _, value in pairs}


def _is_aligned(by: str, domain: str, *, is_strict: bool) -> bool:
    if not by:
        return False
    by = by.lower().rstrip(".")
    return by == domain if is_strict else _organisation(by) == _organisation(domain)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _organisation(domain: str) -> str:
    return _suffixes().privatesuffix(domain) or domain

"""The DNS as far as judging a mail needs it, never waited for long."""

import logging
import time
from typing import Protocol

import dns.exception
import dns.name
import dns.resolver

log = logging.getLogger("helpdesk.mail")

QUESTION_SECONDS = 2.0
MAIL_SECONDS = 5.0
DEAD_SECONDS = 60.0


class NoAnswer(Exception):
    """The DNS could not say; asked again later it might ("temperror")."""


class Resolver(Protocol):
    def look_up(self, name: str, kind: str) -> list[str]:
        """Records of that kind, following aliases; none where there are none.

        TXT as its text, MX as "preference host", the others as usual. Raises ``NoAnswer``.
        """


class Off:
    """Where MAIL_DNS says so: nobody is asked, and no verdict is given."""

    def look_up(self, name: str, kind: str) -> list[str]:
        raise NoAnswer


class LiveResolver:
    """Asks the machine's resolvers, within one budget for one mail."""

    # Shared by all mails of this process: until then nobody waits for a dead resolver again.
    dead_until = 0.0

    def __init__(self) -> None:
        self.deadline = time.monotonic() + MAIL_SECONDS
        self.known: dict[tuple[str, str], list[str]] = {}

    def look_up(self, name: str, kind: str) -> list[str]:
        key = (name.lower().rstrip("."), kind)
        if key not in self.known:
            self.known[key] = self._ask(*key)
        return self.known[key]

    def _ask(self, name: str, kind: str) -> list[str]:
        left = min(QUESTION_SECONDS, self.deadline - time.monotonic())
        if left <= 0 or time.monotonic() < LiveResolver.dead_until:
            raise NoAnswer
        try:
            answer = dns.resolver.resolve(f"{name}.", kind, lifetime=left)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.name.LabelTooLong, dns.name.EmptyLabel, dns.name.NameTooLong, UnicodeError):
            return []
        except (dns.exception.DNSException, OSError) as error:
            self._note_failure(error)
            raise NoAnswer from None
        if kind == "TXT":
            return [b"".join(record.strings).decode("latin-1") for record in answer]
        return [record.to_text() for record in answer]

    def _note_failure(self, error: Exception) -> None:
        """One domain without an answer is its own trouble, or its owner's wish: only a resolver
        that does not even know the root is left alone for a while."""
        try:
            dns.resolver.resolve(".", "NS", lifetime=1.0)
        except (dns.exception.DNSException, OSError):
            LiveResolver.dead_until = time.monotonic() + DEAD_SECONDS
            log.warning("the DNS does not answer: %s", type(error).__name__)

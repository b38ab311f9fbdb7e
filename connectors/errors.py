"""Why a message could not be read or could not leave."""

from core.errors import HelpdeskError


class Unreadable(HelpdeskError):
    """The payload can never be understood as it is: it belongs in quarantine, not in a retry."""

    code = "unreadable"
    status = 422


class ParserBug(Exception):
    """The parser met something it has no code for: our fault, the mail is kept and replayed."""


class ZygoteLost(Exception):
    """The reading process was killed from outside or did not start; later it will do."""


class RefusedHeader(HelpdeskError):
    """A value that would break out of its mail header."""

    code = "refused_header"
    status = 422


class SendError(HelpdeskError):
    """`provider_code` is what the other side answered, for example "451"."""

    code = "send_failed"
    status = 502

    def __init__(self, reason: str, *, provider_code: str = "", ambiguous: bool = False) -> None:
        super().__init__(reason)
        self.provider_code = provider_code
        # The other side may hold the message: the connection was lost before it could say so.
        self.ambiguous = ambiguous


class TemporarySendError(SendError):
    code = "send_deferred"


class PermanentSendError(SendError):
    code = "send_refused"


class OAuthProblem(HelpdeskError):
    """A provider gives us no token. ``error`` is its code (RFC 6749 5.2) or a word of ours."""

    code = "oauth_failed"
    status = 502

    def __init__(self, reason: str, *, error: str) -> None:
        super().__init__(reason)
        self.error = error


class MailboxRefused(HelpdeskError):
    """A mailbox that was tried does not let us in; the reason is in English, as in its health."""

    code = "mailbox_refused"
    status = 502

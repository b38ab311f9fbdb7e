"""Refusals to visitors. Their codes are fixed words the widget knows; see docs/chat.md."""

from core.errors import HelpdeskError, Invalid

# With which a visitor's socket is closed: who nobody knows, or knows no longer; who may not chat,
# or from here not.
NOT_KNOWN, SHUT_OUT = 4401, 4403


class BadToken(HelpdeskError):
    code = "bad_token"
    status = 401


class BadOrigin(HelpdeskError):
    code = "bad_origin"
    status = 403


class Banned(HelpdeskError):
    code = "banned"
    status = 403


class NoSuchThing(HelpdeskError):
    code = "not_found"
    status = 404


class ChatEnded(HelpdeskError):
    code = "chat_ended"
    status = 409


class ChatGoesOn(HelpdeskError):
    """There is one already; ``extra["chat"]`` says which."""

    code = "chat_goes_on"
    status = 409


class NoticeChanged(HelpdeskError):
    code = "notice_changed"
    status = 409


class MissingField(Invalid):
    code = "missing_field"


class BadEmail(Invalid):
    code = "bad_email"


class BadCode(Invalid):
    code = "bad_code"


class BadFile(Invalid):
    code = "bad_file"


class TooLarge(HelpdeskError):
    code = "too_large"
    status = 413


class TooFast(HelpdeskError):
    """``extra["retry_after"]`` says in how many seconds."""

    code = "too_fast"
    status = 429


class Taken(HelpdeskError):
    """Somebody else was faster."""

    code = "taken"
    status = 409


class NotYours(HelpdeskError):
    code = "not_yours"
    status = 409


class BadHostToken(Invalid):
    """What the website says of who this is does not hold."""

    code = "bad_host_token"


class NothingToSend(HelpdeskError):
    code = "nothing_to_send"
    status = 409

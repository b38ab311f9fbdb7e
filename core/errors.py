"""Errors that people may read. Everything else is a bug and becomes a 500."""

from typing import Any


class HelpdeskError(Exception):
    """A request we understood and refuse, with a reason fit to show to its author.

    Subclasses set ``code``, which API clients may rely on, and ``status``. ``extra`` is added
    to the problem document as it is.
    """

    code = "refused"
    status = 409

    def __init__(self, reason: str, **extra: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.extra = extra


class NotAllowed(HelpdeskError):
    """A colleague who may see the thing but not do this to it."""

    code = "not_allowed"
    status = 403


class Invalid(HelpdeskError):
    code = "invalid"
    status = 400


class PageTooOld(HelpdeskError):
    """Its form was made for another session; loaded anew it works."""

    code = "page_too_old"
    status = 403


class TooMany(HelpdeskError):
    code = "too_many"
    status = 429

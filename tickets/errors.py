from datetime import datetime
from typing import Any
from uuid import UUID

from core.errors import HelpdeskError, Invalid


class AlreadyThere(HelpdeskError):
    """Two people did the same at once; the second learns that it is done."""

    code = "already_there"
    status = 409


class TransitionRefused(HelpdeskError):
    code = "transition_refused"
    status = 409


class StepGuarded(TransitionRefused):
    """Something has to be done before; the reason says what."""

    code = "step_guarded"


class UnknownStatus(Invalid):
    code = "unknown_status"


class UnseenMessages(HelpdeskError):
    """Somebody else wrote in the meantime; ``extra["unseen"]`` lists what is new."""

    code = "unseen_messages"
    status = 409

    def __init__(self, unseen: list[Any], head: int) -> None:
        super().__init__(
            "Somebody wrote in the meantime. Read it, then send again.", unseen=unseen, head=head
        )


class EmptyMessage(Invalid):
    code = "empty_message"


class CannotWithdraw(HelpdeskError):
    """The message is on its way or out; only what still waits can be taken back."""

    code = "cannot_withdraw"
    status = 409


class NoAddress(HelpdeskError):
    code = "no_address"
    status = 409


class NotRetriable(HelpdeskError):
    code = "not_retriable"
    status = 409


class HeldBack(Exception):
    """An answer whose turn has not come: an earlier one of the same ticket is still to leave."""

    def __init__(self, *, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class Quarantined(Exception):
    """An inbound message that must not reach a thread; the reason is shown to admins.

    ``ticket`` is the one it wanted to enter.
    """

    def __init__(self, reason: str, *, code: str, ticket: UUID | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.ticket = ticket


class Dismissed(Exception):
    """An inbound message that is kept raw and needs nobody's attention."""

    def __init__(self, reason: str, *, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class CannotApply(HelpdeskError):
    """A delivery that this cannot be done to, as it is or as it stands now."""

    code = "cannot_apply"
    status = 409


class CannotRemove(HelpdeskError):
    code = "cannot_remove"
    status = 409


class TooLate(HelpdeskError):
    code = "too_late"


class Merged(HelpdeskError):
    code = "merged"
    status = 409


class CannotMove(HelpdeskError):
    """Messages that cannot go to another ticket, or not come back, as both stand now."""

    code = "cannot_move"
    status = 409


class DraftOutdated(HelpdeskError):
    """A newer draft was kept meanwhile, from another tab; ``extra["draft"]`` is what it says."""

    code = "draft_outdated"
    status = 409

    def __init__(self, draft: dict[str, Any]) -> None:
        super().__init__("This draft was changed in another tab.", draft=draft)


class NotScheduled(HelpdeskError):
    """An answer that does not wait for its time, or no longer."""

    code = "not_scheduled"
    status = 409

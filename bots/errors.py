from typing import Any

from bots.dialogue.outline import Problem
from core.errors import HelpdeskError


class NotHandedOver(HelpdeskError):
    code = "not_handed_over"
    status = 409


class NotPublishable(HelpdeskError):
    """A flow is published only when nothing in it is wrong."""

    code = "not_publishable"
    status = 400

    def __init__(self, reason: str, problems: list[Problem], **details: Any) -> None:
        super().__init__(reason, **details)
        self.problems = problems


class AlreadyDecided(HelpdeskError):
    """About a gap, by somebody else."""

    code = "already_decided"

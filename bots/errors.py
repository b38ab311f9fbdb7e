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


class CopilotOff(HelpdeskError):
    """An admin has switched it off for this brand, or there is no model it needs."""

    code = "copilot_off"
    status = 409


class ToolInUse(HelpdeskError):
    code = "tool_in_use"
    status = 409


class GateClosed(HelpdeskError):
    """A suite stands against what was to be published; ``standings`` says which and why."""

    code = "gate_closed"
    status = 409

    def __init__(self, reason: str, standings: list[Any], **details: Any) -> None:
        super().__init__(reason, **details)
        self.standings = standings

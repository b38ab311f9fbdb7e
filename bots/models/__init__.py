from bots.models.copilot import CopilotChoice, CopilotSettings, CopilotUse, ToolFailure
from bots.models.dialogue import Bot, Dialogue, Flow, FlowVersion, HandOff, Tool, Turn
from bots.models.evaluation import (
    Case,
    Checked,
    Flag,
    GateOverride,
    Result,
    Run,
    Suite,
    Trial,
    TrialEntry,
    Verification,
)
from bots.models.learning import Gap, Question
from bots.models.releases import ReleaseWatch
from bots.models.understanding import EntityType, Intent, IntentExample, UnderstandingModel

__all__ = [
    "Bot",
    "Case",
    "Checked",
    "CopilotChoice",
    "CopilotSettings",
    "CopilotUse",
    "Dialogue",
    "EntityType",
    "Flag",
    "Flow",
    "FlowVersion",
    "Gap",
    "GateOverride",
    "HandOff",
    "Intent",
    "IntentExample",
    "Question",
    "ReleaseWatch",
    "Result",
    "Run",
    "Suite",
    "Tool",
    "ToolFailure",
    "Trial",
    "TrialEntry",
    "Turn",
    "UnderstandingModel",
    "Verification",
]

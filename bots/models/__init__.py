from bots.models.dialogue import Bot, Dialogue, Flow, FlowVersion, HandOff, Tool, Turn
from bots.models.learning import Gap, Question
from bots.models.understanding import EntityType, Intent, IntentExample, UnderstandingModel

__all__ = [
    "Bot",
    "Dialogue",
    "EntityType",
    "Flow",
    "FlowVersion",
    "Gap",
    "HandOff",
    "Intent",
    "IntentExample",
    "Question",
    "Tool",
    "Turn",
    "UnderstandingModel",
]

from automation.models.routing import (
    AgentCapacity,
    AgentSkill,
    Decision,
    Skill,
    SkillRule,
    TeamRouting,
)
from automation.models.sla import Clock, Policy, PolicyVersion

__all__ = [
    "AgentCapacity",
    "AgentSkill",
    "Clock",
    "Decision",
    "Policy",
    "PolicyVersion",
    "Skill",
    "SkillRule",
    "TeamRouting",
]

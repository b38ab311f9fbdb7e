from automation.models.looking_after import Reminder
from automation.models.routing import (
    AgentCapacity,
    AgentSkill,
    Decision,
    Skill,
    SkillRule,
    TeamRouting,
)
from automation.models.rules import Rule, RuleAccount, RuleRun, RuleTimer, RuleVersion
from automation.models.sla import Clock, Policy, PolicyVersion
from automation.models.triage import Triaged, TriageGuess, TriageModel, TriageRule
from automation.models.webhooks import Webhook, WebhookAttempt, WebhookDelivery, WebhookFeed

__all__ = [
    "AgentCapacity",
    "AgentSkill",
    "Clock",
    "Decision",
    "Policy",
    "PolicyVersion",
    "Reminder",
    "Rule",
    "RuleAccount",
    "RuleRun",
    "RuleTimer",
    "RuleVersion",
    "Skill",
    "SkillRule",
    "TeamRouting",
    "TriageGuess",
    "TriageModel",
    "TriageRule",
    "Triaged",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookFeed",
]

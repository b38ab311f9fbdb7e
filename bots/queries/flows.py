"""Flows as those who write them see them: what is wrong, what was published."""

from dataclasses import dataclass, field

from bots.dialogue.checking import check
from bots.dialogue.outline import OutlineError, Problem, parse
from bots.dialogue.shapes import Flow as ReadFlow
from bots.models import Bot, Flow, FlowVersion, Intent, Tool


@dataclass(frozen=True, slots=True)
class Reading:
    flow: ReadFlow | None
    problems: list[Problem] = field(default_factory=list)


def read_outline(outline: str, bot: Bot) -> Reading:
    """Everything that would stand against publishing it."""
    try:
        flow = parse(outline)
    except OutlineError as error:
        return Reading(None, error.problems)
    tools = {
        tool.name: (list(tool.inputs), list(tool.outputs), tool.reads_only)
        for tool in Tool.objects.filter(bot=bot)
    }
    intents = Intent.objects.filter(is_active=True).values_list("slug", flat=True)
    problems = check(
        flow,
        tools=tools,
        intents=intents,
        languages=list(bot.languages or ["en"]),
        forbidden=bot.forbidden,
        facts=bot.facts,
    )
    return Reading(flow, problems)


@dataclass(slots=True)
class FlowRow:
    flow: Flow
    live: FlowVersion | None
    is_changed: bool  # the draft is not what is live


def list_flows(bot: Bot) -> list[FlowRow]:
    newest = {
        version.flow_id: version
        for version in FlowVersion.objects.filter(flow__bot=bot)
        .order_by("flow_id", "-number")
        .distinct("flow_id")
    }
    rows = []
    for flow in bot.flows.all():
        live = newest.get(flow.pk)
        rows.append(FlowRow(flow, live, live is None or live.outline != flow.draft))
    return rows


def live_version(flow: Flow) -> FlowVersion | None:
    return flow.versions.order_by("-number").first()

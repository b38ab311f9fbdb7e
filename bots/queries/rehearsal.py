"""Flows tried out: the same engine, with tools that answer as an example would."""

from typing import Any

from django.utils.translation import gettext as _

from bots.dialogue.outline import OutlineError, parse
from bots.dialogue.playing import play
from bots.dialogue.shapes import (
    Answer,
    Ask,
    Branch,
    Call,
    Confirm,
    Flow,
    Found,
    HandOver,
    House,
    Retry,
    Said,
    Say,
    State,
    Step,
    ToolAnswered,
    UseTool,
)
from bots.models import Bot, Tool
from bots.queries.answers import find_answer
from bots.queries.bots import live_flows
from bots.queries.understanding import understand
from core.clock import now
from knowledge.models import Reader


def rehearse(
    bot: Bot, *, outline: str, text: str, kept: dict[str, Any], is_proved: bool
) -> dict[str, Any]:
    """What is said, where it stands then, and how it came to that."""
    flows = {slug: live.flow for slug, live in live_flows(bot).items()}
    try:
        draft = parse(outline)
    except OutlineError as error:
        return {"said": [], "state": kept, "problem": str(error.problems[0].words)}
    flows[draft.slug] = draft
    tools = {tool.name: tool for tool in Tool.objects.filter(bot=bot)}
    house = House(
        flows=flows,
        writes=frozenset(name for name, tool in tools.items() if not tool.reads_only),
        phrases=bot.phrases,
        languages=tuple(bot.languages or ["en"]),
        name=bot.name,
        is_proved=is_proved,
        facts=bot.facts,
    )
    state = State.from_json(kept)
    meant = understand(text, language=state.language or None, brand=bot.brand_id)
    trace: list[str] = [_("understood as %(intent)s") % {"intent": meant.intent or "–"}]

    def use_tool(asked: UseTool, _number: int) -> ToolAnswered:
        given = ", ".join(f"{name}={value}" for name, value in asked.inputs.items())
        trace.append(f"{asked.tool}({given})")
        tool = tools.get(asked.tool)
        return ToolAnswered(tool is not None, made_up(tool, draft) if tool else {})

    def ask(question: str, language: str) -> Found:
        answer = find_answer(question, reader=Reader(brand=bot.brand_id), language=language)
        trace.append(_("asked the help centre: %(question)s") % {"question": question})
        return Found(" ".join(one.text for one in answer.sentences))

    played = play(state, Said(text, meant), house, use_tool=use_tool, ask=ask)
    return {
        "said": [{"text": one.text, "quick": list(one.quick)} for one in played.said],
        "state": played.state.as_json(),
        "reason": played.reason,
        "trace": trace,
    }


def made_up(tool: Tool, flow: Flow) -> dict[str, Any]:
    """For each output a value the flow asks about, the first that is not the unknown."""
    asked: dict[str, tuple[str, ...]] = {}
    for step in flow.steps:
        refs = step.condition.refs if isinstance(step, Branch) else ()
        for name, values, _negated in refs:
            wanted = tuple(value for value in values if value not in ("unknown", "missing"))
            asked.setdefault(name.partition(".")[2], wanted)
            asked[name.partition(".")[2]] = asked[name.partition(".")[2]] or wanted
    return {name: _example_of(kind, asked.get(name, ())) for name, kind in tool.outputs.items()}


def _example_of(kind: str, values: tuple[str, ...]) -> Any:
    match kind:
        case "yes_no":
            return True
        case "number":
            return 1
        case "date":
            return now().date().isoformat()
        case "list":
            return []
        case "texts":
            return {"en": "example", "zh-hans": "示例"}
    return values[0] if values else "example"


def outline_in_words(flow: Flow) -> list[dict[str, Any]]:
    """Each step with its line, for the preview beside the editor."""
    told = []
    for step in flow.steps:
        if words := _words_of(step):
            told.append({"line": step.line, "words": words})
    return told


def _words_of(step: Step) -> str:
    match step:
        case Ask():
            return _("asks for %(slot)s (%(kind)s)") % {"slot": step.slot, "kind": step.kind}
        case Confirm():
            return _("asks for a yes")
        case Call():
            return _("calls %(tool)s") % {"tool": step.tool}
        case Answer():
            return _("answers from the help centre")
        case Say():
            return _("says: %(text)s") % {"text": next(iter(step.texts.values()), "")[:80]}
        case HandOver():
            return _("hands over (%(reason)s)") % {"reason": step.reason}
        case Retry():
            return _("asks again, once")
        case Branch():
            names = ", ".join(name for name, _values, _negated in step.condition.refs)
            return _("decides by %(names)s") % {"names": names}
    return ""

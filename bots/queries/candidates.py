"""What may come to be live: drafts of flows, another understanding, or both."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bots.dialogue.outline import OutlineError, parse
from bots.dialogue.shapes import Flow as ReadFlow
from bots.models import Bot, Case, Flow, Tool, UnderstandingModel
from bots.queries.bots import LiveFlow, live_flows
from bots.queries.flows import list_flows
from bots.queries.understanding import installed_encoders, live_model


@dataclass(frozen=True, slots=True)
class Candidate:
    flows: Mapping[str, str] = field(default_factory=dict)  # outlines by flow
    model: int | None = None  # the number of an understanding

    @property
    def is_empty(self) -> bool:
        """What is live itself."""
        return not self.flows and self.model is None


def candidate_of(flow: Flow) -> Candidate:
    return Candidate({flow.slug: flow.draft})


def all_drafts(bot: Bot) -> dict[str, str]:
    """Of flows in use, those that are not what is live."""
    rows = (row for row in list_flows(bot) if row.is_changed and row.flow.is_on)
    return {row.flow.slug: row.flow.draft for row in rows if _read(row.flow.draft)}


def usable_models() -> "list[UnderstandingModel]":
    """Versions that could be used besides the one that is."""
    ready = UnderstandingModel.objects.filter(
        state=UnderstandingModel.State.READY, is_live=False, encoders=installed_encoders()
    )
    return list(ready.defer("artefact"))


def flows_with(bot: Bot, outlines: Mapping[str, str]) -> dict[str, LiveFlow]:
    """What is live, with these in place of it."""
    return live_flows(bot) | drafts_in(outlines)


def drafts_in(outlines: Mapping[str, str]) -> dict[str, LiveFlow]:
    """A draft has the number 0."""
    drafts = {slug: flow for slug, outline in outlines.items() if (flow := _read(outline))}
    return {slug: LiveFlow(flow, 0) for slug, flow in drafts.items()}


def _read(outline: str) -> ReadFlow | None:
    try:
        return parse(outline)
    except OutlineError:
        return None


def fingerprint_of(bot: Bot, candidate: Candidate, cases: Iterable[Case]) -> str:
    """Of everything that decides how a suite ends, but for the articles: what was played with
    another one says nothing any more."""
    live = live_model()
    tools = Tool.objects.filter(bot=bot).order_by("name")
    parts: dict[str, Any] = {
        "candidate": [sorted(candidate.flows.items()), candidate.model],
        "live": sorted((slug, one.version) for slug, one in live_flows(bot).items()),
        "model": live.number if live else None,
        "bot": [bot.languages, bot.phrases, bot.forbidden, bot.facts, bot.limits],
        "tools": [[one.name, one.inputs, one.outputs, one.reads_only] for one in tools],
        "cases": sorted((str(one.pk), one.changed_at.isoformat()) for one in cases),
    }
    told = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(told.encode()).hexdigest()

"""Which flow is meant: by its title, by what was understood, by the examples that stand in it."""

import re
import unicodedata

from bots.dialogue import words
from bots.dialogue.addresses import address_in
from bots.dialogue.manners import asks_for_something
from bots.dialogue.phrases import pick
from bots.dialogue.shapes import Ask, Flow, House, Said
from bots.dialogue.values import looks_like_code, value_for, values_of
from bots.dialogue.words import plain

_ALIKE = 0.5
_NEAR = 0.12
_FEW = 3
# Below it a matter is not taken up, and what only people can do not before it is likelier still.
_LEAST, _LEAST_FOR_PEOPLE = 0.5, 0.75
# Enough where nothing else is nearly as likely, and little is begun with it.
_LEAST_AHEAD, _AHEAD = 0.38, 0.15
_TOGETHER, _BOTH = 0.75, 0.9
_WHOLE = 0.8  # of a message
_SURELY, _BESIDE, _ALSO = 0.8, 0.18, 0.3
_PEOPLE = 2  # the weight of a flow that always ends with them


def choose_flow(said: Said, house: House) -> Flow | None:
    text = plain(said.text)
    for flow in house.flows.values():
        if text and any(plain(title) == text for title in flow.titles.values()):
            return flow
    if looks_like_code(said.text) and (found := _by_code(said, house)):
        return found
    if said.meant.intent:
        found = flow_for(said.meant.intent, house)
        least = _least_for(found, said, house)
        if found and said.meant.confidence < _SURELY and (other := _lighter(found, said, house)):
            return other
        if found and (other := _of_the_order(found, said, house)):
            return other
        return found if said.meant.confidence >= least else None
    return _by_examples(said, house) or _by_code(said, house) or _by_address(said, house)


def asked_flow(said: Said, house: House) -> Flow | None:
    """“Can it still go back? Came last week”: what is asked counts, not what is told beside it,
    however much that sounds like another matter."""
    asking = [part for part in said.meant.parts if words.is_question(part[0])]
    told = {part[1] for part in said.meant.parts if part not in asking}
    if len(asking) != 1 or said.meant.intent not in told:
        return None
    _text, intent, confidence = asking[0]
    is_other = confidence >= _BOTH and intent not in told
    flow = flow_for(intent, house) if is_other else None
    return flow if flow and not flow.is_for_people else None


def _least_for(flow: Flow | None, said: Said, house: House) -> float:
    if flow and flow.is_for_people:
        return _LEAST_FOR_PEOPLE
    if flow and _leads_alike(flow, said, house):
        return 0.0
    second = next((chance for _intent, chance in said.meant.candidates[1:2]), 0.0)
    is_ahead = said.meant.confidence - second >= _AHEAD and bool(said.meant.candidates)
    is_light = flow is not None and flow.weight(house.writes) < _PEOPLE
    return _LEAST_AHEAD if is_ahead and is_light else _LEAST


def _leads_alike(flow: Flow, said: Said, house: House) -> bool:
    """The two likeliest both take down what is the matter and pass it on, or both answer."""
    likely = said.meant.candidates[:2]
    flows = [flow_for(intent, house) for intent, _chance in likely]
    weights = [one.weight(house.writes) for one in flows if one]
    if len(weights) < 2 or flow not in flows:
        return False
    together = sum(chance for _intent, chance in likely)
    if min(weights) == _PEOPLE:
        return together >= _TOGETHER
    return max(weights) < _PEOPLE and together >= _BOTH


def lookup_flow(offers: list[str], house: House) -> Flow | None:
    """What an order number alone leads to: of those just offered, else of all, that which only
    looks an order up."""
    offered = [house.flows[slug] for slug in offers if slug in house.flows]
    flows = (*offered, *house.flows.values())
    return next(
        (one for one in flows if asks_for_order(one) and not one.weight(house.writes)), None
    )


def _lighter(found: Flow, said: Said, house: House) -> Flow | None:
    """Another flow that begins with the same question, the order, and does less: where it is not
    quite sure that something is to be changed, it is looked up first."""
    is_said = any(
        intent in found.intents and chance >= _SURELY and asks_for_something(text)
        for text, intent, chance in said.meant.parts
    )
    is_told = any(
        a.kind == "address" and value_for(a, said, is_asked=False) for a in asks_of(found)
    )
    if found.weight(house.writes) == _PEOPLE and words.is_question(said.text):
        return _answering(said, house)
    if not asks_for_order(found) or is_said or is_told:
        return None
    least = max(_BESIDE, said.meant.confidence / 5)
    near = [flow_for(intent, house) for intent, chance in said.meant.candidates if chance >= least]
    weight = found.weight(house.writes)
    flows = (one for one in near if one and asks_for_order(one))
    lighter = next((one for one in flows if one.weight(house.writes) < weight), None)
    is_nearer = lighter and score_of(said.text, lighter) >= score_of(said.text, found)
    return lighter if is_nearer else None


def _of_the_order(found: Flow, said: Said, house: House) -> Flow | None:
    """Who names an order wants something of it, where that is nearly as likely."""
    is_named = any(
        a.kind == "order_number" and value_for(a, said, is_asked=False)
        for flow in house.flows.values()
        for a in asks_of(flow)
    )
    if not is_named or said.meant.confidence >= _SURELY or asks_for_order(found):
        return None
    near = (
        flow_for(intent, house) for intent, chance in said.meant.candidates if chance >= _BESIDE
    )
    return next((one for one in near if one and asks_for_order(one)), None)


def _answering(said: Said, house: House) -> Flow | None:
    """A question that an answer may settle is answered before a person is called."""
    near = (flow_for(intent, house) for intent, chance in said.meant.candidates if chance >= _ALSO)
    plain = (one for one in near if one and not one.weight(house.writes))
    return next((one for one in plain if not asks_for_order(one)), None)


def asks_for_order(flow: Flow) -> bool:
    return any(ask.kind == "order_number" for ask in asks_of(flow))


def asks_of(flow: Flow) -> list[Ask]:
    return list(flow.asks().values())


def _by_code(said: Said, house: House) -> Flow | None:
    """A code leads to the only flow that asks for one."""
    if not values_of("code", said.text):
        return None
    asking = [
        flow for flow in house.flows.values() if any(a.kind == "code" for a in flow.asks().values())
    ]
    return asking[0] if len(asking) == 1 else None


def _by_address(said: Said, house: House) -> Flow | None:
    """An address and nothing else leads to the only flow that asks for one."""
    found = address_in(said.text)
    asking = [f for f in house.flows.values() if any(a.kind == "address" for a in asks_of(f))]
    is_whole = bool(found) and len(found) >= _WHOLE * len(said.text.strip())
    return asking[0] if is_whole and len(asking) == 1 else None


def flow_for(intent: str, house: House) -> Flow | None:
    return next((flow for flow in house.flows.values() if intent in flow.intents), None)


def _by_examples(said: Said, house: House) -> Flow | None:
    """Where nothing was understood, because nothing was taught or by abstaining: only what is
    nearly word for word an example."""
    scored = [(score_of(said.text, flow), flow) for flow in house.flows.values()]
    best, flow = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return flow if best >= _ALIKE else None


def is_example(text: str, house: House) -> bool:
    """A flow's title, or nearly word for word what leads to it."""
    flows = house.flows.values()
    titles = {plain(title) for flow in flows for title in flow.titles.values()}
    return plain(text) in titles or any(score_of(text, flow) >= _SURELY for flow in flows)


def nearest_flows(said: Said, house: House) -> list[str]:
    """For a question back: by the candidates of the understanding, else by the examples."""
    named = [flow_for(intent, house) for intent, score in said.meant.candidates if score >= _NEAR]
    found = [flow.slug for flow in named if flow]
    if not found:
        scored = sorted(
            ((score_of(said.text, flow), flow.slug) for flow in house.flows.values()), reverse=True
        )
        found = [slug for score, slug in scored if score >= _NEAR]
    return list(dict.fromkeys(found))[:_FEW]


def score_of(text: str, flow: Flow) -> float:
    asked = pieces(text)
    examples = (example for listed in flow.examples.values() for example in listed)
    return max((_overlap(asked, pieces(example)) for example in examples), default=0.0)


def _overlap(one: set[str], other: set[str]) -> float:
    """Dice's coefficient; what stands whole within a longer sentence counts nearly as much."""
    if not one or not other:
        return 0.0
    shared = len(one & other)
    inside = shared / len(other) if len(other) >= 3 else 0.0
    return max(2 * shared / (len(one) + len(other)), 0.85 * inside)


_STOP = frozenset(
    {
        *("a", "an", "the", "my", "is", "are", "was", "it", "to", "of", "for", "in", "on"),
        *("i", "me", "you", "do", "does", "please", "can", "could"),
    }
)


def pieces(text: str) -> set[str]:
    """Words of the one kind of writing, pairs of letters of the other."""
    text = unicodedata.normalize("NFKC", text).lower()
    found = {word for word in re.findall(r"[a-z']+", text) if word not in _STOP}
    for run in re.findall(r"[\u3400-\u9fff]+", text):
        found |= {run[at : at + 2] for at in range(len(run) - 1)} or {run}
    return found


def title_of(flow: Flow, language: str) -> str:
    return pick(flow.titles, language)

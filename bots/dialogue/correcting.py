"""“No, the other order”, “不是这个，是另一个”: a slot gets another value, and the flow goes on
from where it was asked for."""

import re

from bots.dialogue import words
from bots.dialogue.listing import listed_for, named_in
from bots.dialogue.shapes import Ask, Flow, Frame, Said
from bots.dialogue.values import value_for, values_of

_LEAD = re.compile(
    r"^\W*(?:no|nope|wait|sorry|oops|actually|i meant?|it should be|should be"
    r"|不是|不对|错了|等等|抱歉|是|应该是|我说的是|應該是)"
    r"[\s,，。:：.!！—-]*",
    re.I,
)


def correct(flow: Flow, frame: Frame, said: Said, mentions: dict[str, list[str]]) -> bool:
    """Whether something was corrected; then the frame stands before the step that asks for it."""
    asks = flow.asks()
    filled = [ask for slot, ask in asks.items() if frame.slots.get(slot) and not ask.is_noted]
    for ask in filled:
        named = named_in(said.text, listed_for(ask, frame))
        if named and named != frame.slots[ask.slot]:
            frame.slots[ask.slot] = named
            _go_back(flow, frame, ask)
            return True
        if value := _other_value(ask, frame.slots[ask.slot], said):
            frame.slots[ask.slot] = value
            _go_back(flow, frame, ask)
            return True
    if words.is_correction(said.text) and words.names_another(said.text):
        return _take_another(flow, frame, filled, mentions)
    return False


def _other_value(ask: Ask, current: str, said: Said) -> str:
    if ask.kind == "text":
        return ""
    if ask.kind in ("choice", "address"):
        if ask.kind == "address" and not words.is_correction(said.text):
            return ""
        bare = Said(_strip_lead(said.text), said.meant, said.files)
        value = value_for(ask, bare, is_asked=True)
        return value if value != current else ""
    found = values_of(ask.kind, said.text, said.meant.entities, like=ask.like)
    return next((value for value in found if value != current), "")


def _strip_lead(text: str) -> str:
    while (shorter := _LEAD.sub("", text, count=1)) != text:
        text = shorter
    return text


def _take_another(
    flow: Flow, frame: Frame, filled: list[Ask], mentions: dict[str, list[str]]
) -> bool:
    """The only other one that is known; with none or several, it is asked for again."""
    ordered = sorted(filled, key=lambda ask: ask.kind != "order_number")
    if not ordered:
        return False
    ask = ordered[0]
    current = frame.slots[ask.slot]
    known = [*mentions.get(ask.kind, []), *listed_for(ask, frame)]
    others = [value for value in dict.fromkeys(known) if value != current]
    if len(others) == 1:
        frame.slots[ask.slot] = others[0]
    else:
        del frame.slots[ask.slot]
        mentions[ask.kind] = [v for v in mentions.get(ask.kind, []) if v != current]
    _go_back(flow, frame, ask)
    return True


def _go_back(flow: Flow, frame: Frame, ask: Ask) -> None:
    """To the beginning: what is filled in is passed over, and all that hung on it is done anew."""
    frame.at, frame.confirmed = 0, False
    frame.asked.pop(ask.slot, None)
    frame.data.clear()

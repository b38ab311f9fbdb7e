"""Asking a tree about facts: quickly whether it holds, and in full once it does.

A tree is compiled once to nested functions. ``explain`` asks all of its conditions, also those
that did not matter, so that people can read why.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from automation.rules.patterns import MOST_TEXT, compile_pattern
from automation.rules.shapes import Ask, Facts, Group, Kind, Node, Told, Way

Test = Callable[[Facts], bool]
# Asked last: they open what is sealed, or ask a model.
_DEAR = {Kind.TEXT: 1, Kind.MOMENT: 1, Kind.CHANCES: 2}


def compile_tree(node: Node) -> Test:
    if isinstance(node, Ask):
        return _compile_ask(node)
    tests = [compile_tree(part) for part in sorted(node.parts, key=_cost)]
    match node.way:
        case Way.ALL:
            return lambda facts: all(test(facts) for test in tests)
        case Way.ANY:
            return lambda facts: any(test(facts) for test in tests)
    return lambda facts: not any(test(facts) for test in tests)


def _cost(node: Node) -> int:
    if isinstance(node, Ask):
        return _DEAR.get(node.kind, 0)
    return max(map(_cost, node.parts), default=0)


def asks_in(node: Node) -> Iterator[Ask]:
    if isinstance(node, Ask):
        yield node
        return
    for part in node.parts:
        yield from asks_in(part)


def explain(node: Node, facts: Facts) -> list[Told]:
    """Each condition in the order in which it is written."""
    return list(_explain(node, facts, ""))


def _explain(node: Node, facts: Facts, place: str) -> Iterator[Told]:
    if isinstance(node, Group):
        for n, part in enumerate(node.parts):
            yield from _explain(part, facts, f"{place}.{n}" if place else str(n))
        return
    holds = _compile_ask(node)(facts)
    yield Told(place, node.fact, node.op, node.value, holds, _saw(node, facts))


def _saw(ask: Ask, facts: Facts) -> Any:
    """Nothing of a text: what it was asked for stands in the rule."""
    match ask.kind:
        case Kind.TEXT:
            return None
        case Kind.MOMENT:
            age = facts.age(ask.fact, working=ask.op.endswith("_working"))
            return None if age is None else round(age.total_seconds() / 60)
        case Kind.CHANCES:
            chances = facts.value(ask.fact)
            return None if chances is None else round(chances.get(ask.value["code"], 0.0), 3)
        case Kind.TAGS:
            return sorted(facts.value(ask.fact) or ())
    return facts.before(ask.fact) if ask.op == "was" else facts.value(ask.fact)


def _compile_ask(ask: Ask) -> Test:
    return _COMPILERS[ask.kind](ask)


def _choice(ask: Ask) -> Test:
    fact, wanted = ask.fact, frozenset(ask.value or ())
    match ask.op:
        case "any":
            return lambda facts: facts.value(fact) in wanted
        case "none":
            return lambda facts: facts.value(fact) not in wanted
        case "changed_to":
            return lambda facts: facts.is_changed(fact) and facts.value(fact) in wanted
        case "was":
            return lambda facts: facts.is_changed(fact) and facts.before(fact) in wanted
    return _simple(ask)


def _simple(ask: Ask) -> Test:
    fact = ask.fact
    match ask.op:
        case "empty":
            return lambda facts: facts.value(fact) in (None, "", ())
        case "filled":
            return lambda facts: facts.value(fact) not in (None, "", ())
        case "yes":
            return lambda facts: facts.value(fact) is True
        case "no":
            return lambda facts: facts.value(fact) is False
    return lambda facts: facts.is_changed(fact)


def _number(ask: Ask) -> Test:
    fact, value = ask.fact, ask.value
    match ask.op:
        case "equals":
            return lambda facts: facts.value(fact) == value
        case "greater":
            return lambda facts: (found := facts.value(fact)) is not None and found > value
        case "less":
            return lambda facts: (found := facts.value(fact)) is not None and found < value
        case "was":
            return lambda facts: facts.is_changed(fact) and facts.before(fact) in value
    return _simple(ask)


def _text(ask: Ask) -> Test:
    fact = ask.fact
    match ask.op:
        case "contains":
            words = [word.casefold() for word in ask.value]
            return lambda facts: _has(facts.value(fact), words)
        case "lacks":
            words = [word.casefold() for word in ask.value]
            return lambda facts: not _has(facts.value(fact), words)
        case "equals":
            wanted = ask.value.casefold()
            return lambda facts: str(facts.value(fact) or "").strip().casefold() == wanted
        case "matches":
            pattern = compile_pattern(ask.value)
            return lambda facts: (
                pattern.search(str(facts.value(fact) or "")[:MOST_TEXT]) is not None
            )
    return lambda facts: not str(facts.value(fact) or "").strip()


def _has(text: Any, words: list[str]) -> bool:
    folded = str(text or "")[:MOST_TEXT].casefold()
    return any(word in folded for word in words)


def _tags(ask: Ask) -> Test:
    fact, wanted = ask.fact, frozenset(ask.value or ())
    match ask.op:
        case "any":
            return lambda facts: not wanted.isdisjoint(facts.value(fact) or ())
        case "every":
            return lambda facts: wanted.issubset(facts.value(fact) or ())
        case "none":
            return lambda facts: wanted.isdisjoint(facts.value(fact) or ())
        case "empty":
            return lambda facts: not facts.value(fact)
        case "added":
            return lambda facts: bool(
                wanted & (set(facts.value(fact) or ()) - set(facts.before(fact) or ()))
            )
        case "removed":
            return lambda facts: bool(
                wanted & (set(facts.before(fact) or ()) - set(facts.value(fact) or ()))
            )
    return lambda facts: facts.is_changed(fact)


def _moment(ask: Ask) -> Test:
    fact, working = ask.fact, ask.op.endswith("_working")
    if ask.op in ("empty", "filled"):
        is_wanted = ask.op == "filled"
        return lambda facts: (facts.age(fact, working=False) is not None) == is_wanted
    limit = timedelta(minutes=ask.value)
    if ask.op.startswith("older"):
        return lambda facts: (age := facts.age(fact, working=working)) is not None and age >= limit
    return lambda facts: (age := facts.age(fact, working=working)) is not None and age < limit


def _chances(ask: Ask) -> Test:
    fact, code, p = ask.fact, ask.value["code"], ask.value["p"]
    return lambda facts: (facts.value(fact) or {}).get(code, 0.0) >= p


_COMPILERS: dict[Kind, Callable[[Ask], Test]] = {
    Kind.CHOICE: _choice,
    Kind.NUMBER: _number,
    Kind.TEXT: _text,
    Kind.TAGS: _tags,
    Kind.MOMENT: _moment,
    Kind.FLAG: _simple,
    Kind.CHANCES: _chances,
}

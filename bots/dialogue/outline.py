"""The outline language of flows: lines, two spaces for what belongs to the line above.

``parse`` gives a flow or raises ``OutlineError`` with all that is wrong, line by line. docs/bots.md
shows the language.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from django.utils.translation import gettext as _

from bots.dialogue.shapes import (
    KINDS,
    REASONS,
    Answer,
    Ask,
    Branch,
    Call,
    Condition,
    Confirm,
    End,
    Flow,
    HandOver,
    Jump,
    Retry,
    Say,
    Step,
)

MOST_LINES = 600
MOST_LETTERS = 60_000
_NAME = r"[a-z][a-z0-9_]{0,39}"
_TEXT = re.compile(r"^([a-z]{2}(?:-[a-z]{4})?):\s*(.*)$")
_INTENT = re.compile(r"^[a-z][a-z0-9_-]{0,39}$")
_ASK = re.compile(
    rf"^ask ({_NAME}): ({_NAME})(?: like (\S+))?(?: from (\w+\.\w+))?(?: unless (.+))?$"
)
_NOTE = re.compile(rf"^note ({_NAME}): ({_NAME})(?: like (\S+))?$")
_CALL = re.compile(rf"^call ({_NAME})(?: as ({_NAME}))?$")
_INPUT = re.compile(rf"^({_NAME}): (.+)$")
_CHOICE = re.compile(rf"^choice ({_NAME})$")
_REF = re.compile(r"^(not )?([a-z][\w.]*)(?: is (not )?(.+))?$")
_ALIASES = {"zh": "zh-hans"}


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    words: str


class OutlineError(Exception):
    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{one.line}: {one.words}" for one in problems))
        self.problems = problems


@dataclass(slots=True)
class _Node:
    line: int
    text: str
    children: "list[_Node]" = field(default_factory=list)


@lru_cache(maxsize=256)
def parse(source: str) -> Flow:
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: str) -> None:
        self.problems: list[Problem] = []
        self.steps: list[Step] = []
        self.source = source

    def read(self) -> Flow:
        top = self._tree()
        slug = ""
        titles: dict[str, str] = {}
        intents: tuple[str, ...] = ()
        examples: dict[str, tuple[str, ...]] = {}
        body: list[_Node] = []
        for node in top:
            word, _space, rest = node.text.partition(" ")
            if word == "flow":
                slug = self._name_in(node, rest)
            elif node.text == "title":
                titles = self._texts(node)
            elif word == "when":
                intents = tuple(self._intents(node, rest))
            elif node.text == "such as":
                examples = {code: _listed(text) for code, text in self._texts(node).items()}
            else:
                body.append(node)
        if not slug:
            self._wrong(1, _("The first line names the flow: flow order_status"))
        if not body:
            self._wrong(len(self.source.splitlines()) or 1, _("The flow has no steps yet."))
        self._block(body)
        self.steps.append(End(0))
        if self.problems:
            raise OutlineError(sorted(self.problems, key=lambda one: one.line))
        return Flow(slug, titles or {"en": slug}, intents, examples, tuple(self.steps))

    def _wrong(self, line: int, words: str) -> None:
        self.problems.append(Problem(line, words))

    # Lines into a tree

    def _tree(self) -> list[_Node]:
        lines = self.source.splitlines()
        if len(lines) > MOST_LINES or len(self.source) > MOST_LETTERS:
            self._wrong(len(lines), _("A flow has at most %(n)d lines.") % {"n": MOST_LINES})
            return []
        root = _Node(0, "")
        open_nodes = [(-1, root)]
        for number, raw in enumerate(lines, 1):
            text = raw.strip()
            if not text or text.startswith("#"):
                continue
            depth = len(raw) - len(raw.lstrip(" "))
            if "\t" in raw[: len(raw) - len(raw.lstrip())] or depth % 2:
                self._wrong(number, _("Indent by two spaces for each level."))
                continue
            while open_nodes[-1][0] >= depth:
                open_nodes.pop()
            node = _Node(number, text)
            open_nodes[-1][1].children.append(node)
            open_nodes.append((depth, node))
        return root.children

    # Pieces of lines

    def _name_in(self, node: _Node, text: str) -> str:
        if re.fullmatch(_NAME, text.strip()):
            return text.strip()
        self._wrong(node.line, _("A name is made of a to z, 0 to 9 and _."))
        return ""

    def _names(self, node: _Node, text: str) -> list[str]:
        return [name for part in text.split(",") if (name := self._name_in(node, part))]

    def _intents(self, node: _Node, text: str) -> list[str]:
        names = [part.strip() for part in text.split(",")]
        if not all(map(_INTENT.match, names)):
            self._wrong(node.line, _("Write it as: when order_status, parcel_late"))
        return names

    def _texts(self, node: _Node, *, other: tuple[str, ...] = ()) -> dict[str, str]:
        """``other``: first words of children that are no texts."""
        texts: dict[str, str] = {}
        for child in node.children:
            if found := _TEXT.match(child.text):
                lines = [found[2], *(deeper.text for deeper in _all_under(child))]
                code = _ALIASES.get(found[1], found[1])
                texts[code] = "\n".join(line for line in lines if line)
            elif child.text.split(" ")[0] not in other:
                self._wrong(
                    child.line, _("Expected a text with its language, such as “en: Hello”.")
                )
        return texts

    def _need_texts(self, node: _Node, *, other: tuple[str, ...] = ()) -> dict[str, str]:
        texts = self._texts(node, other=other)
        if not any(texts.values()):
            self._wrong(node.line, _("A text is missing: add “en: …” below, indented."))
        return texts

    def _condition(self, node: _Node, text: str) -> Condition:
        refs = []
        for part in text.split(" and "):
            found = _REF.match(part.strip())
            if found is None:
                self._wrong(node.line, _("This is no condition: %(text)s") % {"text": part})
                continue
            values = tuple(value.strip() for value in (found[4] or "").split(" or ") if value)
            refs.append((found[2], values, bool(found[1]) != bool(found[3])))
        return Condition(tuple(refs))

    # Steps

    def _block(self, nodes: list[_Node]) -> None:
        at = 0
        while at < len(nodes):
            node = nodes[at]
            if node.text.startswith("if "):
                at = self._branches(nodes, at)
                continue
            if node.text.startswith("else"):
                self._wrong(node.line, _("“else” stands behind an “if” of the same depth."))
            else:
                self._step(node)
            at += 1

    def _branches(self, nodes: list[_Node], at: int) -> int:
        """All of if, else if … else; says where the next step is."""
        to_end: list[int] = []
        while at < len(nodes):
            node = nodes[at]
            is_first = not to_end
            if node.text.startswith("if ") and is_first:
                text = node.text.removeprefix("if ")
            elif node.text.startswith("else if ") and not is_first:
                text = node.text.removeprefix("else if ")
            elif node.text == "else" and not is_first:
                self._block(node.children)
                at += 1
                break
            else:
                break
            branch = self._add(Branch(node.line, self._condition(node, text), 0))
            if not node.children:
                self._wrong(node.line, _("Nothing stands below this; indent what is to be done."))
            self._block(node.children)
            to_end.append(self._add(Jump(node.line, 0)))
            self._set(branch, otherwise=len(self.steps))
            at += 1
        for jump in to_end:
            self._set(jump, to=len(self.steps))
        return at

    def _add(self, step: Step) -> int:
        self.steps.append(step)
        return len(self.steps) - 1

    def _set(self, at: int, **changed: int) -> None:
        # Only fields that hold numbers are set so, which replace() cannot be told.
        self.steps[at] = replace(self.steps[at], **changed)  # type: ignore[arg-type]

    def _step(self, node: _Node) -> None:
        word = node.text.split(" ")[0]
        reader = {
            "ask": self._ask,
            "note": self._note,
            "confirm": self._confirm,
            "call": self._call,
            "answer": self._answer,
            "say": self._say,
            "hand": self._hand_over,
            "retry": self._retry,
            "end": self._end,
        }.get(word)
        if reader is None:
            known = "ask, note, confirm, call, answer, say, if, retry, hand over, end"
            words = _("“%(word)s” is no step. There are: %(known)s.")
            self._wrong(node.line, words % {"word": word, "known": known})
        else:
            reader(node)

    def _ask(self, node: _Node) -> None:
        found = _ASK.match(node.text)
        if found is None:
            self._wrong(node.line, _("Write it as: ask order: order_number"))
            return
        if found[2] not in KINDS:
            words = _("“%(kind)s” is no kind of value. There are: %(known)s.")
            self._wrong(node.line, words % {"kind": found[2], "known": ", ".join(KINDS)})
        choices = self._choices(node, found[2])
        again: dict[str, str] = {}
        for child in node.children:
            if child.text == "again":
                again = self._need_texts(child)
        texts = self._need_texts(node, other=("again", "choice"))
        unless = self._condition(node, found[5]) if found[5] else None
        like, listed = found[3] or "", found[4] or ""
        ask = Ask(node.line, found[1], found[2], texts, again, choices, unless, like, listed)
        self._add(ask)

    def _choices(self, node: _Node, kind: str) -> dict[str, dict[str, str]]:
        listed = ((child, _CHOICE.match(child.text)) for child in node.children)
        choices = {found[1]: self._need_texts(child) for child, found in listed if found}
        if (kind in ("choice", "choices")) != bool(choices):
            words = _("A choice needs its choices below, and nothing else has them.")
            self._wrong(node.line, words)
        return choices

    def _note(self, node: _Node) -> None:
        """Asked for never: what stands in the way is a condition that always holds."""
        found = _NOTE.match(node.text)
        if found is None or found[2] not in KINDS or found[2] in ("text", "address"):
            self._wrong(node.line, _("Write it as: note about: choice"))
            return
        choices = self._choices(node, found[2])
        self._add(
            Ask(
                *(node.line, found[1], found[2], {}),
                choices=choices,
                unless=Condition(),
                like=found[3] or "",
            )
        )

    def _confirm(self, node: _Node) -> None:
        at = self._add(Confirm(node.line, self._need_texts(node, other=("no",))))
        self._side(node, "no", at, "no")

    def _call(self, node: _Node) -> None:
        found = _CALL.match(node.text)
        if found is None:
            self._wrong(node.line, _("Write it as: call find_order as found"))
            return
        inputs = {}
        for child in node.children:
            if child.text == "failed":
                continue
            if given := _INPUT.match(child.text):
                inputs[given[1]] = given[2].strip()
            else:
                self._wrong(child.line, _("Write an input as: order: {order}"))
        at = self._add(Call(node.line, found[1], found[2] or found[1], inputs))
        self._side(node, "failed", at, "failed")

    def _answer(self, node: _Node) -> None:
        at = self._add(Answer(node.line, self._texts(node, other=("none",))))
        self._side(node, "none", at, "none")

    def _side(self, node: _Node, word: str, at: int, name: str) -> None:
        """A block beside the way: gone through only when it is led to, and then the flow ends."""
        block = next((child for child in node.children if child.text == word), None)
        if block is None:
            return
        around = self._add(Jump(block.line, 0))
        self._set(at, **{name: len(self.steps)})
        self._block(block.children)
        self._add(End(block.line))
        self._set(around, to=len(self.steps))

    def _say(self, node: _Node) -> None:
        quick = tuple(self._need_texts(child) for child in node.children if child.text == "quick")
        self._add(Say(node.line, self._need_texts(node, other=("quick",)), quick))

    def _hand_over(self, node: _Node) -> None:
        reason = node.text.removeprefix("hand over").strip() or "policy"
        if not node.text.startswith("hand over") or reason not in REASONS:
            words = _("Write it as “hand over policy”; reasons are: %(known)s.")
            self._wrong(node.line, words % {"known": ", ".join(REASONS)})
        self._add(HandOver(node.line, reason, self._texts(node)))

    def _retry(self, node: _Node) -> None:
        names = self._names(node, node.text.removeprefix("retry"))
        self._add(Retry(node.line, tuple(names), self._need_texts(node)))

    def _end(self, node: _Node) -> None:
        self._add(End(node.line))


def _all_under(node: _Node) -> Iterator[_Node]:
    for child in node.children:
        yield child
        yield from _all_under(child)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[,，、\n]", text) if part.strip())

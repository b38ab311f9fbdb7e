"""Questions: their shapes, the ready ones, and what an answer to them may be. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

SCALE, CHOICE, TEXT, GRID = "scale", "choice", "text", "grid"
KINDS = (SCALE, CHOICE, TEXT, GRID)
LIKERT = (1, 5)
MAX_QUESTIONS = 12
MAX_WORDS = 2000
# Shown when a survey says nothing in the reader's language.
_FALL_BACK = ("en", "zh-hans", "zh-hant")

Texts = Mapping[str, str]

LEADING: dict[str, dict[str, str]] = {
    "csat": {
        "en": "How satisfied are you with how we handled your request?",
        "zh-hans": "您对我们处理您请求的方式满意吗？",
        "zh-hant": "您對我們處理您請求的方式滿意嗎？",
    },
    "nps": {
        "en": "How likely are you to recommend us to a friend or colleague?",
        "zh-hans": "您有多大可能向朋友或同事推荐我们？",
        "zh-hant": "您有多大可能向朋友或同事推薦我們？",
    },
    "ces": {
        "en": "We made it easy for you to get your request solved.",
        "zh-hans": "我们让您很容易就解决了问题。",
        "zh-hant": "我們讓您很容易就解決了問題。",
    },
}
READY: dict[str, dict[str, str]] = {
    "speed": {
        "en": "How fast we answered",
        "zh-hans": "我们回复的速度",
        "zh-hant": "我們回覆的速度",
    },
    "solution": {
        "en": "How well it was solved",
        "zh-hans": "问题解决的程度",
        "zh-hant": "問題解決的程度",
    },
    "attitude": {
        "en": "How we treated you",
        "zh-hans": "我们的服务态度",
        "zh-hant": "我們的服務態度",
    },
}
DIMENSIONS = "dimensions"
_DIMENSIONS_TEXT = {
    "en": "What was it like?",
    "zh-hans": "具体感受如何？",
    "zh-hant": "具體感受如何？",
}


@dataclass(frozen=True, slots=True)
class Given:
    """Codes and numbers by question, and what was written."""

    parts: dict[str, Any]
    words: dict[str, str]


class WrongAnswer(ValueError):
    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def say(texts: Texts, language: str) -> str:
    """In this language, else in one of the same script or tongue, else in what there is."""
    wanted = language.lower()
    near = [code for code in texts if code.split("-")[0] == wanted.split("-")[0]]
    for code in (wanted, *near, *_FALL_BACK, *texts):
        if texts.get(code, "").strip():
            return texts[code]
    return ""


def ready_grid(codes: Sequence[str]) -> dict[str, Any]:
    """Speed, solution and attitude as rows of one Likert grid."""
    rows = [{"code": code, "text": READY[code]} for code in READY if code in codes]
    return {"code": DIMENSIONS, "kind": GRID, "text": _DIMENSIONS_TEXT, "rows": rows}


def check_questions(questions: Any) -> list[dict[str, Any]]:
    """As they are kept. Raises ``ValueError`` in words."""
    if not isinstance(questions, list) or len(questions) > MAX_QUESTIONS:
        raise ValueError(_("At most %(n)d questions.") % {"n": MAX_QUESTIONS})
    checked = [_check_question(one) for one in questions]
    codes = [one["code"] for one in checked]
    if len(set(codes)) < len(codes):
        raise ValueError(_("Two questions have the same code."))
    return checked


def _check_question(one: Any) -> dict[str, Any]:
    if not isinstance(one, dict) or one.get("kind") not in KINDS:
        raise ValueError(_("A question is a scale, a choice, a text or a grid."))
    found: dict[str, Any] = {
        "code": _code_of(one),
        "kind": one["kind"],
        "text": _texts_of(one),
        "required": bool(one.get("required")),
    }
    for name, kind in (("options", CHOICE), ("rows", GRID)):
        if found["kind"] == kind:
            parts = one.get(name)
            if not isinstance(parts, list) or not 1 <= len(parts) <= 20:
                raise ValueError(_("Name what there is to choose from."))
            found[name] = [{"code": _code_of(part), "text": _texts_of(part)} for part in parts]
    return found


def _code_of(one: Any) -> str:
    code = str(one.get("code", "")) if isinstance(one, dict) else ""
    if not code.replace("_", "").isalnum() or not code.isascii() or len(code) > 40:
        raise ValueError(_("A code has letters, digits and underscores."))
    return code


def _texts_of(one: Any) -> dict[str, str]:
    texts = one.get("text") if isinstance(one, dict) else None
    if not isinstance(texts, dict) or not any(str(text).strip() for text in texts.values()):
        raise ValueError(_("Every question and choice needs words in at least one language."))
    return {str(code)[:10]: str(text).strip()[:300] for code, text in texts.items()}


def read_answers(questions: Sequence[Mapping[str, Any]], given: Mapping[str, str]) -> Given:
    """From a form: ``q_CODE``, of a grid ``q_CODE_ROW``. Raises ``WrongAnswer``."""
    parts: dict[str, Any] = {}
    words: dict[str, str] = {}
    for one in questions:
        code, kind = one["code"], one["kind"]
        if kind == TEXT:
            if text := given.get(f"q_{code}", "").replace("\0", "").strip():
                words[code] = text[:MAX_WORDS]
        elif kind == GRID:
            rows = {
                row["code"]: _number(given.get(f"q_{code}_{row['code']}", ""), LIKERT, code)
                for row in one["rows"]
            }
            if kept := {row: value for row, value in rows.items() if value is not None}:
                parts[code] = kept
        elif kind == SCALE:
            if (value := _number(given.get(f"q_{code}", ""), LIKERT, code)) is not None:
                parts[code] = value
        elif choice := given.get(f"q_{code}", ""):
            if choice not in [option["code"] for option in one["options"]]:
                raise WrongAnswer(code, _("Choose one of the answers."))
            parts[code] = choice
        if one.get("required") and code not in parts and code not in words:
            raise WrongAnswer(code, _("This question needs an answer."))
    return Given(parts, words)


def _number(text: str, scale: tuple[int, int], code: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and scale[0] <= int(text[:3]) <= scale[1]):
        raise WrongAnswer(code, _("Choose one of the answers."))
    return int(text)

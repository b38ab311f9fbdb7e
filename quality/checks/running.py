"""All checks by their names, as rubrics and snippets name them."""

from collections.abc import Callable

from quality.checks import answering, wording
from quality.checks.shapes import Talk, Verdict

Check = Callable[[Talk], Verdict]
CHECKS: dict[str, Check] = {
    "no_greeting": wording.no_greeting,
    "response_gap": answering.response_gap,
    "broken_promise": answering.broken_promise,
    "wrong_language": wording.wrong_language,
    "forbidden_words": wording.forbidden_words,
    "unanswered_question": answering.unanswered_question,
    "personal_data": wording.personal_data,
    "rude_tone": wording.rude_tone,
    "not_confirmed": answering.not_confirmed,
}


def run_checks(talk: Talk, names: list[str] | None = None) -> dict[str, Verdict]:
    return {name: CHECKS[name](talk) for name in (names or CHECKS)}

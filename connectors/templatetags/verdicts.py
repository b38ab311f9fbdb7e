"""What the sender's domain says of a mail, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass

from django import template
from django.utils.translation import pgettext, pgettext_lazy

register = template.Library()

_METHODS = (("spf", "SPF"), ("dkim", "DKIM"), ("dmarc", "DMARC"))
# Result words of RFC 8601.
_WORDS = {
    "pass": pgettext_lazy("verdict", "pass"),
    "fail": pgettext_lazy("verdict", "fail"),
    "softfail": pgettext_lazy("verdict", "soft fail"),
    "neutral": pgettext_lazy("verdict", "neutral"),
    "policy": pgettext_lazy("verdict", "policy"),
    "none": pgettext_lazy("verdict", "none"),
    "temperror": pgettext_lazy("verdict", "no answer"),
    "permerror": pgettext_lazy("verdict", "broken record"),
}
_TONES = {"pass": "ok", "fail": "bad", "softfail": "warn", "permerror": "warn"}
_GLYPHS = {"ok": "check", "bad": "x", "warn": "circle-alert", "": "minus"}


@dataclass(frozen=True, slots=True)
class Verdict:
    method: str
    word: str
    tone: str
    glyph: str


@register.filter
def verdict_rows(verdicts: Mapping[str, str] | None) -> list[Verdict]:
    """SPF, DKIM and DMARC in this order; empty where nobody looked."""
    if not verdicts or not any(verdicts.get(key) for key, _ in _METHODS):
        return []
    return [_verdict(label, str(verdicts.get(key) or "")) for key, label in _METHODS]


def _verdict(label: str, result: str) -> Verdict:
    tone = _TONES.get(result, "")
    word = str(_WORDS[result]) if result in _WORDS else pgettext("verdict", "not checked")
    return Verdict(label, word, tone, _GLYPHS[tone])

"""What may leave: a bot's words without forbidden words and without links that are not ours."""

import re
from urllib.parse import urlsplit

from django.conf import settings

from bots.models import Bot

_LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)")
_BARE = re.compile(
    r"\b(?:https?|ftp)://[^\s<>)\]\"'，。；！？（）]+|\bwww\.[^\s<>)\]\"'，。；！？]+", re.I
)
_TAG = re.compile(r"<[^>\n]{0,200}>")
MOST = 4000


def clean_output(text: str, bot: Bot) -> str:
    """Applied to every word a bot says, wherever it came from."""
    text = _LINK.sub(_own_link, text)
    text = _BARE.sub(lambda found: found[0] if is_own(found[0]) else "", text)
    text = _TAG.sub("", text)
    for word in bot.forbidden:
        if str(word).strip():
            text = re.sub(re.escape(str(word).strip()), "…", text, flags=re.I)
    return text.strip()[:MOST]


def _own_link(found: re.Match[str]) -> str:
    """A picture is never shown, a link only if it leads to ourselves; its words stay."""
    label, url = found[1], found[2]
    is_picture = found[0].startswith("!")
    return found[0] if is_own(url) and not is_picture else label


def is_own(url: str) -> bool:
    try:
        asked, own = urlsplit(url), urlsplit(settings.PUBLIC_URL)
    except ValueError:
        return False
    return (asked.scheme, asked.netloc) == (own.scheme, own.netloc)

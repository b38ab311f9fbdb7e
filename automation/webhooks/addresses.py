"""Addresses without what lies behind the host, which may be a key."""

from urllib.parse import urlsplit

UNSAID = "…"


def shorten(url: str) -> str:
    parts = urlsplit(url)
    if parts.path in ("", "/") and not parts.query:
        return url
    return f"{parts.scheme}://{parts.netloc}/{UNSAID}"


def is_shortened(url: str) -> bool:
    """No such address can be called."""
    return url.endswith(f"/{UNSAID}")

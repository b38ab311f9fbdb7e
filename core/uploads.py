"""What is known of a file somebody uploads, whatever they say of it."""

import re
import unicodedata

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def sniff_type(content: bytes) -> str:
    """The type by its first bytes; what a name or a header claims counts for nothing."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    found = next((kind for magic, kind in _MAGIC if content.startswith(magic)), "")
    return found or "application/octet-stream"


def clean_filename(name: str) -> str:
    """A name fit to be shown and saved: no path, no control, direction or invisible characters."""
    name = unicodedata.normalize("NFKC", name.replace("\\", "/").rpartition("/")[2])
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cf", "Cc", "Cs", "Co"})
    name = _FORBIDDEN.sub("_", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if len(name) > 120:
        name = f"{stem[: 119 - len(ending)]}{dot}{ending}" if len(ending) < 10 else name[:120]
    return name or "file"

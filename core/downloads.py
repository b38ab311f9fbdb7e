"""Files that strangers sent, answered so that they can do nothing in a browser."""

from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote
from uuid import UUID

from django.http import StreamingHttpResponse

from core import files

# By their first bytes, never by name or header. SVG, HTML and PDF are only ever downloaded.
SHOWN_INLINE = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_CHUNK = 64 * 1024


def answer_file(
    blob: UUID,
    *,
    kind: str,
    size: int,
    filename: str,
    is_download: bool = False,
    sites: str = "same-origin",
) -> StreamingHttpResponse:
    """``kind`` is what its first bytes say; ``sites`` whose pages may show it."""
    is_shown = kind in SHOWN_INLINE
    response = StreamingHttpResponse(
        _chunks(files.open_stream(blob)),
        content_type=kind if is_shown else "application/octet-stream",
    )
    way = "inline" if is_shown and not is_download else "attachment"
    response["Content-Disposition"] = f"{way}; filename*=UTF-8''{quote(filename)}"
    response["Content-Length"] = str(size)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = sites
    response["Cache-Control"] = "private, no-store"
    return response


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while chunk := stream.read(_CHUNK):
            yield chunk

"""The agent's pages about tickets."""

from tickets.views import (
    duties,
    fields,
    files,
    lists,
    opening,
    outgoing,
    pages,
    quarantine,
    search,
    writing,
)

__all__ = [
    "duties",
    "fields",
    "files",
    "lists",
    "opening",
    "outgoing",
    "pages",
    "quarantine",
    "search",
    "writing",
]

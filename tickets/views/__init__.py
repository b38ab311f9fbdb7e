"""The agent's pages about tickets."""

from tickets.views import fields, files, lists, opening, pages, search, writing

__all__ = ["fields", "files", "lists", "opening", "pages", "search", "writing"]

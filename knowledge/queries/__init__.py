"""Reading articles: as they are shown, and as they are worked on."""

from knowledge.queries.articles import (
    ShownArticle,
    choose_language,
    list_articles,
    list_categories,
    load_article,
    load_shelves,
    related_to,
)
from knowledge.queries.search import Found, search

__all__ = [
    "Found",
    "ShownArticle",
    "choose_language",
    "list_articles",
    "list_categories",
    "load_article",
    "load_shelves",
    "related_to",
    "search",
]

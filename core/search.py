"""Blind lexemes in queries: PostgreSQL sees its own notation, made by ``core.fulltext``."""

from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import Func


class BlindVector(Func):
    """The text of a tsvector, as ``fulltext.tsvector`` makes it."""

    template = "%(expressions)s::tsvector"
    output_field = SearchVectorField()


class BlindQuery(SearchQuery):
    """The text of a tsquery, as ``fulltext.tsquery`` makes it; no dictionary touches it."""

    # The stubs know a narrower signature than Django calls it with.
    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **extra: Any
    ) -> tuple[str, list[Any]]:
        sql, params = compiler.compile(self.get_source_expressions()[-1])
        return f"{sql}::tsquery", list(params)
